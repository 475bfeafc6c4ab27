"""What gateways say of their connections, as it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hongyan.dispatch.connections import SAY, ConnectionState, said
from hongyan.dispatch.models import Connection
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import logged_in

pytestmark = pytest.mark.django_db


def say(state: ConnectionState) -> Connection:
    raw_connection().execute(SAY, said("gateway", [state]))
    return Connection.objects.get()


def test_trouble_that_comes_again_is_as_old_as_at_first_and_as_young_as_it_was_seen_last(company: Company) -> None:
    logged_in(company.channel)
    state = ConnectionState(company.channel.pk, 0, "logged_in")
    assert say(state).last_error_at is None
    state.trouble("refuses connections")
    state.error_at -= 3600
    first = say(state)
    assert first.first_error_at == first.last_error_at
    # Over, and the gateway begun anew: it knows of no trouble.
    assert say(ConnectionState(company.channel.pk, 0, "logged_in")).last_error_at == first.last_error_at
    state.trouble("refuses connections")
    again = say(state)
    assert again.first_error_at == first.first_error_at == again.error_began_at
    assert again.last_error_at - first.last_error_at > timedelta(minutes=59)
    state.trouble("no such host")
    other = say(state)
    assert other.first_error_at == other.last_error_at
    assert other.error_began_at is None
