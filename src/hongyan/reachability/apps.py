from django.apps import AppConfig


class ReachabilityConfig(AppConfig):
    name = "hongyan.reachability"
    label = "reachability"
