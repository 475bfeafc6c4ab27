from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "hongyan.exports"
    label = "exports"
