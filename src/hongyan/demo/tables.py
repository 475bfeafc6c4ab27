"""Twelve tables of the demonstration company's own, with rights, links and a little history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from hongyan.accounts.models import Department, User
from hongyan.contacts.models import Contact
from hongyan.datasets import defining, rows, tables
from hongyan.datasets.defining import Wish
from hongyan.datasets.models import Change, Level, Row, Table
from hongyan.fields import Kind, parse, store

T, N, M, D, C = Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.CHOICE
AREAS = ("浦东新区", "徐汇区", "黄浦区", "静安区", "闵行区", "宝山区")


def load(users: Mapping[str, User], root: Department, customers: Sequence[Contact], random: Random) -> None:
    """Make the tables, fill them, share some of them."""
    made = _Making(users, random, timezone.localdate())
    made.people(customers)
    made.goods(customers)
    made.places()
    for table in Table.objects.filter(name__in=("服务网点", "产品价格", "办事窗口", "班车时刻", "会议室")):
        tables.grant(table.owner, table.pk, Level.SEE, to_department=root)
    stock = Table.objects.get(name="库存")
    tables.grant(stock.owner, stock.pk, Level.EDIT, to_user=users["weixiu"])
    jobs = Table.objects.get(name="维修工单")
    tables.grant(jobs.owner, jobs.pk, Level.EDIT, to_user=users["weixiu"])
    cost = stock.fields.get(name="进价")
    tables.grant(stock.owner, stock.pk, Level.SEE, to_user=users["caiwu"])
    tables.grant(stock.owner, stock.pk, Level.SEE, to_user=users["caiwu"], field=cost)


class _Making:
    def __init__(self, users: Mapping[str, User], random: Random, today: date) -> None:
        self.users, self.random, self.today = users, random, today

    def table(
        self, owner: str, name: str, purpose: str, wishes: Iterable[Wish], lines: Iterable[Sequence[Any]]
    ) -> Table:
        """A table with its rows; a link is given as the id of what it names."""
        user = self.users[owner]
        table = tables.create(user, name, purpose)
        fields = [defining.add(user, table.pk, wish) for wish in wishes]
        kept = []
        for line in lines:
            data = {}
            for one, value in zip(fields, line, strict=True):
                text = str(value)
                read: Any = int(value) if one.kind is Kind.LINK and text else parse(one.kind, text, choices=one.choices)
                if read is not None and text:
                    data[one.key] = store(one.kind, read)
            kept.append(Row(table_id=table.pk, data=data, search=rows.search_of(fields, data), created_by=user))
        Row.objects.bulk_create(kept)
        Change.objects.bulk_create(
            Change(table=table, row_id=row.pk, act=Change.Act.CREATED, user=user, new=row.data) for row in kept
        )
        return table

    def day(self, first: int, last: int) -> date:
        return self.today + timedelta(days=self.random.randint(first, last))

    def ids(self, table: Table) -> list[int]:
        return list(Row.objects.of(table).order_by("pk").values_list("pk", flat=True))

    def people(self, customers: Sequence[Contact]) -> None:
        random, day = self.random, self.day
        crowd = random.sample(list(customers), 200)
        drivers = self.table(
            "shengchan", "驾驶员", "车牌和姓名查询：记分、罚款、证件到期提醒",
            [Wish("车牌", T, is_required=True, is_unique=True), Wish("姓名", T, is_required=True), Wish("手机", Kind.PHONE),
             Wish("准驾车型", C, ("C1", "C2", "B2", "A1")), Wish("累计记分", N, help="满 12 分需参加学习"), Wish("待缴罚款", M),
             Wish("驾驶证有效期至", D), Wish("生日", D), Wish("已参加学习", Kind.YES_NO)],
            [(f"沪A{random.randint(10000, 99999)}", one.name, one.number, random.choice(("C1", "C1", "C2", "B2", "A1")),
              random.choice((0, 0, 3, 6, 9, 12)), random.choice((0, 0, 0, 100, 150, 200)), day(-60, 1500), day(-18000, -8000),
              random.choice(("是", "否"))) for one in crowd[:60]],
        )  # fmt: skip
        first = Row.objects.of(drivers).order_by("pk")[0]
        fine = drivers.fields.get(name="待缴罚款")
        for text in ("200", "350", "0"):
            rows.change(self.users["shengchan"], drivers.pk, first.pk, {fine.pk: text})
        self.table(
            "pinpai", "学生成绩", "把成绩单发给家长，每位家长只收到自己孩子的",
            [Wish("学号", T, is_required=True, is_unique=True), Wish("姓名", T), Wish("班级", C, ("三(1)班", "三(2)班", "三(3)班")),
             Wish("家长手机", Kind.PHONE), Wish("语文", N), Wish("数学", N), Wish("英语", N), Wish("评语", Kind.LONG_TEXT)],
            [(f"2026{place:04}", one.name, f"三({place % 3 + 1})班", one.number, random.randint(55, 100), random.randint(50, 100),
              random.randint(60, 100), random.choice(("进步明显，继续保持。", "书写认真，计算要更仔细。", "")))
             for place, one in enumerate(crowd[60:108], start=1)],
        )  # fmt: skip
        self.table(
            "caiwu", "物业缴费", "到期前提醒，逾期催缴",
            [Wish("房号", T, is_required=True, is_unique=True), Wish("业主", T), Wish("手机", Kind.PHONE), Wish("应缴金额", M),
             Wish("截止日期", D), Wish("已缴", Kind.YES_NO, default="否")],
            [(f"{place // 8 + 1}栋{place % 8 + 1:02}01", one.name, one.number, random.randint(300, 2400) + 0.5, day(-20, 40),
              random.choice(("是", "否", "否"))) for place, one in enumerate(crowd[108:156])],
        )  # fmt: skip
        self.table(
            "huiyuan", "活动报名", "周末体验活动的报名和签到",
            [Wish("姓名", T, is_required=True), Wish("手机", Kind.PHONE, is_unique=True), Wish("场次", C, ("周六上午", "周六下午", "周日上午")),
             Wish("感兴趣的产品", Kind.CHOICES, ("空调", "冰箱", "洗衣机", "热水器")), Wish("报名日期", D, default="today"), Wish("已签到", Kind.YES_NO)],
            [(one.name, one.number, random.choice(("周六上午", "周六下午", "周日上午")),
              "、".join(random.sample(("空调", "冰箱", "洗衣机", "热水器"), random.randint(1, 3))), day(-14, 0), random.choice(("是", "否", "")))
             for one in {one.number: one for one in crowd[156:]}.values()],
        )  # fmt: skip

    def goods(self, customers: Sequence[Contact]) -> None:
        random, day = self.random, self.day
        models = [(f"{name} {code}", name, price) for name, price in
                  (("空调", 2999), ("冰箱", 3499), ("洗衣机", 2199), ("热水器", 1599), ("电视", 4299))
                  for code in ("A1", "A2", "B1", "B5")]  # fmt: skip
        prices = self.table(
            "shichang", "产品价格", "发送型号即可查询价格",
            [Wish("型号", T, is_required=True, is_unique=True), Wish("类别", C, ("空调", "冰箱", "洗衣机", "热水器", "电视")),
             Wish("零售价", M, is_required=True), Wish("促销价", M), Wish("生效日期", D)],
            [(model, kind, price + 200 * (place % 4), price if place % 3 else "", day(-90, 10)) for place, (model, kind, price) in enumerate(models)],
        )  # fmt: skip
        goods = self.ids(prices)
        self.table(
            "shichang", "库存", "各仓库存，低于下限提醒采购",
            [Wish("编号", T, is_unique=True), Wish("产品", Kind.LINK, target=prices), Wish("仓库", C, ("上海仓", "苏州仓", "杭州仓")),
             Wish("数量", N), Wish("下限", N), Wish("进价", M), Wish("盘点日期", D)],
            [(f"K{place:04}", pk, store_name, random.randint(0, 160), 20, random.randint(900, 3200), day(-40, 0))
             for place, (pk, store_name) in enumerate(((pk, at) for pk in goods for at in ("上海仓", "苏州仓", "杭州仓")), start=1)],
        )  # fmt: skip
        self.table(
            "shichang", "维修工单", "上门前通知客户，完成后回访",
            [Wish("工单号", T, is_required=True, is_unique=True), Wish("客户", Kind.LINK), Wish("产品", Kind.LINK, target=prices),
             Wish("状态", C, ("待派工", "已派工", "已完成", "已取消"), default="待派工"), Wish("上门日期", D), Wish("上门时间", Kind.TIME), Wish("故障", Kind.LONG_TEXT)],
            [(f"W2611{place:03}", one.pk, random.choice(goods), random.choice(("待派工", "已派工", "已完成", "已完成", "已取消")), day(-20, 7),
              random.choice(("09:00", "10:30", "14:00", "16:30")), random.choice(("不制冷", "噪音大", "漏水", "无法开机")))
             for place, one in enumerate(random.sample(list(customers), 40), start=1)],
        )  # fmt: skip
        self.table(
            "shengchan", "供应商", "合同到期提醒",
            [Wish("名称", T, is_required=True), Wish("联系人", T), Wish("手机", Kind.PHONE), Wish("供应", Kind.CHOICES, ("压缩机", "电路板", "钣金", "包装")),
             Wish("合同到期", D), Wish("年采购额", M)],
            [(f"{city}{what}有限公司", random.choice(("周工", "李经理", "陈小姐")), f"+86139{random.randint(10**7, 10**8 - 1)}", what, day(-30, 600),
              random.randint(10, 300) * 10_000) for city in ("苏州", "常州", "宁波", "佛山") for what in ("压缩机", "电路板", "钣金", "包装")],
        )  # fmt: skip

    def places(self) -> None:
        random = self.random
        self.table(
            "kefu", "服务网点", "发送“网点 + 区名”查询最近的服务网点",
            [Wish("名称", T, is_required=True), Wish("类别", C, ("直营店", "授权维修", "提货点")), Wish("所在区", C, AREAS), Wish("地址", T),
             Wish("电话", T), Wish("开门", Kind.TIME), Wish("关门", Kind.TIME), Wish("周末营业", Kind.YES_NO)],
            [(f"{area[:2]}{what}{number}", kind, area, f"{area}{road}{random.randint(1, 900)}号", f"021-6{random.randint(10**6, 10**7 - 1)}", "09:00",
              random.choice(("18:00", "20:00", "21:30")), random.choice(("是", "否")))
             for area in AREAS for number, (what, kind, road) in
             enumerate((("旗舰店", "直营店", "中山路"), ("维修站", "授权维修", "人民路"), ("提货点", "提货点", "解放路")), start=1)],
        )  # fmt: skip
        self.table(
            "kefu", "办事窗口", "政务窗口的电话、时间和所需材料",
            [Wish("窗口", T, is_required=True), Wish("事项", C, ("社保", "公积金", "户籍", "税务")), Wish("所在区", C, AREAS), Wish("电话", T),
             Wish("办公时间", T), Wish("所需材料", Kind.LONG_TEXT)],
            [(f"{area}{what}窗口", what, area, f"021-5{random.randint(10**6, 10**7 - 1)}", "周一至周五 9:00-16:30", f"身份证原件、{paper}")
             for area in AREAS for what, paper in (("社保", "社保卡"), ("公积金", "银行卡"), ("户籍", "户口本"), ("税务", "营业执照"))],
        )  # fmt: skip
        self.table(
            "shengchan", "班车时刻", "发送线路名查询班车",
            [Wish("线路", T, is_required=True), Wish("起点", T), Wish("终点", T), Wish("发车", Kind.TIME), Wish("座位", N), Wish("仅工作日", Kind.YES_NO)],
            [(f"{line}号线", start, "总部园区", at, 45, "是") for line, start in enumerate(("人民广场", "虹桥火车站", "张江", "莘庄"), start=1)
             for at in ("07:30", "08:10", "18:00", "19:30")],
        )  # fmt: skip
        self.table(
            "admin", "会议室", "容量和设备，供预订查询",
            [Wish("名称", T, is_required=True, is_unique=True), Wish("楼层", N), Wish("容量", N), Wish("设备", Kind.CHOICES, ("投影", "视频会议", "白板")), Wish("可外借", Kind.YES_NO)],
            [(f"{floor}{place:02}会议室", floor, size, "、".join(have), "是" if size > 20 else "否") for floor in (3, 5, 8)
             for place, (size, have) in enumerate(((8, ("白板",)), (16, ("投影", "白板")), (40, ("投影", "视频会议", "白板"))), start=1)],
        )  # fmt: skip
