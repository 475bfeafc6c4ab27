"""The demonstration company's people: names, posts and numbers as a Chinese company has them.

Numbers use real ranges, so that home carriers show, with the block 0010 behind the range. The demonstration's routes
lead to the simulated carrier only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from random import Random

from hongyan.fields import Stored

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾夏"
    "付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
GIVEN = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 建华 文 辉 玲 红梅 建国 晓东 志强 丹 萍 鹏 雪 婷 慧 浩 "
    "宇 欣怡 子涵 梓萱 浩然 一诺 佳琪 雨桐 思远 嘉欣 天宇 俊杰 海燕 春梅 国强 小红 玉兰 晨曦 立新 永强 丽华 美玲 家豪 若曦 诗涵 博文 "
    "景行 知远 书瑶 亦菲 清扬 云帆 长青 望舒"
).split()
# Weighted as the carriers' shares of the market: mobile, unicom, telecom, broadnet.
RANGES = (
    *("134 135 136 137 138 139 150 151 152 158 159 178 182 183 187 188 198".split() * 3),
    *("130 131 132 155 156 175 176 185 186".split() * 3),
    *("133 153 177 180 181 189 199".split() * 3),
    "192",
)
CITIES = "北京 上海 广州 深圳 杭州 南京 苏州 成都 重庆 武汉 西安 长沙 郑州 青岛 天津 合肥".split()
LEVELS = ("普通", "普通", "普通", "银卡", "银卡", "金卡")
PRODUCTS = "云帆冰箱 B500|云帆空调 K35|云帆洗衣机 X10|云帆热水器 R60|云帆油烟机 Y8".split("|")
POSTS = "经理 主管 专员 专员 专员 助理 工程师 工程师 代表 代表".split()

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "总经理办公室": (),
    "市场部": ("品牌组", "会员组"),
    "销售部": ("华北大区", "华东大区", "华南大区"),
    "客户服务部": ("热线组", "维修组"),
    "人力资源部": (),
    "财务部": (),
    "信息技术部": (),
    "生产制造部": ("一车间", "二车间", "质检组"),
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    number: str
    title: str = ""
    company: str = ""
    email: str = ""
    fields: dict[str, Stored] = field(default_factory=dict)


class Crowd:
    """Draws people from one seeded randomness, each with a number of their own."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._serial = count(1)

    def _name(self) -> str:
        return self._random.choice(SURNAMES) + self._random.choice(GIVEN)

    def _number(self) -> str:
        return f"+86{self._random.choice(RANGES)}0010{next(self._serial):04d}"

    def employee(self, department: str) -> Person:
        return Person(self._name(), self._number(), self._random.choice(POSTS), department)

    def customer(self) -> Person:
        random = self._random
        return Person(
            self._name(),
            self._number(),
            random.choice(("先生", "女士")),
            fields={
                "城市": random.choice(CITIES),
                "会员等级": random.choice(LEVELS),
                "积分": str(random.randrange(0, 9000, 10)),
                "购买产品": random.choice(PRODUCTS),
                "接收新品信息": random.random() < 0.6,
                "生日": f"{random.randint(1962, 2004)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}",
            },
        )
