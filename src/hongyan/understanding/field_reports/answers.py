"""The SMS that answers a report, to shops in Chinese: received with the running count, a question, or exactly what is wrong with a correct example."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hongyan.understanding.field_reports.report import Code, Item, Problem, Report, Status
from hongyan.understanding.field_reports.world import Action, World

EXAMPLE_IMEI = "490154203237518"
"""The IMEI that textbooks show: valid, and nobody's phone."""
_ONE_SEGMENT, _ONE_OF_SEVERAL = 70, 67
_TAIL = 6
_NAMES = {
    Action.SALE: "销售",
    Action.RETURN: "退机",
    Action.STOCK: "库存",
    Action.ORDER: "订货",
    Action.PRICE: "查价",
}
_OF_SERIALS = {
    Code.IMEI_CHECK: "串号有误",
    Code.IMEI_LENGTH: "串号不是15位",
    Code.IMEI_UNKNOWN: "查无此串号",
    Code.ALREADY_SOLD: "已报过销售",
    Code.NOT_FOR_SALE: "不可销售",
    Code.NOT_YOURS: "不属于本店",
    Code.NOT_SOLD: "未报过销售，不能退",
    Code.TWICE: "重复",
}
_DEALER = (Code.DEALER_UNKNOWN, Code.DEALER_MISMATCH)
_SLIPS = (Code.IMEI_CHECK, Code.IMEI_LENGTH, Code.IMEI_UNKNOWN)


def reply_to(
    report: Report,
    world: World,
    *,
    running: int | None = None,
    since: str = "今日",
    prices: Mapping[str, Decimal] | None = None,
    own: str = "",
) -> str:
    """The text that answers `report`, in as few segments as it can be; empty for what is no report.

    `running` is what the dealer has reported `since` then, these included. `prices`: what a price query of this sender
    is answered, by model; without them the list prices. `own` is the sender's own dealer, for examples where the report has none.
    """
    if report.status is Status.NOT_A_REPORT:
        return ""
    texts = [_reply(report, world, running, since, prices, own=own, is_short=is_short) for is_short in (False, True)]
    return min(texts, key=segments)


