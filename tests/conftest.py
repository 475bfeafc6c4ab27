"""What every test may lean on: a real PostgreSQL, one database for each worker of a run, copied from one template."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest

from tests import builders
from tests.plugin import FOLDER

# How long an example takes is the machine's affair, not the test's.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    from django.conf import settings
    from django.test import TransactionTestCase

    from tests import databases

    # Passwords of test users need no strength: the usual hash costs a third of a second for each.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Django would truncate each table that it manages, leave the others full, and write its permissions anew.
    TransactionTestCase._fixture_teardown = lambda self: databases.empty()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Runs at the same time must not meet: the database is named after the run and its worker."""
    with django_db_blocker.unblock(), a_copy():
        yield


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For who changes more than rows: a database that nobody else will see."""
    with django_db_blocker.unblock(), a_copy("own"):
        yield


@contextmanager
def a_copy(suffix: str = "") -> Iterator[None]:
    """A copy of the template, which Django's connection uses as long as it is there."""
    from django.db import connection

    from tests import databases

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    before, name = connection.settings_dict["NAME"], f"test_{run}_{worker}{suffix}"
    databases.copy(databases.template(FOLDER), name)
    databases.use(name)
    try:
        yield
    finally:
        databases.use(before)
        databases.drop(name)


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
    return builders.company()
