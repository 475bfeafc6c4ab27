"""Settings: users, departments, audit log, keys, signatures, refusals, health."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.audit_words import ACTIONS
from hongyan.accounts.models import ApiKey, AuditEntry, Department, User
from hongyan.consent.models import Listed, OptOut
from hongyan.exports.tables import KINDS
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Signature
from hongyan.messaging.recipients import Selection
from tests.builders import PASSWORD, Company, a_group
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
SOURCE = Path(__file__).resolve().parents[2] / "src" / "hongyan"


def page(company_user: User, path: str) -> str:
    answer = signed_in(company_user).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_users_are_found_by_name_department_role_and_state(company: Company) -> None:
    for query, found, absent in (
        ("q=stran", "stranger", "viewer"),
        ("q=1001", "sender", "stranger"),
        ("role=viewer", "viewer", "stranger"),
        (f"department={company.sales.pk}", "sender", "stranger"),
        ("active=yes", "stranger", None),
        ("active=no", None, "stranger"),
    ):
        rows = page(company.administrator, f"/settings/users/?{query}").split('id="rows"')[1]
        assert found is None or f"<td>{found}</td>" in rows, query
        assert absent is None or f"<td>{absent}</td>" not in rows, query


def test_the_tree_counts_who_may_sign_in_and_sets_the_others_apart(company: Company) -> None:
    User.objects.filter(pk=company.sender.pk).update(is_active=False)
    client = signed_in(company.administrator)
    answer = client.get("/settings/users/")
    (top,) = answer.context["tree"]
    assert (top.people_below, {one.name: one.people_below for one in top.kids}) == (4, {"Sales": 2, "Finance": 1})
    assert company.sender not in answer.context["page"].object_list
    apart = client.get("/settings/users/?active=no")
    assert (list(apart.context["page"].object_list), apart.context["gone"]) == ([company.sender], 1)
    assert client.get(f"/settings/users/{company.sender.pk}/").status_code == 200
    made = client.post("/settings/departments/new/?from=users", {"name": "South", "below": company.sales.pk})
    assert made["Location"] == "/settings/users/"
    (top,) = signed_in(company.sales_head).get("/settings/users/").context["tree"]
    assert top.name == "Sales"


def test_a_department_administrator_sees_the_own_subtree_alone(company: Company) -> None:
    seen = page(company.sales_head, "/settings/users/")
    assert "<td>sender</td>" in seen
    assert "stranger" not in seen
    assert "Finance" not in page(company.sales_head, "/settings/departments/")
    for path in (f"/settings/users/{company.stranger.pk}/", f"/settings/departments/{company.finance.pk}/"):
        client = signed_in(company.sales_head)
        assert client.get(path).status_code == 404
        assert client.post(path, {"act": "rename", "name": "Mine"}).status_code == 404
    choice = page(company.sales_head, "/settings/users/new/")
    assert 'value="administrator"' not in choice
    assert "Finance" not in choice


def test_a_new_users_form_says_at_the_field_what_is_wrong_and_offers_what_is_free(company: Company) -> None:
    assert 'value="1002"' in page(company.administrator, "/settings/users/new/")
    facts = {
        "name": "新人",
        "username": "SENDER",
        "password": "short",
        "department": company.north.pk,
        "role": "sender",
    }
    answer = signed_in(company.administrator).post("/settings/users/new/", facts)
    assert set(answer.context["form"].errors) == {"username", "password"}
    assert 'value="新人"' in answer.content.decode()


def test_a_department_is_added_renamed_moved_and_removed(company: Company) -> None:
    client = signed_in(company.administrator)
    client.post(f"/settings/departments/{company.sales.pk}/", {"act": "add", "name": "South"})
    south = Department.objects.get(name="South")
    client.post(f"/settings/departments/{south.pk}/", {"act": "rename", "name": "West"})
    client.post(f"/settings/departments/{south.pk}/", {"act": "move", "to": company.finance.pk})
    south.refresh_from_db()
    assert (south.name, south.parent) == ("West", company.finance)
    client.post(f"/settings/departments/{south.pk}/", {"act": "move", "to": "nonsense"})
    client.post(f"/settings/departments/{south.pk}/", {"act": "remove"})
    assert not Department.objects.filter(pk=south.pk).exists()
    answer = client.post(f"/settings/departments/{company.north.pk}/", {"act": "remove"}, follow=True)
    assert Department.objects.filter(pk=company.north.pk).exists()
    assert "alert-danger" in answer.content.decode()


def test_a_department_is_made_where_it_is_looked_for(company: Company) -> None:
    client = signed_in(company.administrator)
    client.post("/settings/departments/new/", {"name": "South", "below": company.sales.pk})
    assert Department.objects.get(name="South").parent == company.sales
    group = a_group(company.book, "Factory")
    client.post("/settings/departments/new/", {"group": group.pk})
    assert Department.objects.get(name="Factory").parent == company.root
    head = signed_in(company.sales_head)
    assert head.post("/settings/departments/new/", {"name": "X", "below": company.finance.pk}).status_code == 404
    assert head.post("/settings/departments/new/", {"group": group.pk}, follow=True).status_code == 200
    assert not Department.objects.filter(name="X").exists()


def test_a_users_form_makes_the_department_with_the_user_or_not_at_all(company: Company) -> None:
    group = a_group(company.book, "Factory")
    client = signed_in(company.administrator)
    facts = {
        "username": "newcomer", "name": "新人", "password": PASSWORD, "department": company.sales.pk,
        "role": "sender", "is_active": "on", "new_department": "East",
    }  # fmt: skip
    client.post("/settings/users/new/", facts | {"extension": "1001"})
    assert not Department.objects.filter(name="East").exists()
    client.post("/settings/users/new/", facts)
    assert User.objects.get(username="newcomer").department.path.startswith(company.sales.path)
    assert User.objects.get(username="newcomer").department.name == "East"
    client.post("/settings/users/new/", facts | {"username": "other", "new_department": "", "from_book": group.pk})
    assert User.objects.get(username="other").department.name == "Factory"


def test_the_audit_log_is_filtered_scoped_and_taken_away(company: Company) -> None:
    audit.record(company.sender, "address_book.created", summary="Customers", address="10.0.0.1")
    audit.record(company.stranger, "address_book.deleted", summary="Secrets")
    assert "Secrets" not in page(company.sales_head, "/settings/audit/")
    assert "Customers" in page(company.sales_head, "/settings/audit/")
    assert "Secrets" in page(company.administrator, "/settings/audit/")
    for query in (f"person={company.sender.pk}", "action=address_book.created", "q=custom"):
        seen = page(company.administrator, f"/settings/audit/?{query}")
        assert "Customers" in seen, query
        assert "Secrets" not in seen, query
    assert "Customers" not in page(company.administrator, "/settings/audit/?until=2001-01-01")
    for nonsense in ("since=2026-99-99", "person=x", "object=:", "page=999", "action=none"):
        page(company.administrator, f"/settings/audit/?{nonsense}")
    answer = signed_in(company.sales_head).get("/settings/audit/export/?action=address_book.created")
    sheet = openpyxl.load_workbook(BytesIO(b"".join(answer))).active  # type: ignore[arg-type]
    assert sheet is not None
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "Customers" in cells
    assert "10.0.0.1" in cells
    assert AuditEntry.objects.filter(action="audit.exported", user=company.sales_head).exists()


def test_the_audit_exports_only_for_who_may_see_it(company: Company) -> None:
    for user in (company.sender, company.viewer):
        assert signed_in(user).get("/settings/audit/export/").status_code == 403


def test_every_recorded_action_has_words() -> None:
    recorded = {
        found
        for path in SOURCE.rglob("*.py")
        for found in re.findall(
            r"""audit\.record\((?:(?!\)\n).){0,120}?["']([a-z_]+\.[a-z_]+)["']""", path.read_text(), re.S
        )
    }
    assert len(recorded) > 20
    recorded |= {kind.action for kind in KINDS.values()}
    assert recorded <= set(ACTIONS), recorded - set(ACTIONS)


