"""What the demonstration company's customers have agreed to and refused, and its lists."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.consent import ledger, lists, optouts
from hongyan.consent.ledger import Terms
from hongyan.consent.models import Source, Topic
from hongyan.consent.optouts import Refusal
from hongyan.contacts.models import Contact

TOPICS = (
    ("01", "促销活动", "促销,打折,优惠,活动"),
    ("02", "新品上市", "新品,上新"),
    ("03", "保养提醒", "保养,清洗"),
    ("04", "会员积分", "积分"),
)
WORDING = "云帆家电会员协议：同意接收促销短信，每月不超过4条，回复R随时退订"
FORM = "会员登记表第{}号，客户签名\n本人同意接收云帆家电的促销短信，每月不超过4条。\n"


def _terms(source: str, evidence: str, until: date | None = None) -> Terms:
    return Terms("", source, evidence, WORDING, "每月不超过4条", until)


def write(random: Random, customers: list[Contact], operator: User) -> None:
    """Nine of ten customers have agreed, most at the counter; some refuse again, in their own words."""
    Topic.objects.bulk_create(Topic(code=code, name=name, words=words) for code, name, words in TOPICS)
    numbers = list(dict.fromkeys(contact.number for contact in customers))
    agreed = [number for number in numbers if random.random() < 0.9]
    since = timezone.now() - timedelta(days=300)
    file = ledger.keep("会员登记表.txt", FORM.format(1024).encode())
    by, half = operator.name, len(agreed) // 2
    until = timezone.localdate() + timedelta(days=430)
    at_counter, online, on_visit = agreed[:half], agreed[half : half + half // 2], agreed[half + half // 2 :]
    ledger.agree(at_counter, _terms(Source.FORM, "会员登记表签名"), operator=by, file=file, at=since)
    ledger.agree(online, _terms(Source.WEB, "官网注册时勾选"), operator=by, at=since + timedelta(days=80))
    ledger.agree(
        on_visit, _terms(Source.VISIT, "门店拜访时当面同意", until), operator=by, at=since + timedelta(days=150)
    )
    serviced = Terms("03", Source.FORM, "安装单上勾选保养提醒")
    ledger.agree(random.sample(numbers, 120), serviced, operator=by, at=since)
    refusing = random.sample(agreed, 24)
    words = ("R", "退订", "别再发了", "TD", "不要再给我发短信了", "取消订阅")
    optouts.note([Refusal(number, random.choice(words)) for number in refusing[:14]], source=Source.REPLY)
    optouts.note([Refusal(number, "TD01", "01") for number in refusing[14:20]], source=Source.REPLY)
    optouts.note(
        [Refusal(number, "电话里说不要积分短信", "04") for number in refusing[20:]], source=Source.CONSOLE, by=operator
    )
    rest = [number for number in numbers if number not in refusing]
    for kind, reason, many in (
        ("block", "多次投诉，不再联系", 5), ("grey", "曾投诉短信太多", 6), ("vip", "集团重点客户，由客户经理联系", 8),
        ("white", "内部体验用户", 4), ("test", "市场部测试机", 2),
    ):  # fmt: skip
        lists.put(operator, kind, random.sample(rest, many), reason)
    ledger.verify(operator)
