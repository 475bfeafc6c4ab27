from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "hongyan.doors"
    label = "doors"

    def ready(self) -> None:
        from hongyan.accounts import needs as of_accounts
        from hongyan.carriers import removing, roads
        from hongyan.doors import needs, replies
        from hongyan.mailbox import routing

        routing.on_routed.append(replies.keep_for_doors)
        of_accounts.of_user.append(needs.for_user)
        roads.of_rooms_above.append(needs.without_road)
        removing.of_service_number.append(needs.for_service_number)
