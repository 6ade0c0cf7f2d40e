"""The server's one settings file (TOML), as frozen values. Secrets stand in files of their own, never in here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from broker.journal import LogSettings
from jingcun.settings_words import settings_words

Login = TypeVar("Login", "OidcSettings", "WecomLogin")

_LINE = re.compile(r"at line (\d+)")


class SettingsError(ValueError):
    """The settings file cannot be used; the text names file, key and cure."""


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BrokerSettings(_Values):
    """Where the MQTT broker listens, and who we are there. TLS is on when ``ca_file`` is given."""

    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    max_packet: int = Field(default=262_144, ge=4096)


class SeriesSettings(_Values):
    """Where readings and counts are kept for curves: SQLite in the data folder, InfluxDB, or VictoriaMetrics."""

    kind: Literal["sqlite", "influx", "victoria"] = "sqlite"
    address: str = ""
    bucket: str = "jingcun"
    org: str = "jingcun"
    token_file: Path | None = None


class S3(_Values):
    """The bucket that holds the evidence; the key stands in a file of two lines: id, secret. No endpoint: AWS."""

    bucket: str = Field(min_length=3)
    endpoint: str | None = None
    region: str = "us-east-1"
    prefix: str = ""
    key_file: Path | None = None


class EvidenceSettings(_Values):
    """How long pictures and clips are kept, in days: ``least`` even when the store is full, then at most ``days``.

    What an open ticket rests on is never deleted. ``quota_gb`` bounds the whole store; 0 is as much as the disk has.
    """

    picture_days: float = Field(default=90, ge=1, le=36_500)
    picture_least_days: float = Field(default=30, ge=1, le=36_500)
    clip_days: float = Field(default=30, ge=30, le=36_500)
    photo_days: float = Field(default=365, ge=1, le=36_500)
    photo_least_days: float = Field(default=90, ge=1, le=36_500)
    quota_gb: float = Field(default=0, ge=0, le=1_000_000)
    s3: S3 | None = None

    @model_validator(mode="after")
    def _least_first(self) -> EvidenceSettings:
        if self.picture_least_days > self.picture_days or self.photo_least_days > self.photo_days:
            raise ValueError("…_least_days 不能比对应的 …_days 大")
        return self


class NoticeSettings(_Values):
    """How people are told. ``base_url`` is the address that a phone opens, without a slash at its end.

    A notice whose sender died is sent again after ``claim_lease_s``: longer than any channel's time-outs. When the
    auditor was silent for ``silent_s``, the top of the ladder is told; each audit pings ``heartbeat_url``, for a watch
    outside. ``keepers`` (ids of people.csv) are told what is wrong with a channel's account; without them the first
    people of the county level are.
    """

    base_url: str = "http://127.0.0.1:8080"
    claim_lease_s: float = Field(default=60.0, ge=1, le=3600)
    silent_s: float = Field(default=300.0, ge=120, le=86_400)
    heartbeat_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    keepers: tuple[str, ...] = Field(default=(), max_length=20)


class ScreenSettings(_Values):
    """The HTTP door. ``open_wall`` shows the wall without a login and is refused on any address but loopback.

    ``behind_proxy`` are addresses or networks of the TLS proxies in front, as the server sees them: what such a one
    writes at the end of ``X-Forwarded-For`` counts as the client's address; nobody else's word does.

    ``public_board`` shows counts and ranking at ``/public/board`` to everybody who can connect. ``second_factor`` is
    wanted of administrators, of accounts of the whole county too (``county``), of all or of none; unsaid it is
    ``admin`` where browsers come by HTTPS, ``none`` without ``secure_cookies``: a demo or a trial on one machine.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    open_wall: bool = False
    public_board: bool = False
    behind_proxy: tuple[str, ...] = Field(default=(), max_length=20)
    secure_cookies: bool = True
    second_factor: Literal["none", "admin", "county", "all"] | None = None
    idle_minutes: int = Field(default=30, ge=0, le=720)
    wall_session_hours: int = Field(default=0, ge=0, le=8760)
    change_first_password: bool = True

    @property
    def factor_wanted(self) -> Literal["none", "admin", "county", "all"]:
        """Of whom a second factor is wanted."""
        return self.second_factor or ("admin" if self.secure_cookies else "none")


