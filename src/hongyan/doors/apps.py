from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "hongyan.doors"
    label = "doors"

    def ready(self) -> None:
        from hongyan.doors import replies
        from hongyan.messaging import mailbox

        mailbox.on_routed.append(replies.keep_for_doors)