def test_a_key_is_shown_once(company: Company) -> None:
    client = signed_in(company.sender)
    answer = client.post("/settings/keys/", {"name": "OA"})
    secret = re.search(r"hy_[\w-]{43}", answer.content.decode())
    assert secret
    assert answer["Cache-Control"] == "no-store"
    assert secret[0] not in client.get("/settings/keys/").content.decode()
    key = ApiKey.objects.get()
    assert signed_in(company.stranger).post("/settings/keys/", {"revoke": key.pk}).status_code == 404
    client.post("/settings/keys/", {"revoke": key.pk})
    key.refresh_from_db()
    assert key.revoked_at


def test_a_key_for_another_needs_to_manage_them(company: Company) -> None:
    assert (
        signed_in(company.sender).post("/settings/keys/", {"name": "x", "user": company.stranger.pk}).status_code == 404
    )
    assert (
        signed_in(company.sales_head).post("/settings/keys/", {"name": "x", "user": company.sender.pk}).status_code
        == 200
    )
    assert ApiKey.objects.get().user == company.sender


def test_one_signature_is_the_default(company: Company) -> None:
    client = signed_in(company.administrator)
    client.post("/settings/signatures/", {"act": "add", "text": "【云帆家电】"})
    made = Signature.objects.get(text="云帆家电")
    assert not made.is_default
    client.post("/settings/signatures/", {"act": "default", "id": made.pk})
    assert Signature.objects.get(is_default=True) == made
    client.post("/settings/signatures/", {"act": "rename", "id": made.pk, "text": "云帆商城"})
    for wrong in ("一", "1234", "云帆", "云{帆}"):
        client.post("/settings/signatures/", {"act": "add", "text": wrong})
    assert set(Signature.objects.values_list("text", flat=True)) == {"云帆", "云帆商城"}
    client.post("/settings/signatures/", {"act": "remove", "id": made.pk})
    assert not Signature.objects.filter(pk=made.pk).exists()


