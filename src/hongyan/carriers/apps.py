from django.apps import AppConfig


class CarriersConfig(AppConfig):
    name = "hongyan.carriers"
    label = "carriers"

    def ready(self) -> None:
        from hongyan.accounts import needs
        from hongyan.carriers import removing

        needs.of_department.append(removing.for_department)
