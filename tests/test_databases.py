"""What a test committed is gone for the next one, and what migrations wrote is there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from hongyan.accounts.models import User
from hongyan.dispatch.models import Channel, DispatchPolicy, Message
from tests import builders, databases
from tests.messaging.waiting import planned


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_is_gone_and_what_migrations_wrote_is_there() -> None:
    policies, permissions = list(DispatchPolicy.objects.values()), Permission.objects.count()
    for _test in range(2):
        planned(builders.company())
        DispatchPolicy.objects.update(most_attempts=17)
        databases.empty()
        assert not User.objects.exists()
        # Neither are the tables that Django does not manage.
        assert not Channel.objects.exists()
        assert not Message.objects.exists()
    assert list(DispatchPolicy.objects.values()) == policies
    assert Permission.objects.count() == permissions


def test_who_changes_the_schema_does_it_in_a_database_of_their_own(own_database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone()[0].endswith("own")
    builders.company()
