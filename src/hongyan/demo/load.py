"""Fill an empty installation with the demonstration company (catalogue row N26)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from hongyan.accounts import departments
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Role
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.contacts.names import search_text, sort_key
from hongyan.demo import audiences, consents, duplicates, grants, history, record, tables
from hongyan.demo import customers as demo_customers
from hongyan.demo.people import DEPARTMENTS, PRODUCTS, Crowd, Person
from hongyan.demo.texts import SIGNATURE
from hongyan.dispatch.models import Channel, Route
from hongyan.doors.models import Door
from hongyan.enrolment import importing
from hongyan.enrolment.planning import Terms
from hongyan.messaging.models import Phrase, Signature
from hongyan.protocols.registry import Protocol
from hongyan.reachability import gathering
from hongyan.runtime import clock
from hongyan.runtime.secrets import encrypt
from hongyan.runtime.settings import settings
from hongyan.simulator.accounts import demonstration

PASSWORD = "hongyan-demo"  # noqa: S105 - printed at start and valid in the demonstration only
SERVICE_NUMBER = "10690001"
PRICE_MICROS = 45_000
STAFF, CUSTOMERS = 300, 2000
OWN_PHONES = {"admin": "+8613600136000"}
"""One of the virtual phones, so that a test to oneself arrives somewhere."""

USERS: tuple[tuple[str, str, str, Role, str], ...] = (
    # sign-in name, name, department, role, extension
    ("admin", "王思远", "总经理办公室", Role.ADMINISTRATOR, "1001"),
    ("shichang", "李欣怡", "市场部", Role.DEPARTMENT_ADMINISTRATOR, "1002"),
    ("pinpai", "陈诗涵", "品牌组", Role.SENDER, "1003"),
    ("huiyuan", "周雨桐", "会员组", Role.SENDER, "1004"),
    ("kefu", "刘海燕", "热线组", Role.SENDER, "1005"),
    ("weixiu", "赵立新", "维修组", Role.SENDER, "1006"),
    ("huadong", "孙博文", "华东大区", Role.SENDER, "1007"),
    ("huabei", "郭志强", "华北大区", Role.SALESPERSON, "1010"),
    ("huanan", "梁俊杰", "华南大区", Role.SALESPERSON, "1011"),
    ("xiaoshou", "徐晓东", "销售部", Role.DEPARTMENT_ADMINISTRATOR, "1012"),
    ("caiwu", "吴静", "财务部", Role.SENDER, "1008"),
    ("shengchan", "马建国", "生产制造部", Role.SENDER, "1009"),
    ("chakan", "林知远", "市场部", Role.VIEWER, ""),
)

ROSTER = """工号,姓名,所属部门,角色,手机号,电子邮箱
yf0701,郑晓彤,市场部/品牌组,发送员,13600136011,zhengxt@yunfan.example
yf0702,何俊杰,市场部/新媒体组,发送员,13600136012,hejj@yunfan.example
yf0703,许文静,热线组,查看员,13600136013,
pinpai,陈诗涵,市场部/品牌组,,13600136014,chensh@yunfan.example
yf0704,邓超,华北大区,经理,13600136015,
yf0705,曹蕾,财务部,发送员,1360013,
"""

DOORS = (
    # family, name, login, password, in whose name, category, digits behind the service number
    ("cmpp", "网上商城", "100001", "shop-demo", "huiyuan", "verification", "81"),
    ("smpp", "海外订单系统", "oversea", "shop-dem", "kefu", "notice", "82"),
)

PHRASES = (
    (
        "会议",
        "会议通知",
        "notice",
        "请于【时间】在【地点】参加【主题】会议，请提前安排工作。参加请回复1，不能参加请回复2。",
    ),
    ("会议", "会议改期", "notice", "原定会议因故改期，具体时间另行通知，给您带来不便敬请谅解。"),
    ("放假", "节假日值班", "notice", "节日期间请值班人员保持手机畅通，遇紧急情况立即上报。"),
    ("客户", "生日祝福", "marketing", "{姓名}{称呼}，祝您生日快乐！凭此短信到店可领取生日礼一份。"),
    ("客户", "维修预约", "notice", "{姓名}{称呼}您好，工程师将于明天上午上门维修，请保持电话畅通。"),
)


def load_if_empty(say: Callable[[str], None] = lambda _: None) -> bool:
    """Load the demonstration unless somebody is here already; tells whether it did. One transaction, a few seconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Two starts at once: the second waits, then finds users.
        cursor.execute("select pg_advisory_xact_lock(hashtext('demonstration'))")
        if User.objects.exists():
            return False
        random = Random(20260101)
        say("departments and users")
        root, nodes = _departments()
        users = _users(root, nodes)
        _roster(users["admin"])
        say("channels and routes")
        channels = _channels()
        Signature.objects.create(text=SIGNATURE, is_default=True)
        _doors(users)
        Phrase.objects.bulk_create(
            Phrase(folder=folder, title=title, category=category, text=text)
            for folder, title, category, text in PHRASES
        )
        say("300 people and 2,000 customers")
        crowd = Crowd(random)
        staff = _staff(crowd, random)
        customers = _customers(crowd)
        record.prepare(staff, customers)
        audiences.prepare(random, customers)
        duplicates.write(Random(20260604), root, staff, customers, users)
        say("500 customers with their orders")
        demo_customers.load(Random(20260718), users, customers)
        say("rights on people")
        grants.load(users, nodes)
        say("twelve tables")
        tables.load(users, root, customers, Random(20260102))
        say("a year of messages")
        stage = history.Stage(
            senders={user.department.name: user for user in users.values() if user.role != Role.VIEWER},
            staff=staff,
            customers=customers,
            channel_of=channels,
            price_micros=PRICE_MICROS,
            service_number=SERVICE_NUMBER,
        )
        history.write(random, stage)
        say("consents, refusals and lists")
        consents.write(random, customers, users["admin"])
        gathering.gather(clock.now())
        say("audiences")
        audiences.write(users)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return True


