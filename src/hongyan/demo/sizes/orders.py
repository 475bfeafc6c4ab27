"""Customers with one person each and three years of their orders; the persons' numbers are those of members."""

from __future__ import annotations

from itertools import islice, product

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.crm.models import Customer, CustomerType, Order, OrderLine, Person, Product
from hongyan.demo.people import CITIES, GIVEN
from hongyan.demo.sizes.making import NUMBER, Making
from hongyan.runtime import clock

EACH = 10
"""Orders of one customer."""
FIRMS = 40_000
TRADES = "电器商行 商贸有限公司 家电经营部 酒店 物业服务有限公司 大药房".split()
DAYS = 1095
# The two lines an order may have: which product, how many, at how many percent of its price.
PRODUCT = "1 + (n * 31 + {k} * 7) %% %(products)s"
QUANTITY = "(1 + (n * 13 + {k} * 5) %% 8)"
PRICE = "round((%(prices)s::numeric[])[" + PRODUCT + "] * (array[100, 98, 95, 92])[1 + (n + {k}) %% 4] / 100, 2)"
HAS_SECOND = "n %% 3 = 0"


def write(make: Making, people: int, orders: int) -> None:
    """As many customers as a tenth of the orders, at most as there are people."""
    count = min(people, max(1, orders // EACH))
    make.say(f"{count:,} customers")
    first = _customers(make, people, count)
    make.say(f"{orders:,} orders")
    _orders(make, first, count, orders)


def _firms() -> list[str]:
    found = (f"{city}{given}{trade}" for given, trade, city in product(GIVEN, TRADES, CITIES))
    return list(islice(found, FIRMS))


def _customers(make: Making, people: int, count: int) -> int:
    """Gives the id of the first; those that follow count up."""
    firm_count = make.named("firms", _firms())
    reps = list(User.objects.filter(role=Role.SALESPERSON).order_by("pk").values_list("pk", flat=True))
    someone = User.objects.get(pk=reps[0])
    types = list(CustomerType.objects.filter(is_private=False).order_by("pk").values_list("pk", flat=True))
    first_id = make.reserve(Customer, count)
    name_count = make.run("select count(*) from named")[0][0]
    source = f"""
        select g.n, k.name, k.pinyin, k.search, m.name as person, m.search as person_search, {NUMBER.format(n="g.member")} as number
        from (select n, 1 + (n - 1) * %(step)s::bigint as member from generate_series(1::bigint, %(count)s) n) g
        join firms k on k.n = (g.n * 7919) %% %(firm_count)s
        join named m on m.n = (g.member * 52711 + %(seed)s) %% %(name_count)s order by g.n"""  # noqa: S608 - constants only
    facts = {"count": count, "step": max(1, people // count), "firm_count": firm_count, "name_count": name_count}
    with make.lying_first("crm_customer", "crm_person"):
        one = Customer.objects.create(
            name="", type_id=types[0], salesperson=someone, created_by=someone, source=Customer.Source.PARTNER_LIST,
            consent="合作协议第 7 条", registered_on=timezone.localdate(clock.now()),
        )  # fmt: skip
        person = Person.objects.create(customer=one, name="", gender=Person.Gender.FEMALE)
        make.like(
            person,
            {"customer_id": "%(first_id)s::bigint + n - 1", "name": "w.person", "number": "w.number"},
            source, first_id=first_id, **facts,
        )  # fmt: skip
        make.like(
            one,
            {
                "id": "%(first_id)s::bigint + n - 1", "code": "'S' || (%(first_id)s::bigint + n - 1)", "name": "w.name", "pinyin": "w.pinyin",
                "search": "w.search || ' s' || (%(first_id)s::bigint + n - 1) || ' ' || w.person_search || ' ' || substr(w.number, 4)",
                "type_id": "(%(types)s::bigint[])[1 + n %% %(type_count)s]", "salesperson_id": "(%(reps)s::bigint[])[1 + n %% %(rep_count)s]",
                "region": "(%(cities)s::text[])[1 + n %% %(city_count)s] || '市'", "address": "'人民路' || (1 + n %% 300) || '号'",
                "registered_on": "s.registered_on - (n::bigint * 31 %% 1200)::int",
            },
            source, first_id=first_id, types=types, type_count=len(types), reps=reps, rep_count=len(reps),
            cities=CITIES, city_count=len(CITIES), **facts,
        )  # fmt: skip
    return first_id


def _orders(make: Making, first_customer: int, customers: int, orders: int) -> None:
    sold = list(Product.objects.order_by("pk"))
    someone = Customer.objects.get(pk=first_customer)
    first_id = make.reserve(Order, orders)
    prices = {"prices": [str(one.price) for one in sold], "products": len(sold)}
    total = f"""{QUANTITY.format(k=0)} * {PRICE.format(k=0)}
                + case when {HAS_SECOND} then {QUANTITY.format(k=1)} * {PRICE.format(k=1)} else 0 end"""
    age = f"(n * 7919 + %(seed)s) %% {DAYS}"
    with make.lying_first("crm_order", "crm_orderline"):
        day = timezone.localdate(clock.now())
        one = Order.objects.create(number="", customer=someone, ordered_on=day)
        make.like(
            one,
            {
                "id": "%(first_id)s::bigint + n", "number": "to_char(w.day, 'YYYYMMDD') || '-' || (%(first_id)s::bigint + n)",
                "customer_id": "%(first_customer)s::bigint + n * 31 %% %(customers)s", "ordered_on": "w.day", "total": total,
                "state": """case when n %% 37 = 1 then 'void' when s.ordered_on - w.day > 14 then 'completed'
                                 when s.ordered_on - w.day > 4 then 'shipped' else 'open' end""",
                "created_at": "w.day + time '10:00'",
            },
            f"select n, %(day)s::date - ({age})::int as day from generate_series(0::bigint, %(orders)s::bigint - 1) n",  # noqa: S608
            first_id=first_id, first_customer=first_customer, customers=customers, orders=orders, day=day, **prices,
        )  # fmt: skip
        with_line = OrderLine.objects.create(order_id=first_id, product=sold[0], quantity=1, price=sold[0].price)
        make.like(
            with_line,
            {
                "order_id": "%(first_id)s::bigint + n", "product_id": f"(%(ids)s::bigint[])[{PRODUCT.format(k='w.k')}]",
                "quantity": QUANTITY.format(k="w.k"), "price": PRICE.format(k="w.k"),
            },
            f"""select n, k from generate_series(0::bigint, %(orders)s::bigint - 1) n, generate_series(0, 1) k
                where k = 0 or {HAS_SECOND} order by n, k""",  # noqa: S608
            first_id=first_id, orders=orders, ids=[one.pk for one in sold], **prices,
        )  # fmt: skip
