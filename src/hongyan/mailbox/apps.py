from django.apps import AppConfig


class MailboxConfig(AppConfig):
    name = "hongyan.mailbox"
    label = "mailbox"

    def ready(self) -> None:
        from hongyan.audiences import sources
        from hongyan.mailbox import answering, attributes, explaining, rollcall, routing
        from hongyan.messaging import asking, canary, following, submissions
        from hongyan.messaging import explaining as of_messages

        following.on_incoming.append(routing.take_in)
        asking.who_answered.append(rollcall.answered)
        submissions.on_answer.append(answering.carry_link)
        canary.how_many_refused.append(rollcall.how_many_refused)
        of_messages.what_followed.append(explaining.what_followed)
        sources.providers.append(attributes.attributes)