def _departments() -> tuple[Department, dict[str, Department]]:
    root = departments.create("云帆家电集团", None)
    nodes: dict[str, Department] = {}
    for name, parts in DEPARTMENTS.items():
        nodes[name] = departments.create(name, root)
        for part in parts:
            nodes[part] = departments.create(part, nodes[name])
    return root, nodes


def _users(root: Department, nodes: dict[str, Department]) -> dict[str, User]:
    # All have the same password, and making it slow to guess takes half a second each time.
    password = make_password(PASSWORD)
    return {
        username: User.objects.create(
            username=username, name=name, department=nodes[department], role=role, extension=extension,
            personal_signature="" if role == Role.VIEWER else name, password=password,
            phone=OWN_PHONES.get(username, ""),
        )
        for username, name, department, role, extension in USERS
    }  # fmt: skip


def _roster(admin: User) -> None:
    """A sheet of new colleagues, checked and waiting for somebody to say yes."""
    upload = importing.receive(admin, "七月新员工.csv", [ROSTER.encode()])
    importing.check(admin, upload, upload.mapping, Terms(makes_departments=True))


def _channels() -> dict[str, int]:
    """The simulated accounts as channels; gives the channel of each home carrier."""
    ids = {}
    for account in demonstration(settings()):
        facts = Protocol(account.protocol).facts
        channel = Channel.objects.create(
            name=account.title,
            protocol=account.protocol,
            host="127.0.0.1",
            port=account.port,
            login=account.login,
            secret_encrypted=encrypt(account.secret),
            service_number=SERVICE_NUMBER,
            speed_per_s=500,
            window_size=32,
            connections=2,
            numbers_per_submit=facts.usual_numbers_per_submit,
            price_micros=PRICE_MICROS if facts.is_mainland else 320_000,
            options={"node": "3010061118", "corp_id": account.login, "listen_port": account.callback_port}
            if facts.calls_back
            else {},
        )
        ids[account.protocol] = channel.pk
    for position, name, carriers, protocol in (
        (10, "移动号码", ["mobile"], "cmpp30"),
        (20, "广电号码", ["broadnet"], "cmpp20"),
        (30, "联通号码", ["unicom"], "sgip12"),
        (40, "电信号码", ["telecom"], "smgp30"),
        # Two of one order share the numbers.
        (50, "境外号码，一半", ["abroad"], "smpp34"),
        (50, "境外号码，另一半", ["abroad"], "smpp50"),
        (60, "默认", [], "cmpp30"),
    ):
        Route.objects.create(name=name, position=position, channel_id=ids[protocol], carriers=carriers)
    return {
        "mobile": ids["cmpp30"], "broadnet": ids["cmpp20"], "unicom": ids["sgip12"], "telecom": ids["smgp30"],
        "unknown": ids["cmpp30"], "abroad": ids["smpp34"],
    }  # fmt: skip


