from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "hongyan.messaging"
    label = "messaging"
