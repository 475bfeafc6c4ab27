from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "hongyan.public"
    label = "public"
