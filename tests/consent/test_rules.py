"""Rules of one's own for reading replies: kept only if every example of every rule still holds."""

from __future__ import annotations

import pytest

from hongyan.accounts.errors import Refused
from hongyan.consent import optouts, rules
from hongyan.consent.models import OwnRule, Topic
from hongyan.understanding import Label, recognise
from tests.builders import Company

pytestmark = pytest.mark.django_db
FACTS = {"label": "optout_all", "pattern": "江湖…不见", "like": "掰了掰了，江湖不见"}


def test_a_rule_holds_once_it_is_added(company: Company) -> None:
    rules.add(company.administrator, **FACTS)
    assert recognise("江湖再也不见", book=rules.book()).label is Label.OPTOUT_ALL
    assert rules.failing(rules.book()) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"like": "你好"}, "example_fails"),
        ({"unlike": "江湖不见"}, "example_fails"),
        ({"pattern": "多少", "like": "多少"}, "example_fails"),
        ({"pattern": "(江湖"}, "pattern"),
        ({"like": " "}, "no_examples"),
        ({"label": "nonsense"}, "unknown_label"),
    ],
)
def test_one_that_breaks_an_example_is_refused(company: Company, change: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.add(company.administrator, **FACTS | change)
    assert refused.value.code == code
    assert not OwnRule.objects.exists()


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("TD01", "01"), ("td 1", ""), ("退订促销", "01"), ("打折的短信别发了", "01"), ("退订天气", ""), ("退订", ""), ("TD101", ""),
    ],
)  # fmt: skip
def test_a_refusal_is_of_the_topic_that_it_names(text: str, topic: str) -> None:
    topics = [Topic(code="01", name="促销活动", words="促销，打折"), Topic(code="02", name="新品")]
    assert optouts.topic_of(text, recognise(text), topics) == topic
