from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "hongyan.enrolment"
    label = "enrolment"
