"""Users from a file, on their page: what each step shows, and who may see it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hongyan.accounts.models import User
from hongyan.enrolment import importing, loading
from hongyan.uploads.errors import reason_words
from hongyan.uploads.models import Upload
from tests.builders import Company

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def uploaded(client: Client, *rows: str) -> Upload:
    content = "\n".join(["工号,姓名,部门,手机", *rows]).encode()
    client.post(reverse("console:user_import"), {"file": SimpleUploadedFile("花名册.csv", content)})
    return Upload.objects.get(purpose="users")


def text(answer: Any) -> str:
    return str(answer.content.decode())


CHOICE = {
    "map-username": "工号",
    "map-name": "姓名",
    "map-department": "部门",
    "map-number": "手机",
    "acts": "both",
    "role": "sender",
}


def test_from_the_file_to_the_people(company: Company) -> None:
    client = signed_in(company.administrator)
    upload = uploaded(client, f"g1,王芳,{company.north.name},13800138000", f"g2,李四,{company.north.name},123")
    path = reverse("console:user_import_file", args=[upload.pk])
    page = text(client.get(path))
    assert '<option value="工号" selected>' in page
    assert "王芳" in page

    client.post(path, CHOICE | {"act": "check"})
    page = text(client.get(path))
    assert "新建 1 个用户" in page
    assert reason_words("number_too_short") in page
    assert not User.objects.filter(username="g1").exists()
    answer = client.get(reverse("console:user_import_errors", args=[upload.pk]))
    rows = list(openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).active.values)  # type: ignore[attr-defined, union-attr]
    assert rows[1][:3] == ("3", "手机", "123")

    upload.refresh_from_db()
    client.post(path, {"act": "start", "shown": upload.target["check"]["mark"]})
    assert "正在新建和修改用户" in text(client.get(path))
    loading.load(upload.pk)
    page = text(client.get(path))
    assert "还没有设置密码的链接" in page
    client.post(path, {"act": "invite"})
    assert "还没有设置密码的链接" not in text(client.get(path))
    assert User.objects.get(username="g1").department == company.north


def test_what_is_refused_is_said_and_nothing_typed_is_lost(company: Company) -> None:
    client = signed_in(company.administrator)
    upload = uploaded(client, "g1,王芳,,")
    path = reverse("console:user_import_file", args=[upload.pk])
    answer = client.post(path, CHOICE | {"act": "check", "map-username": ""}, follow=True)
    assert "请选择哪一列是登录名" in text(answer)
    assert "请先检查文件" in text(client.post(path, {"act": "start", "shown": "x"}, follow=True))
    assert "请先选择文件" in text(client.post(reverse("console:user_import"), follow=True))


def test_the_template_is_read_without_a_question(company: Company) -> None:
    client = signed_in(company.administrator)
    content = b"".join(client.get(reverse("console:user_import_template")).streaming_content)  # type: ignore[attr-defined]
    upload = importing.receive(company.administrator, "users.xlsx", [content])
    assert set(upload.mapping) >= {
        "username",
        "name",
        "department",
        "role",
        "number",
        "email",
        "extension",
        "groups",
        "active",
    }
    assert upload.found["doubts"] == []


def test_whoever_does_not_manage_users_has_no_such_page(company: Company) -> None:
    upload = uploaded(signed_in(company.administrator), "g1,王芳,,")
    for user in (company.sender, company.viewer):
        client = signed_in(user)
        assert client.get(reverse("console:user_import")).status_code == 403
        assert client.get(reverse("console:user_import_file", args=[upload.pk])).status_code == 403
    head = signed_in(company.sales_head)
    assert head.get(reverse("console:user_import")).status_code == 200
    assert head.get(reverse("console:user_import_file", args=[upload.pk])).status_code == 404