def segments(text: str) -> int:
    """How many segments a Chinese text takes."""
    return 1 if len(text) <= _ONE_SEGMENT else -(-len(text) // _ONE_OF_SEVERAL)


def _reply(
    report: Report,
    world: World,
    running: int | None,
    since: str,
    prices: Mapping[str, Decimal] | None,
    *,
    own: str,
    is_short: bool,
) -> str:
    match report.status:
        case Status.ACCEPT if report.action is Action.PRICE:
            return _prices(report.items, world, prices)
        case Status.ACCEPT:
            return f"收到：{_booked(report)}" + _running(report, running, since)
        case Status.PARTIAL:
            wrong = "；".join(_wrong(report, world, is_short=is_short))
            if report.action is Action.PRICE:
                return f"{_prices(report.items, world, prices)}。{wrong}"
            return f"收到：{_booked(report)}{_running(report, running, since)}。未登记：{wrong}"
        case Status.CONFIRM:
            return _question(report, world, is_short=is_short)
        case _:
            return "；".join(_wrong(report, world, is_short=is_short)) + f"。例：{example(report, world, own)}"


def _running(report: Report, running: int | None, since: str) -> str:
    return "" if running is None or not report.units else f"，{since}累计{running}台"


def _booked(report: Report) -> str:
    """What was booked: D1001销售2台, D1001库存A9 10台."""
    name = _NAMES[report.action] if report.action else ""
    if report.items:
        return f"{report.dealer or ''}{name}{_items(report.items)}"
    price = f"，单价{report.price}元" if report.price else ""
    return f"{report.dealer or ''}{name}{len(report.units)}台{price}"


def _items(items: tuple[Item, ...]) -> str:
    return "、".join(one.model if one.quantity is None else f"{one.model} {one.quantity}台" for one in items)


def _prices(items: tuple[Item, ...], world: World, prices: Mapping[str, Decimal] | None) -> str:
    said = []
    for model in (one.model for one in items):
        known = world.models.get(model)
        price = prices.get(model) if prices is not None else known.list_price if known else None
        said.append(f"{model} {price.normalize():f}元" if price is not None else f"{model}暂无价格")
    return "、".join(said)


def _question(report: Report, world: World, *, is_short: bool) -> str:
    """What Y would say yes to, and what stays out."""
    meant: list[str] = []
    asked: list[str] = []
    left: list[Problem] = []
    for one in report.problems:
        if (one.code in _DEALER and one.suggest) or (one.code is Code.MODEL_UNKNOWN and len(one.suggest) == 1):
            meant.append(one.suggest[0])
        elif one.code is Code.KEYWORD_UNKNOWN and report.action:
            meant.append(_NAMES[report.action])
        elif one.code in _SLIPS and one.suggest and one.suggest[0] in _first_imeis(report, world, one.suggest[0]):
            meant.append(_serial(one.suggest[0], is_short=is_short))
        elif one.code is Code.PRICE_ODD:
            asked.append(f"单价{one.value}元，对吗？")
        elif one.code is Code.COUNT_DIFFERS:
            found = f"串号有{one.detail}个，登记{len(report.units)}台" if report.units else f"合计{one.detail}台"
            asked.append(f"您写{one.value}台，{found}吗？")
        elif one.code is Code.MODEL_DIFFERS:
            asked.append(f"串号是{'、'.join(one.suggest)}，不是{one.value}，对吗？")
        else:
            left.append(one)
    question = f"您是指{'、'.join(meant)}吗？" if meant else ""
    if not question and not asked:
        asked.append(f"登记{_booked(report)}，对吗？")
    wrong = _wrong(report, world, problems=left, is_short=is_short)
    out = f"。不登记：{'；'.join(wrong)}" if wrong else ""
    many = len(report.units) or len(report.items)
    is_told = any(one.code is Code.PRICE_ODD for one in report.problems)
    reading = f"({_booked(report)})" if many > 1 or (report.price and not is_told) or report.items else ""
    return f"{question}{''.join(asked)}{reading}回复Y确认{out}"


def _first_imeis(report: Report, world: World, suggested: str) -> tuple[str, ...]:
    """The IMEIs of a report, and `suggested` if it is the second one of one of them."""
    unit = world.units([suggested]).get(suggested)
    return (*report.units, suggested) if unit and unit.imei in report.units else report.units


def _serial(value: str, *, is_short: bool) -> str:
    return f"尾号{value[-_TAIL:]}" if is_short and len(value) > _TAIL else value


def _wrong(report: Report, world: World, *, problems: list[Problem] | None = None, is_short: bool) -> list[str]:
    """What is wrong, in the order of the text; IMEIs with the same fault together."""
    said: dict[str, list[str]] = {}
    for one in report.problems if problems is None else problems:
        if one.code in _OF_SERIALS and one.value:
            behind = _OF_SERIALS[one.code]
            if one.detail and one.code is Code.ALREADY_SOLD:
                behind += f"({one.detail})"
            if one.suggest:
                behind += f"，是{_serial(one.suggest[0], is_short=is_short)}吗"
            said.setdefault(behind, []).append(_serial(one.value, is_short=is_short))
        else:
            said.setdefault(_sentence(one, report, world), [])
    return ["、".join(values) + behind for behind, values in said.items()]


def _sentence(problem: Problem, report: Report, world: World) -> str:
    value = problem.value
    maybe = f"，是{'或'.join(problem.suggest[:3])}吗" if problem.suggest else ""
    match problem.code:
        case Code.DEALER_UNKNOWN | Code.DEALER_MISMATCH:
            return f"没有商家{value}{maybe}" if value else "请写商家代码"
        case Code.DEALER_SEVERAL:
            return f"商家有{value}，请只写一个" if value else f"请写明商家：{'或'.join(problem.suggest[:3])}"
        case Code.IMEI_MISSING:
            return "缺串号"
        case Code.PRICE_SEVERAL:
            return f"价格有{value.replace(' ', '、')}，请分开报"
        case Code.MODEL_UNKNOWN:
            return f"没有型号{value}{maybe}"
        case Code.QUANTITY:
            least = 1 if report.action is Action.ORDER else 0
            return f"数量{value}不对，应为{least}至{world.policy.max_quantity}"
        case Code.QUANTITY_MISSING:
            return f"{value}缺数量"
        case Code.ITEMS_MISSING:
            return "缺型号"
        case Code.KEYWORD_MISSING:
            words = [(one, world.keywords.get(one)) for one in (Action.STOCK, Action.ORDER)]
            return f"请先写{'或'.join(f'{word[0]}({_NAMES[one]})' for one, word in words if word)}"
        case Code.KEYWORD_UNKNOWN:
            return f"{value}不明，请写{'或'.join(problem.suggest)}" if problem.suggest else "串号与型号请分开报"
        case Code.TOO_LONG:
            return "短信太长，请分几条发"
        case _:
            return f"{value}有误{maybe}"


def example(report: Report, world: World, own: str = "") -> str:
    """A correct report of the same kind, with what is known already."""
    action = report.action or _offered(report, world)
    word = (world.keywords.get(action) or [""])[0]
    codes = (*_DEALER, Code.DEALER_SEVERAL)
    offered = next((one.suggest[0] for one in report.problems if one.code in codes and one.suggest), "")
    dealer = report.dealer or offered or own or _shape(world)
    if action.is_about_units:
        serial = next((one.suggest[0] for one in report.problems if one.code in _SLIPS and one.suggest), EXAMPLE_IMEI)
        return " ".join(one for one in (word, dealer, serial) if one)
    near = [one.suggest[0] for one in report.problems if one.code is Code.MODEL_UNKNOWN and one.suggest]
    model = next(iter([one.model for one in report.items] + near + sorted(world.models)), "")
    if action is Action.PRICE:
        return f"{word} {model}"
    return " ".join(one for one in (word, dealer, f"{model}x2") if one)


def _shape(world: World) -> str:
    """What a code of this company looks like, in digits and letters."""
    mask = next(iter(world.policy.dealer_codes), "")
    return "".join(str(at % 10) if one == "#" else "A" if one == "@" else one for at, one in enumerate(mask))


def _offered(report: Report, world: World) -> Action:
    """The action that the first suggested keyword stands for."""
    suggested = [word for one in report.problems if one.code is Code.KEYWORD_UNKNOWN for word in one.suggest]
    for action, words in world.keywords.items():
        if any(word in suggested for word in words) and (report.items == () or not action.is_about_units):
            return action
    return Action.STOCK if report.items else Action.SALE
