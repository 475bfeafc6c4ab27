"""Files of opt-outs, lists and consents: a number in one column, and where there are such, reason, source, topic and dates.

What is in doubt about a file is asked before it is read, as with every file. All good rows are taken, each error is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent import entering, ledger, lists, optouts
from hongyan.consent.models import Source, Topic
from hongyan.consent.optouts import Refusal
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.runtime import clock
from hongyan.spreadsheets import SpreadsheetError
from hongyan.uploads import guesses, receiving
from hongyan.uploads.columns import cells_of
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload, UploadError, UploadPart
from hongyan.uploads.rows import rows_of

PURPOSE = Upload.Purpose.LISTED
CONSENTS = "consents"
OUT = "out"
HEADINGS = {
    "reason": "原因 理由 备注 说明 证据 凭证 依据 reason evidence note remark 原話 原话 内容",
    "source": "来源 來源 渠道 方式 source channel",
    "topic": "主题 主題 类别 用途 目的 topic purpose code",
    "wording": "告知内容 文案 询问内容 征询内容 wording",
    "frequency": "频率 頻率 频次 frequency",
    "until": "有效期 到期 截止 期限 失效日期 until expires term",
    "at": "时间 日期 同意时间 时刻 date time at when",
}
"""What columns are called."""
_SOURCES = {
    "客户回复": Source.REPLY, "短信": Source.REPLY, "合作方": Source.PARTNER, "合作伙伴": Source.PARTNER, "名单": Source.PARTNER,
    "partner": Source.PARTNER, "拜访": Source.VISIT, "地推": Source.VISIT, "现场": Source.VISIT, "visit": Source.VISIT, "表单": Source.FORM,
    "纸质": Source.FORM, "form": Source.FORM, "网站": Source.WEB, "网页": Source.WEB, "小程序": Source.WEB, "web": Source.WEB,
}  # fmt: skip
_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})")
ROWS_AT_ONCE = 1000


@transaction.atomic
def receive(user: User, file_name: str, chunks: Iterable[bytes], target: dict[str, str]) -> Upload:
    """Keep a file for the list that `target` names; it is read in the background where nothing is in doubt. Raises Refused."""
    entering.check(user)
    upload = receiving.receive(user, file_name, chunks, purpose=PURPOSE, target=target)
    if upload.size_bytes <= guesses.LOOKED_AT_ONCE_BYTES:
        inspect(upload)
    else:
        app.configure_task("consent.inspect_file", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def inspect(upload: Upload) -> None:
    """Look at the file, and begin to read it if it is plain how."""
    guesses.inspect(upload, propose)
    if upload.state == Upload.State.UPLOADED and guesses.is_plain(upload) and "number" in upload.mapping:
        start(upload.owner, upload)


def propose(upload: Upload) -> dict[str, str]:
    """The column of the numbers, and those whose headings we know."""
    mapping: dict[str, str] = {}
    for column in upload.columns:
        said = column.strip().lower()
        for name, known in HEADINGS.items():
            if name not in mapping and any(word in said for word in known.split()):
                mapping[name] = column
                break
    numbers = upload.found["number_columns"] or [
        column for place, column in enumerate(upload.columns)
        if any(sum(sign.isdigit() for sign in cell) >= 7 for cell in cells_of(upload.preview, place))
    ]  # fmt: skip
    if numbers:
        mapping = {name: column for name, column in mapping.items() if column != numbers[0]}
        mapping["number"] = numbers[0]
    return mapping


def answer(user: User, upload: Upload, **answers: Any) -> Upload:
    """Read the file as somebody says; see `guesses.answer`."""
    entering.check(user)
    return guesses.answer(user, upload, propose, **answers)


@transaction.atomic
def start(user: User, upload: Upload) -> Upload:
    """Begin reading in the background. Raises Refused."""
    entering.check(user)
    upload = receiving.waiting(user, upload)
    if "number" not in upload.mapping:
        raise Refused(
            "no_number_column", gettext_lazy("Choose the column that holds the phone numbers."), field="number"
        )
    upload.state = Upload.State.RUNNING
    upload.save(update_fields=["state"])
    app.configure_task("consent.load_file", allow_unknown=False).defer(upload_id=upload.pk)
    return upload


def access_upload(user: User, upload_id: int) -> Upload:
    """A file of lists or consents, for whoever manages people. Raises Http404."""
    found: Upload | None = Upload.objects.filter(purpose=PURPOSE, pk=upload_id).first()
    if found is None or not user.may(Right.MANAGE_PEOPLE):
        raise Http404
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One good row."""

    number: str
    reason: str = ""
    source: str = Source.FILE
    topic: str = ""
    wording: str = ""
    frequency: str = ""
    until: date | None = None
    at: datetime | None = None


class Wrong(Exception):
    """A row that cannot be used: column, value, reason's code."""


