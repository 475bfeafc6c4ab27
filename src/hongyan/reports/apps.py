from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "hongyan.reports"
    label = "reports"
