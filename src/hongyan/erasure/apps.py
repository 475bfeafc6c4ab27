from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "hongyan.erasure"
    label = "erasure"
