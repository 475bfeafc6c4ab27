"""How long each page takes in an installation that has lived: `python benchmarks/pages.py [--scale N] [--asks N] [--only WORD] [--again]
[--json]`.

The installation (`years.py`) is made once, in `var/pages-<scale>`, and used again; `--again` makes it anew. Each page is asked
through the real server with a signed-in administrator's session, in turns with a bare file of the same server.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from years import RARE, fill, scene

from hongyan.bench.installation import Installation, tree
from hongyan.bench.scene import wait_for_web
from hongyan.runtime import postgres
from hongyan.runtime.settings import read

ROOT = Path(__file__).parent.parent
BARE = "/static/console/icons.txt"


@dataclass(slots=True)
class Asked:
    page: str
    p50_ms: float
    p95_ms: float
    ratio: float
    """To the bare file, by the middle."""
    cpu_ms: float
    """Of the server's processes and the database's, each time: what the page takes on a machine with nothing else to do."""
    octets: int
    status: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--asks", type=int, default=10)
    parser.add_argument("--only", default="", help="pages whose name holds this word")
    parser.add_argument("--again", action="store_true", help="make the installation anew")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = ROOT / "var" / f"pages-{given.scale:g}"
    installation = Installation(folder=folder)
    if given.again and folder.exists():
        postgres.remove(read({"HONGYAN_DATA_DIR": str(folder)}))
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        installation.prepare()
        _made(folder, given.scale)
        found = _ask(installation, given.asks, given.only)
    finally:
        _rest(installation)
    if given.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    print(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'ratio':>7} {'CPU ms':>8} {'kB':>7}")
    for one in found:
        wrong = "" if one.status == 200 else f"  answered {one.status}"
        print(
            f"{one.page:44} {one.p50_ms:8.1f} {one.p95_ms:8.1f} {one.ratio:7.1f} {one.cpu_ms:8.1f} {one.octets / 1000:7.1f}{wrong}"
        )


def _say(words: str) -> None:
    print(f"· {words}", file=sys.stderr)


def _made(folder: Path, scale: float) -> None:
    """The installation's rows, unless they are there."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    done = folder / "filled"
    if not done.exists():
        started = time.monotonic()
        fill(scale, _say)
        done.write_text(f"{time.monotonic() - started:.0f} s\n")
        _say(f"filled in {time.monotonic() - started:.0f} s")


def _rest(installation: Installation) -> None:
    """Stop what runs; the rows stay."""
    for process in installation.processes.values():
        process.popen.terminate()
        process.popen.wait(120)
    postgres.stop(read({"HONGYAN_DATA_DIR": str(installation.folder)}))


def _ask(installation: Installation, asks: int, only: str) -> list[Asked]:
    installation.start("web", ["hongyan.cli", "web"])
    installation.start("worker", ["hongyan.cli", "worker"])
    wait_for_web(installation.web_port)
    base = f"http://127.0.0.1:{installation.web_port}"
    pid_file = postgres.cluster(read({"HONGYAN_DATA_DIR": str(installation.folder)})).data / "postmaster.pid"
    postmaster, web = int(pid_file.read_text().split()[0]), installation.processes["web"].popen.pid

    def parts() -> list[int]:
        return [*tree(web), *tree(postmaster)]

    with httpx.Client(base_url=base, cookies=_signed_in(), timeout=120) as client:
        bare, found = [], []
        for name, asking in _pages(client).items():
            if only not in name:
                continue
            # The first is thrown away: what a process makes once is no page's.
            asking()
            took, answer, cpu = [], None, 0.0
            for _turn in range(asks):
                bare.append(_timed(lambda: client.get(BARE))[0])
                before = _cpu_ms(parts())
                spent, answer = _timed(asking)
                cpu += _cpu_ms(parts()) - before
                took.append(spent)
            assert answer is not None
            took.sort()
            middle = statistics.median(bare)
            p95 = took[min(len(took) - 1, round(len(took) * 0.95))]
            p50 = statistics.median(took)
            found.append(Asked(name, p50, p95, p50 / middle, cpu / asks, len(answer.content), answer.status_code))
        found.insert(
            0, Asked("bare file", statistics.median(bare), sorted(bare)[int(len(bare) * 0.95)], 1.0, 0.0, 0, 200)
        )
        return found


def _cpu_ms(processes: list[int]) -> float:
    """What they have had of a processor so far, whoever else was at work beside them."""
    total = 0
    for pid in processes:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(task.read_text().split()[0])
    return total / 1e6


def _timed(asking: Callable[[], httpx.Response]) -> tuple[float, httpx.Response]:
    started = time.perf_counter()
    answer = asking()
    return (time.perf_counter() - started) * 1000, answer


