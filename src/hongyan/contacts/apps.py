from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "hongyan.contacts"
    label = "contacts"
