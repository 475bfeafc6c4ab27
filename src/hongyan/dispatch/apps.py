from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "hongyan.dispatch"
    label = "dispatch"
