from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "hongyan.audiences"
    label = "audiences"

    def ready(self) -> None:
        from hongyan.accounts import needs as of_accounts
        from hongyan.audiences import (
            consents,
            customers,
            following,
            grants,
            health,
            needing,
            nesting,
            people,
            places,
            sources,
            tables,
            traffic,
        )
        from hongyan.contacts import fields
        from hongyan.contacts import needs as of_contacts
        from hongyan.datasets import defining
        from hongyan.datasets import tables as of_tables
        from hongyan.duplicates import merging

        merging.followers["audiences"] = following.AUDIENCES
        sources.providers += [
            people.attributes, nesting.attributes, customers.attributes, tables.attributes, places.attributes,
            health.attributes, traffic.attributes, consents.attributes,
        ]  # fmt: skip
        of_contacts.providers.append(needing.of_contacts)
        fields.who_needs.append(needing.of_field)
        of_accounts.of_department += [needing.of_department, grants.of_department]
        of_tables.needs_of.append(needing.of_table)
        defining.needs_of.append(needing.of_column)
