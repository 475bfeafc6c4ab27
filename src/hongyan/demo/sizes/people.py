"""A book of members, and one of a company of 20,000 in 300 departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.demo.audiences import COLUMNS
from hongyan.demo.sizes.making import NUMBER, Making, names

STAFF, BRANCHES, PARTS = 20_000, 30, 9
PLACES = "华东 华北 华南 华中 西南 西北 东北 京津 江苏 浙江 山东 福建 广东 湖北 四川".split()
DEPARTMENTS = "销售部 市场部 财务部 人事部 客服部 仓储部 技术部 采购部 行政部".split()
COMPANIES = "云帆家电集团"
VALUES = """jsonb_build_object(
    '城市', (%(cities)s::text[])[1 + n %% %(city_count)s], '会员等级', (array['普通','普通','普通','银卡','银卡','金卡'])[1 + n / 7 %% 6],
    '积分', (n::bigint * 7919 %% 900 * 10)::text, '生日', (date '1955-01-01' + (n::bigint * 104729 %% 20000)::int)::text,
    '购买产品', (%(products)s::text[])[1 + n / 3 %% %(product_count)s], '接收新品信息', n %% 5 < 3)"""


def write(make: Making, people: int) -> None:
    """Numbers 1 to `people` of `NUMBER`, names by a step of their own."""
    name_count = make.named("named", names())
    serial = AddressBook.objects.filter(name__startswith="全国会员").count() + 1
    members = AddressBook.objects.create(name=f"全国会员{serial if serial > 1 else ''}", kind="enterprise")
    staff = AddressBook.objects.create(name=f"集团通讯录{serial if serial > 1 else ''}", kind="enterprise")
    some = min(STAFF, people)
    make.say(f"{people:,} people, and {some:,} in {BRANCHES * (PARTS + 1)} departments")
    choices = {name: listed for name, _kind, listed in COLUMNS}
    with make.lying_first("contacts_contact"):
        for book, count, title, fields in (
            (members, people, "(array['先生','女士'])[1 + n %% 2]", VALUES),
            (staff, some, "(array['经理','主管','专员','专员','工程师'])[1 + n %% 5]", "'{}'::jsonb"),
        ):
            first = Contact.objects.create(book=book, name="", number="")
            make.like(
                first,
                {
                    "name": "w.name", "number": "w.number", "pinyin": "w.pinyin", "title": title, "fields": fields,
                    "search": "w.search || ' ' || substr(w.number, 4)",
                    "created_at": "now() - make_interval(days => (n::bigint * 31 %% 900)::int)",
                },
                f"""select g.n, k.name, k.pinyin, k.search, {NUMBER.format(n="g.n")} as number
                    from generate_series(1, %(count)s::int) g(n)
                    join named k on k.n = (g.n::bigint * 52711 + %(seed)s) %% %(name_count)s order by g.n""",  # noqa: S608 - constants only
                count=count, name_count=name_count, cities=choices["城市"], city_count=len(choices["城市"]),
                products=choices["购买产品"], product_count=len(choices["购买产品"]),
            )  # fmt: skip
    make.say("groups")
    levels = _groups(members, {"会员等级": ("普通", "银卡", "金卡")})
    _enrol(make, members, "c.fields->>'会员等级'", {group.name: group.pk for group in levels})
    branches = {
        f"{PLACES[at % len(PLACES)]}{'一' if at < len(PLACES) else '二'}分公司": DEPARTMENTS for at in range(BRANCHES)
    }
    parts = _groups(staff, branches)
    _enrol(make, staff, f"(c.id %% {len(parts)})::text", {str(at): group.pk for at, group in enumerate(parts)})


def _groups(book: AddressBook, tree: Mapping[str, Sequence[str]]) -> list[Group]:
    """Groups with those below them; gives those that people stand in."""
    found = []
    for name, below in tree.items():
        above = Group.objects.create(book=book, name=name, path="")
        above.path = f"/{above.pk}/"
        made = Group.objects.bulk_create(Group(book=book, parent=above, name=one, path="") for one in below)
        for group in made:
            group.path = f"{above.path}{group.pk}/"
        Group.objects.bulk_update([above, *made], ["path"])
        found += made
    return found


def _enrol(make: Making, book: AddressBook, by: str, groups: dict[str, int]) -> None:
    make.run(
        f"""insert into contacts_group_contacts (group_id, contact_id)
            select g.id, c.id from contacts_contact c
            join unnest(%(names)s::text[], %(ids)s::bigint[]) g(name, id) on g.name = {by} where c.book_id = %(book)s""",  # noqa: S608
        names=list(groups), ids=list(groups.values()), book=book.pk,
    )  # fmt: skip
