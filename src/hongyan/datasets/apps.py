from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "hongyan.datasets"
    label = "datasets"

    def ready(self) -> None:
        from hongyan.accounts import needs
        from hongyan.datasets import tables

        needs.of_department.append(tables.of_department)
