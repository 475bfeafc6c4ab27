"""What every test may lean on: a real PostgreSQL, one database for each worker of a run, copied from one template."""

from __future__ import annotations

import os

import hypothesis
import pytest

from tests import builders

# How long an example takes is the machine's affair, not the test's.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    """Passwords of test users need no strength: the usual hash costs a third of a second for each."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Runs at the same time must not meet: the database is named after the run and its worker."""
    from django.conf import settings

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_{run}_{worker}"
    from django.db import connections

    connections["default"].settings_dict["TEST"]["NAME"] = f"test_{run}_{worker}"


@pytest.fixture(autouse=True)
def language() -> None:
    """Each test begins in the installation's language, whatever page the one before it asked for."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def company(db: None) -> builders.Company:
    """A small company: departments, one user of each role, an address book, a channel with its route."""
    return builders.company()


@pytest.fixture
def committed_company(transactional_db: None) -> builders.Company:
    """The same in a database that other connections see."""
    from django.db import connection

    # Django's flush leaves tables alone that it does not manage.
    with connection.cursor() as cursor:
        cursor.execute(
            """truncate dispatch_node, dispatch_connection, dispatch_incoming, dispatch_incoming_part, dispatch_tally,
               dispatch_parked_report, dispatch_segment, dispatch_message, dispatch_batch, dispatch_route, dispatch_channel cascade"""
        )
    return builders.company()