class Reader:
    """Makes entries of a file's rows. Pure."""

    def __init__(
        self, columns: list[str], mapping: dict[str, str], topics: dict[str, str], *, needs_evidence: bool
    ) -> None:
        self._places = {name: columns.index(column) for name, column in mapping.items() if column in columns}
        self._mapping = mapping
        self._topics = topics
        self._needs_evidence = needs_evidence

    def entry(self, row: list[str]) -> Entry:
        """Raises Wrong."""

        def cell(name: str) -> str:
            place = self._places.get(name)
            return row[place].strip() if place is not None and place < len(row) else ""

        try:
            number = normalise(cell("number"))
        except BadNumber as bad:
            raise Wrong(self._mapping["number"], cell("number"), bad.reason.value) from None
        topic = self._topics.get(cell("topic").casefold()) if cell("topic") else ""
        if topic is None:
            raise Wrong(self._mapping["topic"], cell("topic"), "topic_unknown")
        if self._needs_evidence and not cell("reason"):
            raise Wrong(self._mapping.get("reason", ""), "", "evidence_missing")
        until, at = self._day(cell("until"), "until"), self._day(cell("at"), "at")
        moment = datetime.combine(at, time(), tzinfo=timezone.get_current_timezone()) if at else None
        source = next((value for word, value in _SOURCES.items() if word in cell("source").lower()), Source.FILE)
        return Entry(
            number, cell("reason"), source, topic, cell("wording"), cell("frequency"), until,
            moment.astimezone(UTC) if moment else None,
        )  # fmt: skip

    def _day(self, text: str, name: str) -> date | None:
        if not text:
            return None
        found = _DAY.match(text)
        try:
            return date(*map(int, found.groups())) if found else date.fromisoformat(text[:10])
        except ValueError:
            raise Wrong(self._mapping[name], text, "date_unreadable") from None


def load(upload_id: int) -> None:
    """Read the file to its end. May run twice."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, purpose=PURPOSE).first()
    if upload is None or upload.state != Upload.State.RUNNING:
        return
    with translation.override(upload.owner.language or None):
        try:
            # Allowed when asked is checked again when it happens.
            if not upload.owner.is_active or not upload.owner.may(Right.MANAGE_PEOPLE):
                raise Refused("not_allowed", _("The owner of this upload may no longer change this."), status=403)
            with transaction.atomic():
                _load(upload)
        except (SpreadsheetError, Refused) as error:
            sentence = file_words(error) if isinstance(error, SpreadsheetError) else str(error)
            Upload.objects.filter(pk=upload_id).update(
                state=Upload.State.FAILED, error=sentence, finished_at=clock.now()
            )
            UploadPart.objects.filter(upload_id=upload_id).delete()
    receiving.tell(upload)


def _load(upload: Upload) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('upload'), %s)", [upload.pk % 2**31])
        cursor.execute("select state from uploads_upload where id = %s", [upload.pk])
        if cursor.fetchone() != (Upload.State.RUNNING.value,):
            return
    where = upload.target.get("list", OUT)
    topics = {
        said.strip().casefold(): one.code
        for one in Topic.objects.all()
        for said in (one.code, one.name, *one.words.replace("，", ",").split(","))
        if said.strip()
    } | dict.fromkeys(("*", "all", "全部", "全部营销", "所有"), "")
    reader = Reader(upload.columns, upload.mapping, topics, needs_evidence=where == CONSENTS)
    seen = good = bad = new = 0
    told: list[str] = []
    batch: list[Entry] = []
    for rows in rows_of(upload):
        for line, row, fault in rows:
            seen += 1
            found, error = _read(reader, row, fault)
            if found:
                good += 1
                batch.append(found)
            if error:
                bad += 1
                UploadError.objects.create(
                    upload=upload, line=line, column=error[0][:120], value=error[1][:200], reason=error[2]
                )
            if len(batch) >= ROWS_AT_ONCE:
                new += _enter(upload, where, batch)
                told += [one.number for one in batch]
                batch = []
    new += _enter(upload, where, batch)
    told += [one.number for one in batch]
    UploadPart.objects.filter(upload=upload).delete()
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FINISHED, total_rows=seen, rows_done=seen, rows_good=new, rows_bad=bad, rows_duplicate=good - new,
        finished_at=clock.now(),
    )  # fmt: skip
    audit.record(
        upload.owner, "refusal.imported", upload, detail={"list": where, "rows": seen, "good": new, "bad": bad}
    )
    if where == OUT or where in lists.FORBIDS:
        entering.tell(told)


def _read(reader: Reader, row: list[str], fault: str) -> tuple[Entry | None, tuple[str, str, str] | None]:
    if fault:
        return None, ("", " ".join(row), fault)
    try:
        return reader.entry(row), None
    except Wrong as wrong:
        return None, (wrong.args[0], wrong.args[1], wrong.args[2])


def _enter(upload: Upload, where: str, entries: list[Entry]) -> int:
    """Up to a thousand rows at once; gives how many are new."""
    if where == OUT:
        refusals = [Refusal(one.number, one.reason, one.topic) for one in entries]
        return len(optouts.note(refusals, source=Source.FILE, by=upload.owner))
    if where == CONSENTS:
        return ledger.agree_each(
            [ledger.Line(one.number, ledger.Terms(one.topic, one.source, one.reason, one.wording, one.frequency, one.until), one.at)
             for one in entries],
            operator=upload.owner.name,
        )  # fmt: skip
    by_reason: dict[tuple[str, date | None], list[str]] = {}
    for one in entries:
        by_reason.setdefault((one.reason, one.until), []).append(one.number)
    count = 0
    for (reason, until), numbers in by_reason.items():
        ends = timezone.make_aware(datetime.combine(until, time(23, 59, 59))) if until else None
        count += lists.put(None, where, list(dict.fromkeys(numbers)), reason, expires_at=ends, source=Source.FILE)
    return count
