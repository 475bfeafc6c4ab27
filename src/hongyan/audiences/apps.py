from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "hongyan.audiences"
    label = "audiences"

    def ready(self) -> None:
        from hongyan.accounts import needs as of_accounts
        from hongyan.audiences import needing, nesting, people, places, sources, traffic
        from hongyan.contacts import fields
        from hongyan.contacts import needs as of_contacts

        sources.providers += [people.attributes, nesting.attributes, places.attributes, traffic.attributes]
        of_contacts.providers.append(needing.of_contacts)
        fields.who_needs.append(needing.of_field)
        of_accounts.of_department.append(needing.of_department)
