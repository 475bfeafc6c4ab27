from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "hongyan.uploads"
    label = "uploads"