def _doors(users: dict[str, User]) -> None:
    """A shop's system over CMPP and one abroad over SMPP, so that a customer's system can be tried at once."""
    for family, name, login, secret, user, category, digits in DOORS:
        Door.objects.create(
            name=name, family=family, login=login, secret_encrypted=encrypt(secret), user=users[user], category=category,
            sources=[SERVICE_NUMBER + digits], default_source=SERVICE_NUMBER + digits, speed_per_s=1000, window_size=100,
            connections=4,
        )  # fmt: skip


def _contact(book: AddressBook, person: Person) -> Contact:
    return Contact(
        book=book,
        name=person.name,
        number=person.number,
        title=person.title,
        company=person.company,
        fields=person.fields,
        pinyin=sort_key(person.name),
        search=search_text(person.name, person.number, person.company),
    )


def _group(book: AddressBook, name: str, parent: Group | None = None) -> Group:
    group = Group.objects.create(book=book, name=name, parent=parent, path="")
    group.path = f"{parent.path if parent else '/'}{group.pk}/"
    group.save(update_fields=["path"])
    return group


def _enroll(group: Group, contacts: list[Contact]) -> None:
    through = Group.contacts.through
    through.objects.bulk_create(through(group_id=group.pk, contact_id=contact.pk) for contact in contacts)


def _staff(crowd: Crowd, random: Random) -> list[Contact]:
    """The enterprise book, grouped as the departments are; a few people stand in two places (row B27)."""
    book = AddressBook.objects.create(name="公司通讯录", kind=AddressBook.Kind.ENTERPRISE)
    leaves: list[tuple[str, Group]] = []
    for name, parts in DEPARTMENTS.items():
        group = _group(book, name)
        leaves.append((name, group))
        leaves += [(part, _group(book, part, group)) for part in parts]
    placed = [random.randrange(len(leaves)) for _ in range(STAFF)]
    people = Contact.objects.bulk_create(_contact(book, crowd.employee(leaves[place][0])) for place in placed)
    for index, (_, group) in enumerate(leaves):
        _enroll(group, [person for person, place in zip(people, placed, strict=True) if place == index])
    committee = _group(book, "安全委员会")
    _enroll(committee, random.sample(people, 24))
    return people


def _customers(crowd: Crowd) -> list[Contact]:
    book = AddressBook.objects.create(name="会员客户", kind=AddressBook.Kind.ENTERPRISE)
    people = Contact.objects.bulk_create((_contact(book, crowd.customer()) for _ in range(CUSTOMERS)), batch_size=500)
    levels = _group(book, "会员等级")
    for level in ("金卡", "银卡", "普通"):
        _enroll(_group(book, level, levels), [one for one in people if one.fields["会员等级"] == level])
    owners = _group(book, "产品用户")
    for product in PRODUCTS:
        _enroll(_group(book, product, owners), [one for one in people if one.fields["购买产品"] == product])
    return people
