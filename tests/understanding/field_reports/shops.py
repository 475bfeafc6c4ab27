"""A made-up company of our own, larger than that of the corpus if wanted, and reports from its shops with the slips of hurried thumbs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

from hongyan.understanding.field_reports import Action, Item, KnownWorld, Model, Policy, State, Unit

KEYWORDS = {
    Action.SALE: ("XL", "卖出", "报单"),
    Action.RETURN: ("FH", "返货", "返机"),
    Action.STOCK: ("PD", "存货", "STORE"),
    Action.ORDER: ("YH", "下单", "REQ"),
    Action.PRICE: ("BJ", "报价", "COST"),
}
MODELS = {
    "E20": 799, "E20S": 899, "GT7": 1999, "GT7PLUS": 2499, "H88": 499, "LITE3": 599, "NOVA1": 2899, "Y5": 349, "Y55": 449, "C10MAX": 3599,
}  # fmt: skip


def with_check_digit(first: str) -> str:
    """Fourteen digits and the one that checks them, counted here anew."""
    total = 0
    for at, one in enumerate(first):
        value = int(one) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return first + str(-total % 10)


def _sender(at: int) -> str:
    return f"+86142{at:08}"


def a_stock(*, dealers: int = 60, units: int = 500) -> tuple[list[str], list[Unit]]:
    """Codes of dealers, and units at them: every tenth sold, every ninth with two IMEIs."""
    drawn = random.Random(7)
    codes = [f"HY{number:03}" for number in drawn.sample(range(100, 1000), dealers)]
    names = list(MODELS)
    stock = []
    for at in range(units):
        model = names[at % len(names)]
        # Serials far apart: that a slip makes another phone of the same shop is the exception.
        serial = f"{at % len(names):02}{at * 7919 % 1_000_003:09}"
        first = with_check_digit(f"358{serial}")
        second = with_check_digit(f"359{serial}") if at % 9 == 0 else ""
        state = State.SOLD if at % 10 == 3 else State.RECEIVED
        stock.append(
            Unit(first, model, codes[at % dealers], state, second, "2026-03-01" if state is State.SOLD else "")
        )
    return codes, stock


def a_world(codes: list[str], stock: list[Unit]) -> KnownWorld:
    """The company that has these."""
    return KnownWorld(
        KEYWORDS,
        Policy(("HY###",), 300),
        dealers={code: [_sender(at)] for at, code in enumerate(codes)},
        models=[Model(code, Decimal(price)) for code, price in MODELS.items()],
        units=stock,
    )


@dataclass(frozen=True)
class Said:
    """A report as it was meant, and as it was typed."""

    text: str
    sender: str
    action: Action
    dealer: str
    units: tuple[str, ...] = ()
    price: str | None = None
    items: tuple[Item, ...] = ()
    noise: tuple[str, ...] = ()


class Shops:
    """Draws reports: what is meant first, then how it is typed, with up to three kinds of noise."""

    def __init__(self, units: list[Unit], senders: dict[str, str], seed: int) -> None:
        self._drawn = random.Random(seed)
        self._senders = senders
        self._stock: dict[str, list[Unit]] = {}
        for unit in units:
            if unit.state is State.RECEIVED:
                self._stock.setdefault(unit.dealer, []).append(unit)

    def report(self) -> Said:
        dealer = self._drawn.choice(sorted(self._stock))
        return self._sale(dealer) if self._drawn.random() < 0.75 else self._list(dealer)

    def _sale(self, dealer: str) -> Said:
        drawn, noise = self._drawn, []
        stock = self._stock[dealer]
        units = drawn.sample(stock, min(len(stock), drawn.choice((1, 1, 1, 2, 3, 5))))
        price = None
        if drawn.random() < 0.5 and len({one.model for one in units}) == 1:
            price = int(MODELS[units[0].model] * drawn.uniform(0.7, 1.3))
        serials = [one.imei2 if one.imei2 and drawn.random() < 0.3 else one.imei for one in units]
        word, code = drawn.choice(KEYWORDS[Action.SALE]), dealer
        if drawn.random() < 0.3:
            code = self._slip(code, keep=2)
            noise.append("dealer_slip")
        if len(serials) == 1 and drawn.random() < 0.3:
            serials = [self._slip(serials[0], keep=3)]
            noise.append("imei_slip")
        if drawn.random() < 0.2:
            serials = [self._grouped(one) for one in serials]
            noise.append("grouped")
        if drawn.random() < 0.1 and "dealer_slip" not in noise:
            code = ""
            noise.append("no_dealer")
        if drawn.random() < 0.1:
            word = ""
            noise.append("no_keyword")
        said = [one for one in (word, code, *serials) if one]
        if price is not None:
            said.append(drawn.choice((f"{price}", f"{price}元", f"¥{price}", f"价格{price}", f"{price}.00")))
        text, more = self._typed(said)
        return Said(
            text, self._senders[dealer], Action.SALE, dealer, tuple(one.imei for one in units),
            None if price is None else str(price), noise=(*noise, *more),
        )  # fmt: skip

    def _list(self, dealer: str) -> Said:
        drawn, noise = self._drawn, []
        action = drawn.choice((Action.STOCK, Action.ORDER))
        items = tuple(Item(one, drawn.randint(1, 99)) for one in drawn.sample(sorted(MODELS), drawn.randint(1, 4)))
        code = dealer
        if drawn.random() < 0.3:
            code = self._slip(code, keep=2)
            noise.append("dealer_slip")
        join = drawn.choice(("x", "*", " ", "=", "X", "台"))
        listed = [
            f"{one.quantity}台{one.model}" if join == "台" else f"{one.model}{join}{one.quantity}" for one in items
        ]
        text, more = self._typed([drawn.choice(KEYWORDS[action]), code, *listed])
        return Said(text, self._senders[dealer], action, dealer, items=items, noise=(*noise, *more))

    def _slip(self, code: str, *, keep: int) -> str:
        """One edit behind the first `keep` signs: a digit wrong, missing, too many, or swapped with the next."""
        at = self._drawn.randrange(keep, len(code) - 1)
        digit = self._drawn.choice("0123456789")
        return self._drawn.choice(
            (
                code[:at] + digit + code[at + 1 :],
                code[:at] + code[at + 1 :],
                code[:at] + digit + code[at:],
                code[:at] + code[at + 1] + code[at] + code[at + 2 :],
            )
        )

    def _grouped(self, serial: str) -> str:
        sign = self._drawn.choice((" ", "-"))
        size = self._drawn.choice((4, 5, 6))
        return sign.join(serial[at : at + size] for at in range(0, len(serial), size))

    def _typed(self, said: list[str]) -> tuple[str, list[str]]:
        """The parts as one text, with the noise of typing."""
        drawn, noise = self._drawn, []
        text = drawn.choice((" ", " ", ",", "，", "\n", "  ", "/", "#", "、", "\t", " \r\n")).join(said)
        if drawn.random() < 0.2:
            text, _ = text.lower(), noise.append("lower")
        if drawn.random() < 0.15:
            text, _ = (
                "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text),
                noise.append("wide"),
            )
        if drawn.random() < 0.1:
            text, _ = text.replace("0", drawn.choice("Oo")).replace("1", "l"), noise.append("letters")
        if drawn.random() < 0.2:
            text = drawn.choice(("您好，", "在吗 ", "麻烦登记：", "@")) + text
            noise.append("words")
        if drawn.random() < 0.2:
            text += drawn.choice((" 谢谢", "！", "\n\n", " 收到请回复", "🙏", "\u200b"))
            noise.append("words")
        return text, noise


def shops(*, dealers: int = 60, units: int = 500, seed: int = 1) -> tuple[KnownWorld, Shops]:
    """A world and the shops that report in it."""
    codes, stock = a_stock(dealers=dealers, units=units)
    return a_world(codes, stock), Shops(stock, {code: _sender(at) for at, code in enumerate(codes)}, seed)
