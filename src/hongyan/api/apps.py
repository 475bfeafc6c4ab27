from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "hongyan.api"
    label = "api"
