from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "hongyan.demo"
    label = "demo"
