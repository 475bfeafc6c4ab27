"""The settings an operator needs before the database is up, each said once with its default, check and meaning.

Every setting comes from the environment as `HONGYAN_<NAME>`; all other settings live in the console.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DOOR_PORTS = {"cmpp": 27890, "sgip": 28801, "smgp": 28890, "smpp": 22775}
"""The carriers' usual ports with 20000 added: those below may be taken by simulated carriers."""


class SettingError(Exception):
    """A setting has a value that cannot be used; says which, what it was, and what is allowed."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"HONGYAN_{name.upper()} is {value!r}, but it must be {allowed}")
        self.name = name


def _setting(default: str, meaning: str) -> str:
    """A field of `Settings` with its meaning kept beside it for `hongyan doctor` and the documentation test."""
    value: str = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says, still as text; the properties give checked values."""

    database_url: str = _setting("", "PostgreSQL to use; empty starts an embedded one in the data folder")
    data_dir: str = _setting("var/data", "folder for the embedded database, keys, uploads and logs")
    postgres_bin: str = _setting("", "folder of PostgreSQL programs to use instead of the bundled ones")
    host: str = _setting("127.0.0.1", "address the pages and the API listen on")
    port: str = _setting("8000", "port of the pages and the API")
    live_port: str = _setting("", "port of the live updates; empty is the page port plus one")
    live_url: str = _setting("", "address browsers use for live updates when a proxy serves them")
    simulator_port: str = _setting("", "control port of the simulated carrier; empty is the page port plus two")
    simulator_url: str = _setting("", "control address of the simulated carrier when it runs elsewhere")
    carrier_port: str = _setting("", "first of the simulated carriers' ports; empty is 17890, 17891 and 12775")
    door_host: str = _setting("", "address customers' systems connect to; empty is that of the pages")
    door_port: str = _setting(
        "", "first of the doors' four ports (CMPP, SGIP, SMGP, SMPP); empty is 27890, 28801, 28890 and 22775"
    )
    gateway_host: str = _setting(
        "", "address carriers connect to where they call us (SGIP, SMPP outbind); empty is that of the pages"
    )
    gateway_port: str = _setting("", "status port of the gateway; empty is the page port plus three")
    allowed_hosts: str = _setting("*", "host names the pages answer to, separated by commas")
    trusted_origins: str = _setting("", "https origins of a proxy in front, separated by commas")
    api_requests_per_minute: str = _setting("6000", "requests a minute that one API key may make; 0 is no limit")
    secret_key: str = _setting("", "key for sign-in cookies and stored secrets; empty keeps one in the data folder")
    size: str = _setting(
        "usual", "small runs in 1 GB on one core: one web process, live updates with the doors, smaller buffers"
    )
    time_zone: str = _setting("Asia/Shanghai", "time zone of pages and schedules")
    language: str = _setting("zh-hans", "language of the console until a user chooses: zh-hans, zh-hant or en")
    log_level: str = _setting("info", "least level that is logged: debug, info, warning or error")
    debug: str = _setting("no", "yes shows error details in pages; never in production")
    demo: str = _setting("no", "yes fills an empty database with the demonstration company and runs its carrier")

    def __post_init__(self) -> None:
        for name in ("port", "live_port", "simulator_port", "carrier_port", "door_port", "gateway_port"):
            value = getattr(self, name)
            if value and not (value.isdigit() and 0 < int(value) < 65536):
                raise SettingError(name, value, "a port from 1 to 65535")
        if not (self.api_requests_per_minute.isdecimal() and int(self.api_requests_per_minute) <= 1_000_000):
            raise SettingError("api_requests_per_minute", self.api_requests_per_minute, "a number from 0 to 1000000")
        for name in ("debug", "demo"):
            if getattr(self, name) not in {"yes", "no"}:
                raise SettingError(name, getattr(self, name), "yes or no")
        if self.size not in {"usual", "small"}:
            raise SettingError("size", self.size, "usual or small")
        if self.language not in {"zh-hans", "zh-hant", "en"}:
            raise SettingError("language", self.language, "zh-hans, zh-hant or en")
        if self.log_level not in {"debug", "info", "warning", "error"}:
            raise SettingError("log_level", self.log_level, "debug, info, warning or error")
        if self.database_url and not self.database_url.startswith(("postgresql://", "postgres://")):
            raise SettingError("database_url", "(hidden)", "an address that begins with postgresql://")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingError("time_zone", self.time_zone, "a name from the IANA list, as Asia/Shanghai") from error

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).absolute()

    @property
    def web_port(self) -> int:
        return int(self.port)

    @property
    def live_port_number(self) -> int:
        return int(self.live_port) if self.live_port else self.web_port + 1

    @property
    def simulator_address(self) -> str:
        """Base URL of the simulated carrier's control API."""
        port = int(self.simulator_port) if self.simulator_port else self.web_port + 2
        return self.simulator_url.rstrip("/") or f"http://127.0.0.1:{port}"

    @property
    def door_address(self) -> str:
        return self.door_host or self.host

    def door_port_of(self, family: str) -> int:
        """Where customers of this family of protocols connect. Beside moved simulated carriers the doors move along, so
        that two installations on one machine do not meet."""
        if not self.door_port and not self.carrier_port:
            return DOOR_PORTS[family]
        first = int(self.door_port) if self.door_port else int(self.carrier_port) + 20
        return first + list(DOOR_PORTS).index(family)

    @property
    def gateway_address(self) -> str:
        return self.gateway_host or self.host

    @property
    def gateway_status_port(self) -> int:
        return int(self.gateway_port) if self.gateway_port else self.web_port + 3

    @property
    def api_rate(self) -> int:
        """Requests a minute for one API key; 0 is no limit."""
        return int(self.api_requests_per_minute)

    @property
    def is_debug(self) -> bool:
        return self.debug == "yes"

    @property
    def is_small(self) -> bool:
        return self.size == "small"

    @property
    def wants_demo(self) -> bool:
        return self.demo == "yes"

    def secret(self) -> str:
        """The installation's secret key; made once, readable by its owner only, when none is given."""
        if self.secret_key:
            return self.secret_key
        path = self.data_path / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            candidate = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            # link() fails when another process was first: then its key is the key.
            try:
                os.link(candidate, path)
            except FileExistsError:
                pass
            finally:
                candidate.unlink()
        return path.read_text().strip()


HIDDEN = frozenset({"secret_key", "database_url"})
"""Settings that are shown to nobody and written nowhere."""


def told(settings: Settings) -> dict[str, str]:
    """What may be said of the settings, by name."""
    return {item.name: getattr(settings, item.name) for item in fields(Settings) if item.name not in HIDDEN}


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment`. Raises SettingError for a value that cannot be used or a name nobody knows."""
    known = {f"HONGYAN_{item.name.upper()}": item.name for item in fields(Settings)}
    given = {name: value for name, value in environment.items() if name.startswith("HONGYAN_")}
    for name, value in given.items():
        if name not in known:
            raise SettingError(name.removeprefix("HONGYAN_"), value, "left out: there is no such setting")
    return Settings(**{known[name]: value for name, value in given.items()})


@cache
def settings() -> Settings:
    """This process's settings, read once."""
    return read(os.environ)
