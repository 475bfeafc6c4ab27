from django.apps import AppConfig


class FieldsConfig(AppConfig):
    """An app for the sake of its functions in the database; it has no table."""

    name = "hongyan.fields"
    label = "fields"
