from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "hongyan.contacts"
    label = "contacts"

    def ready(self) -> None:
        from hongyan.accounts import needs
        from hongyan.contacts import books, grants

        needs.of_department += [books.of_department, grants.of_department]
