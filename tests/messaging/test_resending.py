"""What did not arrive goes again as it was, to whom it was for, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.contacts import lists
from hongyan.contacts.models import Contact, RecipientList
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Message
from hongyan.messaging import resending, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.merge import parse
from hongyan.messaging.models import Signature, Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.database import raw_connection
from hongyan.spreadsheets import trimmed
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db
A, B, C = (f"+861380013{number:04d}" for number in range(3))


def a_list(company: Company, *rows: tuple[str, dict[str, str]]) -> Selection:
    columns = list(dict.fromkeys(name for _number, values in rows for name in values))
    made = lists.from_rows(
        company.sender, "list", columns, ((line, number, row) for line, (number, row) in enumerate(rows, start=1))
    )
    return Selection(list_ids=(made.pk,))


def sent(company: Company, text: str, selection: Selection, **facts: object) -> Submission:
    submission = submissions.submit(company.sender, Request(**{"text": text, "selection": selection} | facts))  # type: ignore[arg-type]
    tasks.plan(submission.pk)
    return submission


def fail(submission: Submission, *numbers: str, text: str | None = None) -> None:
    """It is over: these failed, all others have arrived."""
    found = Message.objects.filter(submission_id=submission.pk, state="queued")
    failed = found.filter(number__in=numbers, **({"text": text} if text else {}))
    assert failed.exists()
    for some, state in ((failed, "failed"), (found, "delivered")):
        changes = [(pk, state, "") for pk in some.values_list("pk", flat=True)]
        raw_connection().execute(CHANGE, parameters(changes, timezone.now()))
    Submission.objects.filter(pk=submission.pk).update(state="finished")
    submission.refresh_from_db()


def texts(submission: Submission) -> list[tuple[str, str]]:
    tasks.plan(submission.pk)
    found = Message.objects.filter(submission_id=submission.pk).order_by("number", "id")
    return [(one.number, one.text or submission.text) for one in found]


def again(company: Company, submission: Submission) -> Submission:
    return resending.resend(company.sender, submission)


def test_of_two_messages_to_one_number_only_the_one_that_failed_goes_again(company: Company) -> None:
    submission = sent(company, "{b}", a_list(company, (A, {"b": "1"}), (A, {"b": "2"})))
    fail(submission, A, text="2")
    made = again(company, submission)
    assert texts(made) == [(A, "2")]
    assert (made.expected, made.text) == (1, "{b}")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("{b}", {}),
        ("{b}的{姓名}", {"signature": "云帆"}),
        ("{b}{姓名}", {"personal_signature": "王"}),
        ("尾号{b:尾1}，{b}，{b}", {"category": "marketing", "signature": "云帆"}),
        ("{1}{2}", {}),
    ],
)
def test_each_gets_the_very_text_again_with_what_stands_around_it(
    company: Company, text: str, facts: dict[str, str]
) -> None:
    submission = sent(
        company, text, a_list(company, (A, {"b": "x1", "姓名": "甲"}), (B, {"b": "y2", "姓名": "乙"})), **facts
    )
    fail(submission, A, B)
    before = list(Message.objects.filter(submission_id=submission.pk).order_by("number").values_list("number", "text"))
    made = again(company, submission)
    assert texts(made) == before
    assert list(Message.objects.filter(submission_id=made.pk).order_by("number").values_list("name", flat=True)) == [
        "甲",
        "乙",
    ]


def lost_list(company: Company) -> None:
    RecipientList.objects.all().delete()


def changed_contact(company: Company) -> None:
    Contact.objects.update(name="别人", fields={"b": "anders"})


@pytest.mark.parametrize("happens", [lost_list, changed_contact])
def test_values_are_those_of_the_time_whatever_became_of_lists_and_books(
    company: Company, happens: Callable[[Company], None]
) -> None:
    person = a_contact(company.book, "甲", B, fields={"b": "2"})
    group = a_group(company.book, "group", person, a_contact(company.book, "丙", A, fields={"b": "9"}))
    selection = a_list(company, (A, {"b": "1", "姓名": "乙"}))
    submission = sent(company, "{姓名}{b}", Selection(list_ids=selection.list_ids, group_ids=(group.pk,)))
    fail(submission, A, B)
    happens(company)
    assert texts(again(company, submission)) == [(A, "乙1"), (B, "甲2")]


def test_an_administrator_who_resends_somebody_elses_gives_them_their_values_too(company: Company) -> None:
    submission = sent(company, "{b}", a_list(company, (A, {"b": "1"})))
    fail(submission, A)
    assert texts(resending.resend(company.administrator, submission)) == [(A, "1")]


def test_a_resend_is_resent_and_the_first_counts_only_who_is_still_without(company: Company) -> None:
    submission = sent(company, "{b}", a_list(company, (A, {"b": "1"}), (B, {"b": "2"}), (C, {"b": "3"})))
    fail(submission, A, B)
    assert resending.count_without(submission) == 2
    second = again(company, submission)
    assert resending.count_without(submission) == 0
    assert texts(second) == [(A, "1"), (B, "2")]
    fail(second, B)
    assert (resending.count_without(submission), resending.count_without(second)) == (0, 1)
    assert texts(again(company, second)) == [(B, "2")]


def test_whom_a_stopped_resend_did_not_reach_may_be_resent_once_more(company: Company) -> None:
    submission = sent(company, "{b}", a_list(company, (A, {"b": "1"}), (B, {"b": "2"})))
    fail(submission, A, B)
    second = again(company, submission)
    tasks.plan(second.pk)
    Message.objects.filter(submission_id=second.pk, number=A).update(state="delivered")
    submissions.cancel(company.sender, second)
    assert resending.count_without(submission) == 1
    assert texts(again(company, submission)) == [(B, "2")]
    with pytest.raises(Refused) as refused:
        again(company, submission)
    assert refused.value.code == "nobody_left"


def test_a_signature_that_is_no_longer_allowed_is_not_sent_again(company: Company) -> None:
    submission = sent(company, "通知", Selection(numbers=(A,)), signature="云帆")
    fail(submission, A)
    Signature.objects.all().delete()
    with pytest.raises(Refused) as refused:
        again(company, submission)
    assert refused.value.code == "unknown_signature"
    assert resending.count_without(submission) == 1


def test_long_texts_go_again_whole(company: Company) -> None:
    submission = sent(company, "{b}", a_list(company, (A, {"b": "长" * 300})))
    fail(submission, A)
    assert texts(again(company, submission)) == [(A, "长" * 300)]


_names = st.sampled_from(["a", "b", "卡号"])
_pieces = st.lists(
    st.one_of(
        st.text("xy{}.*，\n", max_size=4).map(lambda text: text.replace("{", "{{").replace("}", "}}")),
        _names.map(lambda name: f"{{{name}}}"),
        _names.map(lambda name: f"{{{name}:尾2}}"),
    ),
    max_size=6,
)


# A value of nothing but blanks is none.
_values = st.text("xy.{\n尾", min_size=1, max_size=5).filter(lambda value: bool(trimmed(value)))


@given(_pieces, st.fixed_dictionaries(dict.fromkeys(("a", "b", "卡号"), _values)))
def test_what_is_read_out_of_a_text_gives_the_same_text(pieces: list[str], values: dict[str, str]) -> None:
    template = parse("".join(pieces))
    text = template.render(values)
    found = template.values_in(text)
    assert found is None or template.render(found) == text


_solid = st.characters().filter(lambda one: bool(trimmed(one)))


@given(st.fixed_dictionaries(dict.fromkeys("abc", st.text(_solid, min_size=1, max_size=5))))
def test_distinct_variables_are_always_read(values: dict[str, str]) -> None:
    template = parse("您好{a}，{b}{c}。")
    text = template.render(values)
    found = template.values_in(text)
    assert found is not None
    assert template.render(found) == text
    assert template.values_in("您好，。") is None


def test_a_value_that_would_be_read_as_a_blank_goes_again_in_its_whole_text(company: Company) -> None:
    """Of two variables side by side the first is given one character, and a blank is no value."""
    submission = sent(company, "您好{a}{b}", a_list(company, (A, {"a": " 王", "b": "芳"}), (B, {"a": "李", "b": "明"})))
    fail(submission, A, B)
    assert texts(again(company, submission)) == [(A, "您好 王芳"), (B, "您好李明")]
