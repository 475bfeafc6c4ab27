from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "hongyan.duplicates"
    label = "duplicates"
