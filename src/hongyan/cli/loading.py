"""The models for whoever works on an installation, and what its faults mean in words."""

from __future__ import annotations


class NoInstallation(Exception):
    """There is nothing to work on; the text says what to do."""

    def __init__(self) -> None:
        from hongyan.runtime.settings import settings

        super().__init__(
            f"There is no Hongyan in {settings().data_path}. Name its folder with HONGYAN_DATA_DIR (or its database with "
            "HONGYAN_DATABASE_URL), or begin one there: hongyan run"
        )


def load(*, may_begin: bool = False) -> None:
    """Load the models; commands that need none start without.

    Most work on an installation that is there, and would only make an empty one beside it: those that `may_begin` one
    make its database. Raises NoInstallation.
    """
    import django

    from hongyan.runtime import postgres
    from hongyan.runtime.logging import set_up
    from hongyan.runtime.settings import settings

    set_up(settings().log_level)
    if not may_begin and not postgres.exists(settings()):
        raise NoInstallation
    postgres.ensure(settings())
    django.setup()


def words_of(error: Exception) -> str:
    """What a fault of the installation means for who called a command; empty for all others, which are ours."""
    from hongyan.runtime.postgres import PostgresError

    if isinstance(error, PostgresError | NoInstallation):
        return str(error)

    from django.db.utils import OperationalError, ProgrammingError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    if isinstance(error, ProgrammingError) and isinstance(error.__cause__, UndefinedColumn | UndefinedTable):
        return "The database is not at this version's schema: hongyan migrate brings it there."
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) is None:
        return f"The database does not answer: {str(error).strip()}\nhongyan doctor looks closer."
    return ""
