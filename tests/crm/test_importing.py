"""Files of customers, orders and products: tried, read, refused row by row, all or none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.crm import importing, loading, rows_read
from hongyan.crm.models import Category, Customer, Order, Person, Post, Product
from hongyan.uploads.models import Upload
from tests.builders import Company
from tests.builders import company as company_of_builders
from tests.crm.making import a_customer, a_product, a_type

pytestmark = pytest.mark.django_db

PEOPLE = """客户编号,客户名称,类型,地区,来源,同意凭据,姓名,职务,性别,手机号,床位
C1,东山医院,Pharmacy,江苏省,实地拜访,合同,王芳,Head,女,13800138000,30
C1,东山医院,Pharmacy,江苏省,实地拜访,合同,李强,,男,13900139000,30
C2,西山医院,Nothing,江苏省,实地拜访,合同,张三,,,13700137000,
C3,北山医院,Pharmacy,江苏省,合作方名单,,赵六,,,13600136000,
"""


def read(user: User, kind: str, text: str, **terms: Any) -> Upload:
    upload = importing.receive(user, kind, "file.csv", [text.encode()])
    upload.refresh_from_db()
    importing.start(user, upload, upload.mapping, **terms)
    loading.load(upload.pk)
    upload.refresh_from_db()
    return upload


@pytest.fixture
def rep(company: Company) -> User:
    a_type("Pharmacy", required=["number"])
    Post.objects.create(name="Head")
    return company.sender


def test_rows_of_one_customer_become_one_with_its_people(rep: User) -> None:
    done = read(rep, "customers", PEOPLE)
    assert (done.state, done.rows_good, done.rows_bad) == ("finished", 1, 2)
    made = Customer.objects.get()
    assert (made.name, made.code, made.salesperson, made.fields) == ("东山医院", "C1", rep, {"床位": "30"})
    assert [(one.name, one.gender, one.number) for one in made.people.all()] == [
        ("王芳", "f", "+8613800138000"), ("李强", "m", "+8613900139000"),
    ]  # fmt: skip
    assert {(error.line, error.reason) for error in done.errors.all()} == {(4, "no_type"), (5, "facts_missing")}


def test_a_try_changes_nothing_and_says_what_would_happen(rep: User) -> None:
    tried = read(rep, "customers", PEOPLE, is_try=True, defaults={"consent": "签名"})
    assert (tried.state, Customer.objects.count()) == ("uploaded", 0)
    assert tried.target["tried"]["made"] == 2
    assert tried.target["tried"]["first"][0][2] == "东山医院"
    importing.start(rep, tried, tried.mapping, defaults={"consent": "签名"})
    loading.load(tried.pk)
    assert Customer.objects.count() == 2


def test_all_or_none_imports_none_when_one_row_is_wrong(rep: User) -> None:
    done = read(rep, "customers", PEOPLE, is_whole=True)
    assert (done.state, Customer.objects.count()) == ("failed", 0)
    assert done.errors.count() == 2


@pytest.mark.parametrize(("mode", "names"), [("create", {"old", "new"}), ("update", {"old"}), ("both", {"old", "new"})])
def test_rows_make_change_or_both_by_their_number(rep: User, mode: str, names: set[str]) -> None:
    one = a_customer(rep, "old", "+8613800138000", code="C1", type=a_type("Pharmacy"))
    file = "编号,名称,类型,地区,来源,同意凭据,姓名,手机\nC1,,,浙江省,,,王芳,13900139000\nC9,new,Pharmacy,,实地拜访,合同,李强,13700137000\n"
    read(rep, "customers", file, mode=mode)
    one.refresh_from_db()
    assert set(Customer.objects.values_list("name", flat=True)) == names
    assert one.region == ("" if mode == "create" else "浙江省")
    person = Person.objects.get(customer=one)
    assert person.number == ("+8613800138000" if mode == "create" else "+8613900139000")
    assert person.former.exists() is (mode != "create")


def test_nobody_imports_over_the_customer_of_another(company: Company, rep: User) -> None:
    a_customer(company.stranger, "theirs", "13500135000", code="C1")
    done = read(rep, "customers", PEOPLE, mode="update")
    assert done.rows_good == 0
    assert Customer.objects.get().name == "theirs"
    refused = read(rep, "customers", PEOPLE)
    assert "code_taken" in set(refused.errors.values_list("reason", flat=True))


def test_products_and_orders_come_from_files_too(company: Company, rep: User) -> None:
    with pytest.raises(Refused):
        importing.receive(rep, "products", "x.csv", [b"a"])
    read(company.administrator, "products", '货号,名称,分类,单价\nK35,空调,家电/空调,"2,899.00"\nX,,,\n')
    product = Product.objects.get()
    assert (str(product.price), Category.objects.count(), product.category.name) == ("2899.00", 2, "空调")
    a_product("B", price="10")
    one = a_customer(rep, "东山医院", "13800138000", code="C1")
    done = read(
        rep, "orders", "订单号,客户编号,日期,状态,货号,数量,单价\n1,C1,2026-11-01,已完成,K35,2,\n1,C1,2026-11-01,,B,3,9.5\n2,C7,2026-11-01,,B,1,\n3,C1,昨天,,B,1,\n"
    )  # fmt: skip
    made = Order.objects.get()
    assert (made.customer, str(made.total), made.state, made.lines.count()) == (one, "5826.50", "completed", 2)
    assert {(error.line, error.reason) for error in done.errors.all()} == {(4, "no_customer"), (5, "no_day")}


@pytest.mark.django_db(transaction=True)
def test_progress_can_be_written_while_a_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = company_of_builders().administrator
    upload = importing.receive(admin, "products", "x.csv", ["货号,名称,分类,单价\nA,a,x,1\n".encode()])
    upload.refresh_from_db()
    importing.start(admin, upload, upload.mapping)
    other, taken = connection.copy(), []
    whole = rows_read.product

    def product(*given: Any) -> Any:
        with other.cursor() as cursor:
            cursor.execute("select id from uploads_upload where id = %s for update nowait", [upload.pk])
            taken.extend(cursor.fetchall())
        return whole(*given)

    monkeypatch.setattr(rows_read, "product", product)
    loading.load(upload.pk)
    other.close()
    upload.refresh_from_db()
    assert (taken, upload.state, upload.rows_good) == ([(upload.pk,)], "finished", 1)
