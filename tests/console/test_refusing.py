"""What a verb refuses is told in one place: at its field, as the page's message, or by a page of its own."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from hongyan.accounts.errors import Refused
from hongyan.console.refusing import at
from tests.builders import Company


class Form(forms.Form):
    new = forms.CharField()


@pytest.mark.parametrize(
    ("field", "shown"), [("new", "new"), ("password", "new"), ("two_step", "__all__"), ("", "__all__")]
)
def test_a_refusal_stands_at_the_field_that_it_is_about(field: str, shown: str) -> None:
    form = Form({"new": "x"})
    with at(form, {"password": "new"}):
        raise Refused("weak", "Too weak.", field=field)
    assert form.errors == {shown: ["Too weak."]}


def test_what_is_no_refusal_is_not_swallowed() -> None:
    with pytest.raises(ValueError, match="fault"), at(Form({"new": "x"})):
        raise ValueError("fault")


@pytest.mark.django_db
class TestWhatNoPageExpects:
    @pytest.fixture(autouse=True)
    def refuse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def claim(*_: object, **__: object) -> None:
            raise Refused("taken", "Taken meanwhile.", status=409)

        monkeypatch.setattr("hongyan.console.mailbox.inbox.keeping.access_reply", claim)

    def test_a_button_leads_back_to_its_page_with_the_sentence(self, client: Client, company: Company) -> None:
        client.force_login(company.sender)
        came_from = f"http://testserver{reverse('console:mailbox')}?folder=all"
        answer = client.post(reverse("console:reply_claim", args=[1]), headers={"referer": came_from})
        assert (answer.status_code, answer["Location"]) == (302, came_from)
        assert [str(one) for one in get_messages(answer.wsgi_request)] == ["Taken meanwhile."]

    def test_never_to_another_site(self, client: Client, company: Company) -> None:
        client.force_login(company.sender)
        answer = client.post(reverse("console:reply_claim", args=[1]), headers={"referer": "http://elsewhere.example/"})
        assert answer["Location"] == reverse("console:overview")

    def test_a_fragment_asks_for_the_whole_page(self, client: Client, company: Company) -> None:
        client.force_login(company.sender)
        answer = client.post(reverse("console:reply_claim", args=[1]), headers={"hx-request": "true"})
        assert answer["HX-Redirect"] == reverse("console:overview")

    def test_a_page_that_is_only_looked_at_says_it_with_its_status(self, client: Client, company: Company) -> None:
        client.force_login(company.sender)
        answer = client.get(reverse("console:reply", args=[1]))
        assert answer.status_code == 409
        assert "Taken meanwhile." in answer.content.decode()
