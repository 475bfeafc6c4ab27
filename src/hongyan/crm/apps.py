from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "hongyan.crm"
    label = "crm"
