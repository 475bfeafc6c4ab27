from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "hongyan.contacts"
    label = "contacts"

    def ready(self) -> None:
        from hongyan.accounts import needs
        from hongyan.contacts import books

        needs.of_department.append(books.of_department)
