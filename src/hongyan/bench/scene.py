"""What a measured installation holds: a user with a key, a signature, one channel with its route, a list of numbers."""

from __future__ import annotations

import time
from typing import Any

from hongyan.bench.plan import FIRST_NUMBER, Plan

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


def lay(plan: Plan, host: str, port: int) -> tuple[Any, str, Any]:
    """Schema and scene; gives the user, the secret of the user's key, and the list of recipients."""
    from django.core.management import call_command

    from hongyan.accounts import departments
    from hongyan.accounts.api_keys import create_key
    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.dispatch.models import Channel, Route
    from hongyan.messaging.models import Signature
    from hongyan.runtime.secrets import encrypt

    call_command("migrate", verbosity=0, interactive=False)
    root = departments.create("Bench", None)
    user = User.objects.create(username="bench", name="Bench", department=root, role=Role.ADMINISTRATOR)
    _key, secret = create_key(user, user, "bench")
    Signature.objects.create(text="云帆", is_default=True)
    channel = Channel.objects.create(
        name="bench", protocol=plan.protocol, host=host, port=port, login=plan.login,
        secret_encrypted=encrypt(plan.secret), service_number="10690001", speed_per_s=1_000_000,
        window_size=plan.window, connections=plan.connections,
        numbers_per_submit=100 if plan.is_same_text and plan.protocol.startswith("cmpp") else 1,
    )  # fmt: skip
    Route.objects.create(name="all", channel=channel)
    return user, secret, _recipients(user, plan.messages)


def _recipients(user: Any, count: int) -> Any:
    from django.db import connection

    from hongyan.contacts.models import RecipientList

    made = RecipientList.objects.create(owner=user, name="bench", columns=["姓名", "金额"], size=count)
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into contacts_recipientlistrow (list_id, line, number, variables)
               select %s, n, '+86' || (%s + n - 1)::text,
                      jsonb_build_object('姓名', substr(%s, n %% 20 + 1, 1) || '女士', '金额', (n * 7 %% 100000 / 100.0)::text)
               from generate_series(1, %s) n""",
            [made.pk, FIRST_NUMBER, SURNAMES, count],
        )
        cursor.execute("analyze contacts_recipientlistrow")
    return made


def wait_until_logged_in(connections: int, limit_s: float = 60) -> None:
    """Until the gateway says that all its connections stand."""
    from django.db import connection

    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from dispatch_connection where state = 'logged_in'")
            if cursor.fetchone()[0] >= connections:
                return
        time.sleep(0.1)
    raise TimeoutError("the gateway did not log in to the carrier")


def wait_for_web(port: int, limit_s: float = 60) -> None:
    import httpx

    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the console did not start")
