"""Files in and out, by their jobs in the worker, beside the bare doing of the same."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hongyan.bench.figures import PeopleFigures
from hongyan.bench.installation import peak_mb

if TYPE_CHECKING:
    import httpx

HEADINGS = [
    "姓名",
    "手机",
    "称呼",
    "公司",
    "邮箱",
    "备注",
    "城市",
    "会员等级",
    "积分",
    "购买产品",
    "生日",
    "接收新品信息",
]
LOOK_S = 0.05
LIMIT_S = 3600


def _until(is_over: Callable[[], bool], worker: int) -> tuple[float, float]:
    """(seconds, the worker's largest process meanwhile in MB)."""
    began, peak = time.monotonic(), 0.0
    while not is_over():
        peak = max(peak, peak_mb(worker))
        if time.monotonic() - began > LIMIT_S:
            raise TimeoutError("a job did not end")
        time.sleep(LOOK_S)
    return time.monotonic() - began, peak


def measure_exports(pages: httpx.Client, figures: PeopleFigures, worker: int) -> None:
    """A book of 15,000 from the click to the file, then everybody."""
    from hongyan.contacts.models import AddressBook

    everybody = AddressBook.objects.get(name="全国会员")
    figures.export_15000_s = round(_exported(pages, worker, _of_15000(everybody))[0], 2)
    seconds, peak = _exported(pages, worker, everybody.pk)
    figures.export_peak_mb = round(peak)
    figures.beside["export_of_all_s"] = round(seconds, 1)


def _of_15000(everybody: Any) -> int:
    from django.db import connection

    from hongyan.contacts.models import AddressBook, Contact

    book = AddressBook.objects.create(name="一万五千人", kind="enterprise")
    columns = ", ".join(
        str(one.column) for one in Contact._meta.concrete_fields if not one.primary_key and one.column != "book_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into contacts_contact (book_id, {columns}) select %s, {columns} from contacts_contact where book_id = %s order by id limit 15000",  # noqa: S608
            [book.pk, everybody.pk],
        )  # fmt: skip
        cursor.execute("analyze contacts_contact")
    return book.pk


def _exported(pages: httpx.Client, worker: int, book: int) -> tuple[float, float]:
    from hongyan.exports.models import Export

    before = Export.objects.count()
    began = time.monotonic()
    answer = pages.get(f"/people/export/?book={book}")
    if answer.status_code == 200:
        # Few enough to be written while one waits.
        return time.monotonic() - began, 0.0
    clicked = time.monotonic() - began
    if Export.objects.count() == before:
        raise RuntimeError("no export was begun")
    made = Export.objects.order_by("-pk")[0]
    ends = (Export.State.READY, Export.State.FAILED)
    seconds, peak = _until(lambda: Export.objects.filter(pk=made.pk, state__in=ends).exists(), worker)
    made.refresh_from_db()
    if made.state == Export.State.FAILED:
        raise RuntimeError(f"the export failed: {made.error}")
    return clicked + seconds, peak


def measure_imports(rows: int, figures: PeopleFigures, worker: int) -> None:
    """A csv and an xlsx file of the same rows of twelve columns, each into a book of its own, beside the bare measure."""
    from hongyan.spreadsheets.writing import write_xlsx

    with TemporaryDirectory(prefix="hongyan-bench-") as folder:
        text, book = Path(folder) / "people.csv", Path(folder) / "people.xlsx"
        with text.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(_people(rows))
        write_xlsx(book, HEADINGS, _people(rows), expected=rows)
        for path, kind, bare in ((text, "csv", _csv_rows), (book, "xlsx", _xlsx_rows)):
            bare_s = _bare(lambda path=path, bare=bare: bare(path))  # type: ignore[misc]
            seconds, peak = _imported(path, worker)
            setattr(figures, f"import_{kind}_ratio", round(seconds / bare_s, 2))
            figures.import_peak_mb = max(figures.import_peak_mb, round(peak))
            figures.beside |= {f"import_{kind}_s": round(seconds, 1), f"bare_{kind}_s": round(bare_s, 1)}


def _people(rows: int) -> Iterator[list[str]]:
    from hongyan.contacts.models import Contact
    from hongyan.demo.sizes.making import names

    known = names()
    facts = Contact.objects.filter(book__name="全国会员").order_by("pk").values_list("title", "fields")
    usual = [(title, fields) for title, fields in islice(facts, 1000)]
    for n in range(rows):
        title, fields = usual[n % len(usual)]
        name = known[n * 7919 % len(known)]
        yield [
            name, f"1{(3_500_000_000 + n * 7919) % 10_000_000_000:010d}", title, f"云帆{n % 997}店", f"m{n}@yunfan.example", "",
            *(("是" if fields.get(one) else "否") if one == "接收新品信息" else str(fields.get(one, "")) for one in HEADINGS[6:]),
        ]  # fmt: skip


def _csv_rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from islice(csv.reader(file), 1, None)


def _xlsx_rows(path: Path) -> Iterator[list[Any]]:
    from python_calamine import CalamineWorkbook

    yield from islice(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(), 1, None)


def _bare(rows: Callable[[], Iterator[list[Any]]]) -> float:
    """Seconds to read them and to copy them into a table of as many columns, with no index and nothing looked at."""
    from django.db import connection

    from hongyan.runtime.database import raw_connection

    columns = [f"c{place}" for place in range(len(HEADINGS))]
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_people")
        cursor.execute(f"create table bench_people ({', '.join(f'{one} text' for one in columns)})")
    began = time.monotonic()
    with raw_connection().cursor() as cursor, cursor.copy("copy bench_people from stdin") as copy:
        for row in rows():
            copy.write_row(row)
    seconds = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("drop table bench_people")
    return seconds


def _imported(path: Path, worker: int) -> tuple[float, float]:
    """From the click on "import" to its end."""
    from hongyan.accounts.models import User
    from hongyan.contacts import importing
    from hongyan.contacts.models import AddressBook
    from hongyan.uploads import guesses
    from hongyan.uploads.models import Upload

    user = User.objects.get(username="admin")
    into = AddressBook.objects.create(name=path.name, kind="enterprise")
    with path.open("rb") as file:
        upload = importing.receive(
            user, path.name, iter(lambda: file.read(1 << 20), b""), purpose=Upload.Purpose.CONTACTS
        )
    guesses.inspect(upload, importing.propose)
    importing.start(user, upload, upload.mapping, book=into)
    ends = (Upload.State.FINISHED, Upload.State.FAILED)
    seconds, peak = _until(lambda: Upload.objects.filter(pk=upload.pk, state__in=ends).exists(), worker)
    upload.refresh_from_db()
    if upload.state == Upload.State.FAILED:
        raise RuntimeError(f"the import failed: {upload.error}")
    return seconds, peak
