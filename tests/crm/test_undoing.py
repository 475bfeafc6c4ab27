"""An import of customers, orders or products that is taken back: exactly, and only where nothing rests on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.crm import importing, loading, rows_read, undoing
from hongyan.crm.documents import document
from hongyan.crm.models import Category, Customer, FormerNumber, Order, Person, Product
from hongyan.uploads import running
from hongyan.uploads.models import Touched, Upload
from hongyan.uploads.undoing import undone_of
from tests.builders import Company
from tests.crm.making import a_customer, a_product, a_type
from tests.crm.test_importing import PEOPLE, read, rep

pytestmark = pytest.mark.django_db
__all__ = ["rep"]
CUSTOMERS = "编号,名称,类型,地区,来源,同意凭据,姓名,手机\nC1,,,浙江省,,,王芳,13900139000\nC9,新客户,Pharmacy,,实地拜访,合同,李强,13700137000\n"
ORDERS = "订单号,客户编号,日期,货号,数量,单价\n1,C1,2026-11-01,A,2,\n2,C1,2026-11-02,B,1,\n"


def undo(user: User, upload: Upload) -> Upload:
    undoing.begin(user, upload)
    undoing.undo(upload.pk)
    upload.refresh_from_db()
    return upload


def everything() -> dict[str, Any]:
    return {
        kind: [document(kind, pk) for pk in model.objects.order_by("pk").values_list("pk", flat=True)]
        for kind, model in (("customers", Customer), ("orders", Order), ("products", Product))
    } | {
        "categories": sorted(Category.objects.values_list("path")),
        "former": list(FormerNumber.objects.values_list("number")),
    }


def test_customers_and_their_people_are_as_they_were(rep: User) -> None:
    old = a_customer(rep, "老客户", "+8613800138000", code="C1", type=a_type("Pharmacy"))
    before = everything()
    done = read(rep, "customers", CUSTOMERS)
    assert everything() != before
    told = undoing.foretell(done)
    assert told is not None
    assert (told.removed, told.restored, told.stayed) == (1, 1, 0)
    assert Customer.objects.count() == 2
    assert undone_of(undo(rep, done)) == told
    assert everything() == before
    version = old.version
    old.refresh_from_db()
    assert old.version > version
    assert "13800138000" in old.search
    assert not Touched.objects.exists()
    assert AuditEntry.objects.get(action="upload.undone").detail["removed"] == 1


def test_orders_get_their_lines_back(company: Company, rep: User) -> None:
    a_product("A", price="10")
    a_product("B", price="20")
    a_customer(rep, "老客户", "+8613800138000", code="C1")
    read(rep, "orders", "订单号,客户编号,日期,货号,数量,单价\n1,C1,2026-10-01,B,7,\n1,C1,2026-10-01,A,1,\n")
    before = everything()
    done = read(rep, "orders", ORDERS)
    undo(rep, done)
    assert everything() == before


def test_products_and_the_categories_they_brought_go_unless_something_is_in_them(company: Company) -> None:
    before = everything()
    done = read(company.administrator, "products", "货号,名称,分类,单价\nK,空调,家电/空调,10\nL,灯,灯具,5\n")
    a_product("M", category=Category.objects.get(name="灯具"))
    undo(company.administrator, done)
    assert [one.sku for one in Product.objects.all()] == ["M"]
    assert [one.name for one in Category.objects.all()] == ["灯具"]
    assert before["products"] == []


def test_what_was_changed_since_or_carries_something_stays_and_is_told(company: Company, rep: User) -> None:
    old = a_customer(rep, "老客户", "+8613800138000", code="C1", type=a_type("Pharmacy"))
    a_product("A", price="10")
    a_product("B", price="10")
    done = read(rep, "customers", CUSTOMERS + "C8,第三家,Pharmacy,,实地拜访,合同,赵六,13600136000\n")
    new = Customer.objects.get(code="C9")
    third = Customer.objects.get(code="C8")
    Customer.objects.filter(pk=old.pk).update(address="中山路 1 号")
    read(rep, "orders", ORDERS.replace("C1", "C9"))
    undo(rep, done)
    undone = undone_of(done)
    assert undone is not None
    assert (undone.removed, undone.restored, dict(undone.first)) == (1, 0, {old.pk: "changed", new.pk: "needed"})
    assert not Customer.objects.filter(pk=third.pk).exists()
    assert Person.objects.filter(customer=new).count() == 1


def test_nobody_undoes_another_ones_import_nor_without_the_right(company: Company, rep: User) -> None:
    done = read(rep, "customers", PEOPLE)
    with pytest.raises(Http404):
        undoing.begin(company.administrator, done)
    User.objects.filter(pk=rep.pk).update(role=Role.VIEWER)
    with pytest.raises(Refused):
        undoing.begin(User.objects.get(pk=rep.pk), done)
    assert Customer.objects.exists()


def test_a_reading_that_is_stopped_keeps_nothing(rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = importing.receive(rep, "customers", "file.csv", [PEOPLE.encode()])
    upload.refresh_from_db()
    importing.start(rep, upload, upload.mapping)
    whole = rows_read.customer

    def stopped_meanwhile(*given: Any) -> Any:
        running.stop(rep, upload)
        return whole(*given)

    monkeypatch.setattr(rows_read, "customer", stopped_meanwhile)
    loading.load(upload.pk)
    assert not Customer.objects.exists()
    assert not Touched.objects.exists()


def test_who_loses_the_right_while_the_file_is_read_imports_nothing(rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows_read.customer

    def demoted(*given: Any) -> Any:
        User.objects.filter(pk=rep.pk).update(role=Role.VIEWER)
        return whole(*given)

    monkeypatch.setattr(rows_read, "customer", demoted)
    done = read(rep, "customers", PEOPLE)
    assert done.state == "failed"
    assert done.error
    assert not Customer.objects.exists()
