"""The demonstration's columns of people, tags and audiences: a retailer's members as its marketing looks at them."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.audiences import conditions, drawing, grants, keeping, traffic
from hongyan.audiences.conditions import Branch, Joined, Test
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Allows, Audience
from hongyan.audiences.tables import column_key, figure_key, key_of
from hongyan.contacts.models import Contact, Field, Tag
from hongyan.crm.models import Category
from hongyan.datasets.models import Table
from hongyan.demo.people import CITIES, PRODUCTS
from hongyan.runtime import clock

COLUMNS: tuple[tuple[str, str, list[str]], ...] = (
    ("城市", "choice", sorted(CITIES)),
    ("会员等级", "choice", ["普通", "银卡", "金卡"]),
    ("积分", "number", []),
    ("购买产品", "choice", list(PRODUCTS)),
    ("生日", "date", []),
    ("接收新品信息", "yes_no", []),
)
TAGS = ("新品体验官", "老客户", "高意向", "需回访")


def prepare(random: Random, customers: list[Contact]) -> None:
    """Columns with their kinds, and tags that some customers carry."""
    for position, (name, kind, choices) in enumerate(COLUMNS, start=1):
        Field.objects.create(name=name, kind=kind, choices=choices, position=position)
    tags = [Tag.objects.create(name=name) for name in TAGS]
    Contact.tags.through.objects.bulk_create(
        Contact.tags.through(contact_id=contact.pk, tag_id=tag.pk)
        for tag in tags
        for contact in random.sample(customers, len(customers) // 12)
    )


def write(users: dict[str, User]) -> None:
    """Audiences of the marketing department, once there is a year of messages to ask about."""
    traffic.gather(clock.now())
    keys = {one.name: f"field.{one.pk}" for one in Field.objects.all()}
    tags = {one.name: str(one.pk) for one in Tag.objects.all()}
    gold = Test(keys["会员等级"], "equals", ("金卡",))
    beijing = keeping.create(
        users["shichang"],
        Facts("北京金卡会员", Branch(Joined.ALL, (Test(keys["城市"], "equals", ("北京",)), gold)),
              "新品发布会邀请名单", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    silent = keeping.create(
        users["huiyuan"],
        Facts("送达未回复的会员", Branch(Joined.ALL, (Test("messages.unanswered", "at_least", ("7",)),
              Branch(Joined.NONE, (Test("number.opted_out", "equals", ("1",)),)))), "回访电话优先", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    keeping.create(
        users["huiyuan"],
        Facts("本周生日", Branch(Joined.ALL, (Test(keys["生日"], "returns", ("7",)),)), "每周一发生日祝福", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    pool = keeping.create(
        users["pinpai"],
        Facts("新品体验池", Branch(Joined.ANY, (
            Test("person.tags", "one_of", (tags["新品体验官"],)),
            Branch(Joined.ALL, (Test(keys["积分"], "at_least", ("5000",)), Test(keys["接收新品信息"], "equals", ("1",)))),
        )), "", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    keeping.create(
        users["admin"],
        Facts("北京金卡减去新品体验池", Branch(Joined.ALL, (
            Test("audience", "one_of", (str(beijing.pk),)),
            Branch(Joined.NONE, (Test("audience", "one_of", (str(pool.pk),)),)),
        )), "还没进体验池的，优先邀请", Audience.Sharing.ENTERPRISE),
    )  # fmt: skip
    cooling = Test("order.category", "one_of", (str(Category.objects.get(name="空调").pk),))
    bought = Branch(Joined.ALL, (cooling, Test("order.day", "last_days", ("730",))))
    keeping.create(
        users["admin"],
        Facts("两年内买空调满 2000 元", Branch(Joined.ALL, (Test("orders", "total_at_least", ("2000",), bought),)), "换季清洗提醒", Audience.Sharing.ENTERPRISE),
    )  # fmt: skip
    enrolled = Table.objects.get(name="活动报名")
    columns = {one.name: one for one in enrolled.fields.all()}
    absent = Branch(Joined.ALL, (Test(column_key(columns["已签到"]), "equals", ("0",)),))
    keeping.create(
        enrolled.owner,
        Facts("报名未签到", Branch(Joined.ALL, (Test(key_of(columns["手机"]), "some", (), absent),)), "改约下一场", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    due = Table.objects.get(name="物业缴费")
    columns = {one.name: one for one in due.fields.all()}
    unpaid = Branch(Joined.ALL, (Test(column_key(columns["已缴"]), "equals", ("0",)),))
    reached = Branch(Joined.NONE, (Test("number.health", "one_of", ("dead",)),))
    keeping.create(
        due.owner,
        Facts("欠缴满 1000 元", Branch(Joined.ALL, (
            Test(figure_key(columns["手机"], columns["应缴金额"], "sum"), "at_least", ("1000",), unpaid), reached,
        )), "空号不再催", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    keeping.create(
        users["huiyuan"],
        Facts("可发保养提醒", Branch(Joined.ALL, (
            Test("consent.given", "one_of", ("03",)), Test("consent.refused", "none_of", ("03",)), Test("messages.failed", "lacks", ("30",)),
        )), "每季度一次", Audience.Sharing.DEPARTMENT),
    )  # fmt: skip
    ends = clock.now() + timedelta(days=30)
    grants.give(users["shichang"], beijing, Allows.SEND, to_user=users["huabei"], expires_at=ends)
    grants.give(users["shichang"], beijing, Allows.EDIT, to_user=users["pinpai"])
    grants.give(users["huiyuan"], silent, Allows.SEE, to_role=Role.VIEWER)
    # Changed once, so that its history has something to show.
    more = Branch(Joined.ALL, (*conditions.read(beijing.conditions).parts, Test(keys["积分"], "at_least", ("500",))))
    keeping.change(users["shichang"], beijing, Facts(beijing.name, more, beijing.note, beijing.sharing))
    drawing.draw(users["huiyuan"], silent, 50, "20260101", clock.now(), name="满意度调查抽样")
    for one in Audience.objects.select_related("owner__department"):
        keeping.noted(one.owner, one)
