from importlib import import_module

from django.apps import AppConfig
from django.forms.models import BaseModelForm

LISTS = (
    "customers.finding",
    "customers.orders_found",
    "audiences.finding",
    "consent.finding",
    "mailbox.finding",
    "people.finding",
    "settings.finding",
    "submissions.finding",
    "submissions.people",
    "tables.finding",
)

# So that forms can say whose they are; all other classes of Django's that are given types take them by themselves.
BaseModelForm.__class_getitem__ = classmethod(lambda cls, _model: cls)  # type: ignore[attr-defined]


class ConsoleConfig(AppConfig):
    name = "hongyan.console"
    label = "console"

    def ready(self) -> None:
        # A job knows a list by its name only: these files register theirs.
        for file in LISTS:
            import_module(f"{self.name}.{file}")