class OidcSettings(_Values):
    """An OpenID provider by which people log in: ``claim`` of its token is looked up in ``column`` of people.csv."""

    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    secret_file: Path | None = None
    claim: str = Field(default="sub", min_length=1)
    column: Literal["id", "email", "wecom"] = "id"
    words: str = Field(default="统一身份认证", min_length=1, max_length=12)
    scope: str = "openid profile email"


class WecomLogin(_Values):
    """The WeCom application by which members log in; whose a userid is says people.csv, column wecom."""

    corpid: str = Field(min_length=1)
    agentid: int = Field(gt=0)
    secret_file: Path
    base: str = Field(default="https://qyapi.weixin.qq.com", pattern=r"^https?://[^\s?#]+$")


class LoginSettings(_Values):
    """Other ways to log in, beside user name and password."""

    oidc: OidcSettings | None = None
    wecom: WecomLogin | None = None


class PaperSettings(_Values):
    """Font files (TTF or OTF) of official papers in PDF; without them the shipped Noto fonts are used."""

    title_font: Path | None = None
    body_font: Path | None = None
    heading_font: Path | None = None


class MetricsSettings(_Values):
    """On which ports the programs answer Prometheus; a program without a port answers nobody."""

    host: str = "127.0.0.1"
    ingest: int | None = Field(default=None, ge=1, le=65535)
    alerts: int | None = Field(default=None, ge=1, le=65535)
    screen: int | None = Field(default=None, ge=1, le=65535)


class ServerSettings(_Values):
    """Everything that the server's programs need. Relative paths are relative to the settings file."""

    county: str = Field(pattern=r"^\d{6}$")
    folder: Path = Path("var")
    database: str | None = None  # a PostgreSQL address; without it SQLite files in the folder
    broker: BrokerSettings = BrokerSettings()
    series: SeriesSettings = SeriesSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    notices: NoticeSettings = NoticeSettings()
    channels: tuple[Mapping[str, Any], ...] = Field(default=(), alias="channel")  # alerts/channels reads them
    screen: ScreenSettings = ScreenSettings()
    login: LoginSettings = LoginSettings()
    papers: PaperSettings = PaperSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _one_of_a_name(self) -> ServerSettings:
        names = [one.get("name") for one in self.channels]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"有两个 [[channel]] 都叫 {twice!r}，后一个会顶掉前一个，请改一个名字")
        return self

    def store(self, name: str) -> str:
        """Return the SQLAlchemy address of one store: ``county``, ``inbox`` or ``book``."""
        return self.database or f"sqlite:///{self.folder / name}.db"


def load(path: Path) -> ServerSettings:
    """Read a settings file; ``SettingsError`` names the file, the key and what would be right."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}：没有这个文件；请从 deploy/server.toml 抄一份来改") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = f"第 {found[1]} 行附近" if (found := _LINE.search(str(error))) else "文件"
        words = f"{where}写得不对：要用 UTF-8 存，按 TOML 的写法，文字用双引号括起来"
        raise SettingsError(f"{path}：{words}") from error
    try:
        settings = ServerSettings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(f"{path}：{settings_words(error)}（样例见 deploy/server.toml）") from error
    return _absolute(settings, path.resolve().parent)


def _absolute(settings: ServerSettings, base: Path) -> ServerSettings:
    def at(path: Path | None) -> Path | None:
        return None if path is None else base / path

    return settings.model_copy(
        update={
            "folder": base / settings.folder,
            "broker": settings.broker.model_copy(
                update={
                    "password_file": at(settings.broker.password_file),
                    "ca_file": at(settings.broker.ca_file),
                }
            ),
            "series": settings.series.model_copy(update={"token_file": at(settings.series.token_file)}),
            "evidence": settings.evidence.model_copy(update={"s3": _bucket_at(settings.evidence.s3, at)}),
            "papers": settings.papers.model_copy(
                update={name: at(path) for name, path in settings.papers if path is not None}
            ),
            "login": LoginSettings(
                oidc=_secret_at(settings.login.oidc, at), wecom=_secret_at(settings.login.wecom, at)
            ),
            "channels": tuple(
                {
                    key: base / value if key.endswith("_file") and isinstance(value, str) else value
                    for key, value in one.items()
                }
                for one in settings.channels
            ),
        }
    )


def _secret_at(told: Login | None, at: Callable[[Path | None], Path | None]) -> Login | None:
    return told and told.model_copy(update={"secret_file": at(told.secret_file)})


def _bucket_at(bucket: S3 | None, at: Callable[[Path | None], Path | None]) -> S3 | None:
    return bucket and bucket.model_copy(update={"key_file": at(bucket.key_file)})