def _signed_in() -> dict[str, str]:
    """Cookies of a session of the administrator."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    user, session = scene().user, SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"sessionid": str(session.session_key)}


def _pages(client: httpx.Client) -> dict[str, Callable[[], httpx.Response]]:
    """Name to what asks for it."""
    from django.utils import timezone

    from hongyan.contacts.models import AddressBook, Contact, Group
    from hongyan.dispatch.models import Message
    from hongyan.mailbox.models import Reply
    from hongyan.messaging.models import Submission

    at = scene()
    big = Submission.objects.filter(state="finished").order_by("-expected", "-pk").first()
    assert big is not None
    message = Message.objects.filter(submission_id=big.pk, state="failed").first()
    assert message is not None, "none of the largest submission failed: make the installation anew (--again)"
    number = message.number
    book = AddressBook.objects.get(name="客户")
    group = Group.objects.filter(book=book, parent=None).first()
    small = Group.objects.exclude(parent=None).first()
    person = Contact.objects.filter(book=book).first()
    reply = Reply.objects.order_by("-pk").first()
    spring = (timezone.localdate() - timedelta(days=200)).isoformat()
    assert group
    assert small
    assert person
    assert reply
    gets = {
        "overview": "/",
        "submissions": "/submissions/",
        "submissions, page 2 by words": "/submissions/?q=marketing",
        "submission of the most": f"/submissions/{big.pk}/",
        "submission's people": f"/submissions/{big.pk}/rows/",
        "submission's failed": f"/submissions/{big.pk}/rows/?state=failed",
        "submission's one number": f"/submissions/{big.pk}/rows/?q={number[-8:]}",
        "why of a message": f"/submissions/{big.pk}/why/{message.pk}/",
        "calendar": "/submissions/calendar/",
        "inbox": "/mailbox/?folder=all",
        "inbox, mine": "/mailbox/",
        "inbox, words": "/mailbox/?folder=all&q=请问",
        "inbox, number": f"/mailbox/?folder=all&q={reply.number[-8:]}",
        "conversation": f"/mailbox/{reply.pk}/",
        "sent": "/mailbox/sent/",
        "sent, failed": "/mailbox/sent/?state=failed",
        "sent, whole number": f"/mailbox/sent/?q={number[3:]}",
        "sent, last four digits": f"/mailbox/sent/?q={number[-4:]}",
        "sent, part of a number": f"/mailbox/sent/?q={number[3:10]}",
        "sent, digits of the last anywhere": f"/mailbox/sent/?q={number[-4:]}&anywhere=1",
        "sent, digits of nobody": "/mailbox/sent/?q=00000000",
        "sent, rare state": "/mailbox/sent/?state=expired",
        "sent, a day of spring": f"/mailbox/sent/?from={spring}&to={spring}",
        "sent, frequent word": "/mailbox/sent/?q=账单",
        "sent, rare word": f"/mailbox/sent/?q={RARE}",
        "sent, name": "/mailbox/sent/?q=王伟",
        "sent, nobody": "/mailbox/sent/?q=没有这个词",
        "people": "/people/",
        "people, book": f"/people/?book={book.pk}",
        "people, further": f"/people/?book={book.pk}&after={person.pk + 9000}",
        "people, group": f"/people/?group={group.pk}",
        "people, small group": f"/people/?group={small.pk}",
        "people, name": "/people/?q=王伟",
        "people, pinyin": "/people/?q=wangwei",
        "people, initials": "/people/?q=ww",
        "people, surname": "/people/?q=王",
        "people, last four": f"/people/?q={person.number[-4:]}",
        "people, part of a number": f"/people/?q={person.number[4:10]}",
        "people, part of a group's name": f"/people/?q={group.name[:3]}",
        "people, group's name": f"/people/?q={small.name}",
        "people, group and name": f"/people/?q={small.name}+王",
        "people, book's name": f"/people/?q={book.name}",
        "people, nobody": "/people/?q=zzzzqqq",
        "person": f"/people/{person.pk}/",
        "lists": "/people/lists/",
        "compose": "/write/",
        "compose, draft to the list": f"/write/?draft={at.draft.pk}",
        "picker, search": "/write/picker/?who=wangwei",
        "tree": "/write/tree/",
        "tree, group": f"/write/tree/group/{group.pk}/",
        "check, list": f"/write/{at.draft.pk}/confirm/",
        "check, list and same text": f"/write/{at.shared.pk}/confirm/",
        "check, list with a book": f"/write/{at.mixed.pk}/confirm/",
        "everybody of the list": f"/write/{at.draft.pk}/everybody/",
        "everybody, further": f"/write/{at.draft.pk}/everybody/?after=%2B86150",
        "search everything": "/search/?q=wangwei",
        "search, number": f"/search/?q={number[3:]}",
        "exports": "/exports/",
        "audit": "/settings/audit/",
        "health": "/settings/health/",
    }  # fmt: skip
    asked: dict[str, Callable[[], httpx.Response]] = {
        name: (lambda address=address: client.get(address)) for name, address in gets.items()  # type: ignore[misc]
    }  # fmt: skip
    for name, draft in (("list", at.draft), ("list and same text", at.shared), ("list with a book", at.mixed)):
        form = _form(client, draft.pk)
        asked[f"preview, first: {name}"] = lambda form=form: client.post("/write/preview/", data=form)  # type: ignore[misc]
        asked[f"preview, typing: {name}"] = lambda form=form: client.post(
            "/write/preview/", data=_counted(client, form)
        )  # type: ignore[misc]
    return asked


_INPUT = re.compile(r"<(?:input|textarea|select)\b[^>]*>")
_COUNTED: dict[str, str] = {}


def _form(client: httpx.Client, draft_id: int) -> dict[str, Any]:
    """The compose page's form as a browser would send it."""
    from hongyan.messaging.models import Submission

    page = client.get(f"/write/?draft={draft_id}").text
    form: dict[str, Any] = {}
    for tag in _INPUT.findall(page):
        facts = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if "name" in facts and facts.get("type") not in ("checkbox", "radio", "file") and facts.get("name") != "q":
            form.setdefault(facts["name"], []).append(facts.get("value", ""))
    draft = Submission.objects.get(pk=draft_id)
    return form | {"text": draft.text, "category": "notice", "signature": "云帆", "draft": str(draft_id)}


def _counted(client: httpx.Client, form: dict[str, Any]) -> dict[str, Any]:
    """The form with the figures that an earlier answer gave."""
    if form["draft"] not in _COUNTED:
        answer = client.post("/write/preview/", data=form).text
        found = re.search(r'data-counted-new value="([^"]*)"', answer)
        _COUNTED[form["draft"]] = found[1] if found else ""
    return form | {"counted": _COUNTED[form["draft"]]}


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