def test_numbers_are_put_on_the_lists_in_any_form_and_taken_off(company: Company) -> None:
    client = signed_in(company.sales_head)
    client.post("/lists/?list=block", {"numbers": "138 0013 8000\n139-0013-9000, abc", "reason": "投诉"})
    assert set(Listed.objects.values_list("number", "added_by")) == {
        ("+8613800138000", company.sales_head.pk),
        ("+8613900139000", company.sales_head.pk),
    }
    client.post("/lists/", {"numbers": "13800138000", "reason": "电话"})
    assert (OptOut.objects.get().source, OptOut.objects.get().evidence) == ("console", "电话")
    assert "13800138000" in page(company.administrator, "/lists/?list=block&q=0013 8")
    assert "13900139000" not in page(company.administrator, "/lists/?list=block&q=8000")
    client.post("/lists/?list=block", {"remove": Listed.objects.get(number="+8613800138000").pk})
    assert Listed.objects.count() == 1
    assert "13800138000" not in str(list(AuditEntry.objects.values_list("summary", "detail")))
    assert AuditEntry.objects.filter(action__startswith="refusal.").count() == 3


def test_health_names_the_parts(company: Company) -> None:
    seen = page(company.administrator, "/settings/health/")
    assert "database" in seen
    assert "PostgreSQL" in seen


def test_who_locks_somebody_out_hears_what_they_had_planned(company: Company) -> None:
    submissions.submit(
        company.sender,
        Request(
            text="通知", title="Fest", selection=Selection(numbers=("+8613800130001",)),
            scheduled_at=timezone.now() + timedelta(hours=1),
        ),
    )  # fmt: skip
    user = company.sender
    answer = signed_in(company.administrator).post(
        f"/settings/users/{user.pk}/",
        {"username": user.username, "name": user.name, "department": user.department_id, "role": user.role},
    )
    user.refresh_from_db()
    assert "Fest" in answer.content.decode()
    assert user.is_active


def test_the_settings_page_has_a_card_for_what_one_may_set(company: Company) -> None:
    everything = page(company.administrator, "/settings/")
    own = page(company.sender, "/settings/")
    assert "/settings/health/" in everything
    assert "/channels/" in everything
    cards = own.split("<main")[-1]
    assert "/profile/password/" in cards
    assert "/settings/users/" not in cards


def test_the_audit_tells_old_and_new_in_the_readers_words(company: Company) -> None:
    changes = {
        "price_micros": [50_000, 32_500], "secret_encrypted": [None, None], "is_enabled": [True, False],
        "addresses": [["10.1.2.3", "10.1.2.4"], ["10.1.2.3", "10.1.2.5"]], "category": ["notice", "marketing"],
    }  # fmt: skip
    audit.record(company.administrator, "door.changed", detail={"changes": changes})
    AuditEntry.objects.update(object_type="door")
    client = signed_in(company.administrator)
    (entry,) = client.get("/settings/audit/").context["page"].object_list
    assert {(one.old, one.new) for one in entry.changes} == {
        ("¥0.05", "¥0.0325"), ("", "已更改，不显示内容"), ("是", "否"), ("删除：10.1.2.4", "新增：10.1.2.5"), ("通知", "营销"),
    }  # fmt: skip
    assert not {one.field for one in entry.changes} & set(changes)
