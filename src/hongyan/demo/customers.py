"""Customers of the demonstration: dealers, shops and hospitals that buy appliances, and private ones, with orders of two years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.contacts.models import Contact
from hongyan.contacts.names import sort_key
from hongyan.crm import classifying
from hongyan.crm.customers import searched
from hongyan.crm.models import (
    Category,
    Customer,
    CustomerType,
    FormerNumber,
    MergeProposal,
    NumberTask,
    Order,
    OrderLine,
    Person,
    Post,
    Product,
    Rule,
)
from hongyan.crm.products import searched as product_searched
from hongyan.demo.people import GIVEN, RANGES, SURNAMES
from hongyan.reachability.models import Number
from hongyan.runtime import clock

CATEGORIES: dict[str, dict[str, tuple[tuple[str, str, str, int], ...]]] = {
    "家电": {
        "空调": (
            ("KT-035", "云帆空调 K35 1.5匹", "台", 2899), ("KT-072", "云帆空调 K72 3匹柜机", "台", 6299), ("KT-120", "云帆中央空调 Z120", "套", 18800),
        ),
        "冰箱": (("BX-500", "云帆冰箱 B500", "台", 4599), ("BX-210", "云帆冰箱 B210", "台", 1899)),
        "洗衣机": (("XY-010", "云帆洗衣机 X10", "台", 2199), ("XY-012", "云帆洗烘一体机 X12", "台", 4299)),
        "厨卫": (("RS-060", "云帆热水器 R60", "台", 1599), ("YJ-008", "云帆油烟机 Y8", "台", 2699)),
    },
    "医用冷链": {
        "疫苗冷藏箱": (("YL-100", "云帆疫苗冷藏箱 100L", "台", 5600), ("YL-310", "云帆疫苗冷藏箱 310L", "台", 9800)),
        "血液冷藏柜": (("XL-400", "云帆血液冷藏柜 400L", "台", 26800),),
        "耗材": (("HC-001", "温度记录标签（100 张）", "盒", 180), ("HC-002", "冰排（20 块）", "箱", 260)),
    },
}  # fmt: skip
REGIONS = (
    ("huadong", "江苏省", ("苏州市", "无锡市", "南通市", "扬州市")), ("huadong", "浙江省", ("杭州市", "宁波市", "嘉兴市", "绍兴市")),
    ("huabei", "河北省", ("保定市", "唐山市", "邯郸市")), ("huabei", "山东省", ("济南市", "潍坊市", "临沂市")),
    ("huanan", "广东省", ("佛山市", "东莞市", "惠州市")), ("huanan", "福建省", ("泉州市", "漳州市")),
)  # fmt: skip
TOWNS = "东山 木渎 临湖 双桥 河口 石门 长安 新塘 沙溪 南庄 大良 清河 平安 永安 太和 龙泉 青阳 白塔 柳河 金水".split()
NAMES = {
    "乡镇卫生院": "{town}镇中心卫生院", "村卫生室": "{town}村卫生室", "药店": "{town}同康大药房", "社区卫生服务中心": "{town}街道社区卫生服务中心",
    "经销商": "{city}{town}家电商行", "其他单位": "{city}{town}电器有限公司",
}  # fmt: skip
CONSENTS = ("拜访时填写纸质同意书，存档于分公司", "合作协议第 7 条", "微信确认，截图存档", "展会登记表勾选同意")
CLASSES: tuple[tuple[str, list[dict[str, object]]], ...] = (
    ("大客户", [{"kind": "spent", "days": 365, "amount": "60000"}]),
    ("沉睡客户", [{"kind": "silent", "days": 180}]),
    ("新客户", [{"kind": "registered", "days": 90}]),
)
ORGANISATIONS, PRIVATE = 360, 140


def load(random: Random, users: dict[str, User], members: Sequence[Contact]) -> None:
    """The products, customers, orders, classes and what waits to be decided. Private customers are among the members."""
    products = _products()
    staff = {name: users[name] for name in ("huadong", "huabei", "huanan")}
    customers = _customers(random, staff, random.sample(list(members), PRIVATE))
    _orders(random, customers, products)
    _classes()
    _waiting(random, customers)


def _products() -> list[Product]:
    made: list[Product] = []
    for top, below in CATEGORIES.items():
        above = _category(top, None)
        for name, rows in below.items():
            category = _category(name, above)
            made += [
                Product(sku=sku, name=title, category=category, unit=unit, price=Decimal(price), search=product_searched(sku, title))
                for sku, title, unit, price in rows
            ]  # fmt: skip
    return Product.objects.bulk_create(made)


def _category(name: str, parent: Category | None) -> Category:
    made = Category.objects.create(name=name, parent=parent, path="")
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def _customers(random: Random, staff: dict[str, User], members: Sequence[Contact]) -> list[Customer]:
    kinds = list(CustomerType.objects.all())
    private = next(one for one in kinds if one.is_private)
    posts = list(Post.objects.all())
    today = timezone.localdate(clock.now())
    made: list[Customer] = []
    people: list[Person] = []
    taken: set[str] = set()
    serial = 5000
    for place in range(ORGANISATIONS + PRIVATE):
        rep, province, cities = random.choice(REGIONS)
        city, town = random.choice(cities), random.choice(TOWNS)
        is_private = place >= ORGANISATIONS
        kind = private if is_private else kinds[random.randrange(len(kinds) - 1)]
        contact = members[place - ORGANISATIONS].name if is_private else random.choice(SURNAMES) + random.choice(GIVEN)
        name = contact if is_private else NAMES.get(kind.name, "{city}{town}公司").format(city=city[:2], town=town)
        if not is_private:
            name = name if name not in taken else f"{city[:2]}{name}"
            taken.add(name)
        one = Customer(
            code=f"KH{place + 1:05d}", name=name, type=kind, region=f"{province}{city}", address=f"{town}镇人民路{random.randint(1, 300)}号",
            landline="" if is_private else f"0{random.randint(510, 799)}-{random.randint(6000000, 8999999)}",
            source=random.choice(Customer.Source.values), consent=random.choice(CONSENTS), salesperson=staff[rep],  registered_on=today - timedelta(days=random.randint(5, 900)),
            pinyin=sort_key(name),
            created_by=staff[rep],
        )  # fmt: skip
        own: list[Person] = []
        for at in range(1 if is_private else random.randint(1, 3)):
            serial += 1
            own.append(
                Person(
                    customer=one, name=contact if at == 0 else random.choice(SURNAMES) + random.choice(GIVEN),
                    post=None if is_private else random.choice(posts), gender=random.choice(Person.Gender.values),
                    number=members[place - ORGANISATIONS].number if is_private else f"+86{random.choice(RANGES)}0010{serial:04d}",
                    position=at,
                )
            )  # fmt: skip
        one.search = searched(one, own)
        made.append(one)
        people += own
    Customer.objects.bulk_create(made, batch_size=500)
    for person in people:
        person.customer_id = person.customer.pk
    Person.objects.bulk_create(people, batch_size=1000)
    return made


def _orders(random: Random, customers: list[Customer], products: list[Product]) -> None:
    today = timezone.localdate(clock.now())
    orders: list[Order] = []
    lines: list[OrderLine] = []
    counts: dict[date, int] = {}
    first = {one.customer_id: one for one in Person.objects.filter(position=0)}
    for one in customers:
        often = random.choice((0, 1, 1, 2, 3)) if one.type.is_private else random.choice((1, 2, 4, 6, 9))
        # Some went silent half a year ago.
        newest = 190 if random.random() < 0.2 else 0
        for _ in range(often):
            day = today - timedelta(days=random.randint(newest, 730))
            counts[day] = counts.get(day, 0) + 1
            age = (today - day).days
            state = "completed" if age > 14 else "shipped" if age > 4 else "open"
            order = Order(
                number=f"{day:%Y%m%d}-{counts[day]:03d}", customer=one, person=first.get(one.pk), ordered_on=day,
                state="void" if random.random() < 0.03 else state,
            )  # fmt: skip
            chosen = random.sample(products, random.randint(1, 3))
            own = [
                OrderLine(order=order, product=product, quantity=Decimal(1 if one.type.is_private else random.randint(1, 12)),
                          price=(product.price * Decimal(random.choice((100, 98, 95, 92))) / 100).quantize(Decimal("0.01")))
                for product in chosen
            ]  # fmt: skip
            order.total = sum((line.amount for line in own), Decimal(0))
            orders.append(order)
            lines += own
    Order.objects.bulk_create(orders, batch_size=1000)
    for line in lines:
        line.order_id = line.order.pk
    OrderLine.objects.bulk_create(lines, batch_size=1000)


def _classes() -> None:
    air = Category.objects.get(name="空调")
    cold = Category.objects.get(name="医用冷链")
    more = (
        ("空调采购客户", [{"kind": "bought", "category": air.pk, "days": 365, "amount": "2000"}]),
        ("冷链客户", [{"kind": "bought", "category": cold.pk, "days": 730, "amount": "1"}]),
    )
    for place, (name, conditions) in enumerate((*CLASSES, *more), start=1):
        rule = Rule.objects.create(name=name, conditions=conditions, position=place * 10)
        classifying.run(rule, clock.now())


def _waiting(random: Random, customers: list[Customer]) -> None:
    """Two merges to decide, some dead numbers, a changed one."""
    pairs = [customers[7:9], customers[21:23]]
    for first, second in pairs:
        person = Person.objects.filter(customer=first).first()
        assert person is not None
        Person.objects.create(customer=second, name=person.name, number=person.number, position=9)
        MergeProposal.objects.create(first=first, second=second, number=person.number, proposed_by=second.salesperson)
    for one in random.sample(customers[50:200], 6):
        person = Person.objects.filter(customer=one).first()
        assert person is not None
        at = clock.now() - timedelta(days=random.randint(1, 9))
        NumberTask.objects.create(person=person, number=person.number, failures=2, code="MK:0001", failed_at=at)
        Number.objects.create(
            number=person.number, state="dead", since=at - timedelta(days=20), failures=2, code="MK:0001", protocol="cmpp30",
            failed_at=at, judged_at=at,
        )  # fmt: skip
    for one in random.sample(customers[200:300], 5):
        person = Person.objects.filter(customer=one).first()
        assert person is not None
        FormerNumber.objects.create(
            person=person, number=f"+86{random.choice(RANGES)}0010{random.randint(9000, 9999)}",
            until=clock.now() - timedelta(days=random.randint(20, 300)), changed_by=one.salesperson,
        )  # fmt: skip
