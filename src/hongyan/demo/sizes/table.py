"""A table of people's own with so many rows: what the shops sold, a row for each sale."""

from __future__ import annotations

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.contacts.names import coded
from hongyan.datasets import defining, storing, tables
from hongyan.datasets.defining import Wish
from hongyan.datasets.models import Row, Table
from hongyan.demo.people import CITIES
from hongyan.demo.sizes.making import NUMBER, Making
from hongyan.fields import Kind

NAME = "门店销售流水"
SHOPS = tuple(f"{city}店" for city in CITIES)
SERVICES = ("送货", "安装", "延保", "以旧换新")
WISHES = (
    Wish("单号", Kind.TEXT, is_unique=True), Wish("客户", Kind.TEXT), Wish("手机", Kind.PHONE), Wish("数量", Kind.NUMBER), Wish("金额", Kind.MONEY),
    Wish("日期", Kind.DATE), Wish("时间", Kind.TIME), Wish("已付款", Kind.YES_NO), Wish("门店", Kind.CHOICE, SHOPS),
    Wish("服务", Kind.CHOICES, SERVICES), Wish("备注", Kind.LONG_TEXT), Wish("积分", Kind.NUMBER),
)  # fmt: skip


def write(make: Making, people: int, rows: int) -> Table:
    make.say(f"a table of {rows:,} rows")
    owner = User.objects.filter(role=Role.ADMINISTRATOR).order_by("pk")[0]
    serial = Table.objects.filter(name__startswith=NAME).count() + 1
    table = tables.create(owner, f"{NAME}{serial if serial > 1 else ''}", "百万行的表：筛选、排序、群发都一样快")
    keys = {wish.name: defining.add(owner, table.pk, wish).key for wish in WISHES}
    name_count = make.run("select count(*) from named")[0][0]
    values = {
        "单号": "'X' || n", "客户": "w.name", "手机": "number", "数量": "(1 + n %% 9)::text", "金额": "(n * 17 %% 1000000 / 100.0)::numeric(12,2)::text",
        "日期": "(%(day)s::date - (n * 13 %% 1500)::int)::text", "时间": "to_char(time '08:00' + (n * 7 %% 780) * interval '1 minute', 'HH24:MI')",
        "已付款": "n %% 3 <> 0", "门店": "(%(shops)s::text[])[1 + n %% %(shop_count)s]",
        "服务": "jsonb_build_array((%(services)s::text[])[1 + n %% 4])", "备注": "case when n %% 10 = 0 then '客户要求周末送货' end",
        "积分": "(n * 7919 %% 977)::text",
    }  # fmt: skip
    pairs = ", ".join(f"'{keys[name]}', {sql}" for name, sql in values.items())
    first = Row.objects.create(table_id=table.pk, data={}, search="", created_by=owner)
    with make.lying_first(storing.part(table)):
        make.like(
            first,
            {
                "data": f"jsonb_strip_nulls(jsonb_build_object({pairs}))",
                "search": f"""'x' || n || ' ' || split_part(w.names, ' ', 1) || ' ' || substr(number, 4) || ' '
                              || (%(coded_shops)s::text[])[1 + n %% %(shop_count)s] || ' ' || (%(coded_services)s::text[])[1 + n %% 4]
                              || case when n %% 10 = 0 then ' {coded("客户要求周末送货")}' else '' end""",
            },
            f"""select g.n, k.name, k.search as names, {NUMBER.format(n="1 + g.n %% %(people)s")} as number
                from generate_series(1::bigint, %(rows)s) g(n) join named k on k.n = ((1 + g.n %% %(people)s) * 52711 + %(seed)s) %% %(name_count)s
                order by g.n""",  # noqa: S608 - constants only
            rows=rows, people=people, name_count=name_count, day=timezone.localdate(), shops=list(SHOPS), shop_count=len(SHOPS),
            services=list(SERVICES), coded_shops=[coded(one) for one in SHOPS], coded_services=[coded(one) for one in SERVICES],
        )  # fmt: skip
    return table
