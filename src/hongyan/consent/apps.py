from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "hongyan.consent"
    label = "consent"
