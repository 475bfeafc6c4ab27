from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "hongyan.console"
    label = "console"
