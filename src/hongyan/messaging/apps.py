from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "hongyan.messaging"
    label = "messaging"

    def ready(self) -> None:
        from hongyan.accounts import needs as of_accounts
        from hongyan.audiences import needing as of_audiences
        from hongyan.audiences import sources
        from hongyan.consent import entering
        from hongyan.contacts import needs
        from hongyan.messaging import attributes, needing, withdrawing

        entering.on_forbidden.append(withdrawing.withdraw)
        needs.providers.append(needing.needs)
        of_accounts.of_user.append(needing.for_user)
        of_accounts.of_department.append(needing.for_department)
        sources.providers.append(attributes.attributes)
        of_audiences.providers.append(needing.of_audience)
