"""Who is in an audience: each kind of condition, nested, over what each user may see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.audiences import checking, evaluating, keeping, nesting, sources
from hongyan.audiences.conditions import Node
from hongyan.audiences.evaluating import TakesTooLong
from hongyan.audiences.keeping import Facts
from hongyan.consent.models import Listed, OptOut
from hongyan.contacts.models import Contact, Field
from hongyan.dispatch.models import PortedNumber
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission
from hongyan.reachability.models import Number as Reached
from hongyan.runtime import clock
from tests.audiences.people import Shop, a_shop, all_of, any_of, none_of, passed, test_of, who
from tests.builders import Company, a_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


def ask(shop: Shop, *parts: Node) -> set[str]:
    return who(shop, shop.company.administrator, all_of(*parts))


class TestAColumn:
    def test_is_compared_by_its_kind_and_what_does_not_fit_counts_as_empty(self, shop: Shop) -> None:
        points, city, birthday = shop.keys["积分"], shop.keys["城市"], shop.keys["生日"]
        assert ask(shop, test_of(points, "at_least", "900")) == {"wang", "li"}
        assert ask(shop, test_of(points, "between", "1000", "2000")) == {"li"}
        assert ask(shop, test_of(points, "empty")) == {"zhao", "qian"}
        assert ask(shop, test_of(city, "equals", "北京")) == {"wang", "li"}
        assert ask(shop, test_of(city, "differs", "北京")) == {"zhao", "qian"}
        assert ask(shop, test_of(shop.keys["接收"], "equals", "否")) == {"li"}
        with clock.stopped_at(datetime(2026, 11, 30, 1, tzinfo=UTC)):
            assert ask(shop, test_of(birthday, "returns", "7")) == {"wang"}
            assert ask(shop, test_of(birthday, "returns", "3")) == set()

    def test_of_everybody_is_compared_as_text(self, shop: Shop) -> None:
        assert ask(shop, test_of("person.company", "contains", "100%")) == {"wang", "li"}
        assert ask(shop, test_of("person.company", "contains", "1_0")) == set()
        assert ask(shop, test_of("person.name", "one_of", "WANG", "zhao")) == {"wang", "zhao"}
        assert ask(shop, test_of("person.company", "empty")) == {"zhao", "qian"}

    def test_with_signs_in_its_name_is_no_way_into_the_statement(self, shop: Shop) -> None:
        column = Field.objects.create(name="a'b%s \"c%", kind="text")
        Contact.objects.filter(pk=shop.people["li"].pk).update(fields={column.name: "x'; select"})
        assert ask(shop, test_of(f"field.{column.pk}", "contains", "'; sel")) == {"li"}

    def test_of_registration_is_asked_by_days(self, shop: Shop) -> None:
        Contact.objects.filter(pk=shop.people["li"].pk).update(created_at=clock.now() - timedelta(days=40))
        assert ask(shop, test_of("person.created", "last_days", "30")) == {"wang", "zhao", "qian"}
        since = (timezone.localdate(clock.now()) - timedelta(days=40)).isoformat()
        assert ask(shop, test_of("person.created", "between", since, since)) == {"li"}


def test_conditions_are_joined_by_all_any_and_none_to_any_depth(shop: Shop) -> None:
    city, level = shop.keys["城市"], shop.keys["等级"]
    gold, beijing = test_of(level, "equals", "金卡"), test_of(city, "equals", "北京")
    assert ask(shop, beijing, gold) == {"wang"}
    assert ask(shop, any_of(beijing, gold)) == {"wang", "li", "zhao"}
    assert ask(shop, none_of(beijing, gold)) == {"qian"}
    assert ask(shop, any_of(beijing, gold), none_of(all_of(beijing, gold))) == {"li", "zhao"}


def test_tags_groups_and_books(shop: Shop) -> None:
    book = shop.company.book
    above = a_group(book, "All", shop.people["zhao"])
    a_group(book, "Some", shop.people["wang"], parent=above)
    assert ask(shop, test_of("person.tags", "one_of", str(shop.tag.pk))) == {"li"}
    assert ask(shop, test_of("person.tags", "none_of", str(shop.tag.pk))) == {"wang", "zhao", "qian"}
    assert ask(shop, test_of("person.groups", "one_of", str(above.pk))) == {"wang", "zhao"}
    assert ask(shop, test_of("person.books", "one_of", str(book.pk))) == {"wang", "li", "zhao", "qian"}


class TestWhatPassedWithANumber:
    def test_is_asked_by_its_last_moment(self, shop: Shop) -> None:
        passed(shop.people["wang"], sent_at=8, delivered_at=8)
        passed(shop.people["li"], sent_at=9, delivered_at=9, answered_at=2)
        passed(shop.people["zhao"], sent_at=1, failed_at=1)
        assert ask(shop, test_of("messages.unanswered", "at_least", "7")) == {"wang"}
        assert ask(shop, test_of("messages.delivered", "last_days", "8")) == set()
        assert ask(shop, test_of("messages.delivered", "last_days", "9")) == {"wang"}
        assert ask(shop, test_of("messages.sent", "lacks", "5")) == {"wang", "li", "qian"}
        assert ask(shop, test_of("messages.failed", "filled")) == {"zhao"}
        assert ask(shop, test_of("messages.answered", "empty")) == {"wang", "zhao", "qian"}

    def test_is_asked_by_replies_and_wishes(self, shop: Shop) -> None:
        admin = shop.company.administrator
        submission = Submission.objects.create(owner=admin, department=admin.department, expected=9, state="finished")
        for nth, (name, text) in enumerate((("wang", "要"), ("wang", "好的"), ("zhao", "不要"))):
            Reply.objects.create(
                incoming_id=nth + 1, number=shop.people[name].number, service_number="1069", text=text,
                received_at=clock.now(), submission=submission,
            )  # fmt: skip
        OptOut.objects.create(number=shop.people["li"].number, source="reply")
        Listed.objects.create(kind="block", number=shop.people["qian"].number)
        assert ask(shop, test_of("submission.answered", "one_of", str(submission.pk))) == {"wang", "zhao"}
        assert ask(shop, test_of("replies.times", "at_least", "2")) == {"wang"}
        assert ask(shop, test_of("replies.times", "equals", "0")) == {"li", "qian"}
        assert ask(shop, test_of("replies.text", "contains", "不要")) == {"zhao"}
        assert ask(shop, test_of("number.opted_out", "equals", "1")) == {"li"}
        assert ask(shop, test_of("number.blocked", "equals", "0")) == {"wang", "li", "zhao"}


def test_a_number_tells_where_it_comes_from(shop: Shop) -> None:
    Contact.objects.filter(pk=shop.people["li"].pk).update(number="+8613510351000")
    Contact.objects.filter(pk=shop.people["zhao"].pk).update(number="+85261234567")
    PortedNumber.objects.create(number=shop.people["qian"].number, carrier="unicom", noted_at=clock.now())
    assert ask(shop, test_of("number.province", "one_of", "广东省")) == {"li"}
    assert ask(shop, test_of("number.city", "one_of", "深圳市", "北京市")) == {"wang", "li", "qian"}
    assert ask(shop, test_of("number.carrier", "one_of", "unicom")) == {"qian"}
    assert ask(shop, test_of("number.carrier", "one_of", "abroad")) == {"zhao"}
    assert ask(shop, test_of("number.carrier", "none_of", "unicom", "abroad")) == {"wang", "li"}


def test_a_number_tells_whether_it_is_reached_until_a_person_has_said_that_it_is_right(shop: Shop) -> None:
    now = clock.now()
    for name, state, until in (
        ("wang", "dead", None),
        ("li", "off", None),
        ("zhao", "dead", now + timedelta(days=1)),
        ("qian", "", None),
    ):
        Reached.objects.create(number=shop.people[name].number, state=state, judged_at=now, confirmed_until=until)
    assert ask(shop, test_of("number.health", "one_of", "dead")) == {"wang"}
    assert ask(shop, test_of("number.health", "one_of", "dead", "off")) == {"wang", "li"}
    assert ask(shop, test_of("number.health", "none_of", "dead", "off", "full", "suspect")) == {"zhao", "qian"}


class TestRights:
    def test_everybody_sees_only_people_of_their_books(self, shop: Shop) -> None:
        beijing = all_of(test_of(shop.keys["城市"], "equals", "北京"))
        assert who(shop, shop.company.administrator, beijing) == {"wang", "li"}
        assert who(shop, shop.company.sender, beijing) == {"wang", "li", "sun"}

    def test_a_kept_audience_is_another_for_another_user(self, shop: Shop) -> None:
        gold = all_of(test_of(shop.keys["等级"], "equals", "金卡"))
        kept = keeping.create(shop.company.administrator, Facts("Gold", gold, sharing="enterprise"))
        assert who(shop, shop.company.sender, kept) == {"wang", "zhao", "sun"}
        assert who(shop, shop.company.stranger, kept) == {"wang", "zhao"}


class TestAudiencesWithinOthers:
    def test_are_added_cut_and_taken_away(self, shop: Shop) -> None:
        admin = shop.company.administrator
        gold = keeping.create(admin, Facts("Gold", all_of(test_of(shop.keys["等级"], "equals", "金卡"))))
        beijing = keeping.create(admin, Facts("Beijing", all_of(test_of(shop.keys["城市"], "equals", "北京"))))
        both = str(gold.pk), str(beijing.pk)
        assert ask(shop, test_of("audience", "one_of", *both)) == {"wang", "li", "zhao"}
        assert ask(shop, test_of("audience", "has_all", *both)) == {"wang"}
        assert ask(shop, test_of("audience", "one_of", both[0]), none_of(test_of("audience", "one_of", both[1]))) == {
            "zhao"
        }

    def test_cannot_contain_themselves(self, shop: Shop) -> None:
        admin = shop.company.administrator
        gold = keeping.create(admin, Facts("Gold", all_of(test_of(shop.keys["等级"], "equals", "金卡"))))
        outer = keeping.create(admin, Facts("Outer", all_of(test_of("audience", "one_of", str(gold.pk)))))
        with pytest.raises(Refused) as error:
            keeping.change(admin, gold, Facts("Gold", all_of(test_of("audience", "one_of", str(outer.pk)))))
        assert error.value.code == "circle"
        # Two changes at the same moment could still close a circle: it is noticed when it is asked.
        gold.conditions = {"all": [{"attribute": "audience", "operator": "one_of", "values": [str(outer.pk)]}]}
        gold.save()
        assert nesting.all_within(checking.read(gold.conditions)) == {gold.pk, outer.pk}
        with pytest.raises(Refused, match="包含了自身"):
            evaluating.count(admin, outer, clock.now())


@pytest.mark.parametrize(
    ("attribute", "operator", "values"),
    [
        ("field.999999", "equals", ["1"]), ("person.tags", "one_of", ["999999"]), ("person.name", "at_least", ["1"]),
        ("person.created", "last_days", ["0"]), ("person.created", "between", ["2026-01-01"]), ("audience", "one_of", ["999999"]),
        ("messages.sent", "is_sql", []), ("number.city", "one_of", ["Atlantis"]), ("replies.times", "at_least", ["many"]),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_in_words(shop: Shop, attribute: str, operator: str, values: list[str]) -> None:
    admin = shop.company.administrator
    known = sources.attributes(admin)
    with pytest.raises(Refused) as error:
        checking.check(admin, all_of(test_of(attribute, operator, *values)), known)
    assert error.value.code == "bad_conditions"
    assert len(str(error.value)) > 4


def test_a_question_that_takes_too_long_is_stopped(shop: Shop) -> None:
    with pytest.raises(TakesTooLong), evaluating.within(20) as cursor:
        cursor.execute("select pg_sleep(5)")
    assert ask(shop, test_of("person.name", "filled")) == {"wang", "li", "zhao", "qian"}
