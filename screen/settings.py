"""What the screen is told when it starts: a frozen value, built in the wiring page."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alerts.channels.catalog import ChannelSettings
from alerts.papers.pdf import FontFiles
from broker.metrics import Listen
from ingest.evidence import Evidence
from ingest.series import Series
from screen.access.forwarded import networks

STATIC = Path(__file__).resolve().parent / "static"


class BadSettings(ValueError):
    """The settings contradict each other; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """A provider of OpenID Connect: addresses come from here and its own document, never from a request.

    ``claim`` of the id token names the person: by ``column`` of people.csv (id, email, wecom).
    """

    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    claim: str = "sub"
    column: Literal["id", "email", "wecom"] = "id"
    words: str = "统一身份认证"
    scope: str = "openid profile email"


@dataclass(frozen=True, slots=True)
class WecomSettings:
    """The corporation's application by which members get in; who they are says people.csv, column wecom."""

    corpid: str
    agentid: int
    secret: str = field(default="", repr=False)
    base: str = "https://qyapi.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class LoginRules:
    """How strict the entrance is.

    ``second_factor``: of whom one is wanted (administrators; with ``county`` also accounts of the whole county).
    ``idle_minutes`` without use end a session of the office, 0 never; ``wall_hours`` a session that can only look may
    last, 0 for none. ``change_first``: a first password of a named account must be changed at once.
    """

    second_factor: Literal["none", "admin", "county", "all"] = "none"
    idle_minutes: int = 0
    wall_hours: int = 0
    change_first: bool = False
    oidc: OidcSettings | None = None
    wecom: WecomSettings | None = None


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """Addresses are SQLAlchemy's. ``folder`` is the server's data folder (secrets/, evidence/, screen.db).

    ``open_wall`` shows the wall without a login: only where nobody but this machine can connect. ``public_board``
    shows counts and ranking to everybody who can. ``series`` and ``evidence`` open other stores than series.db and
    the plain folder; ``behind_proxy`` are addresses or networks of the proxies in front, whose word for a client's
    address is taken; ``beside`` is what runs while the screen serves (the dead man's switch). ``channels`` are
    those whose providers leave receipts here, or tell who has scanned; ``base_url`` is our address as phones reach
    it. ``fonts`` are the county's own for its papers. Without ``secure_cookies`` the session also travels over
    plain HTTP. ``crash`` is called at named points, for the kill tests.
    """

    county: str
    county_url: str
    inbox_url: str
    book_url: str
    folder: Path
    host: str = "127.0.0.1"
    port: int = 8080
    open_wall: bool = False
    public_board: bool = False
    behind_proxy: tuple[str, ...] = ()
    secure_cookies: bool = True
    zone: str = "Asia/Shanghai"
    static: Path = STATIC
    series: Callable[[], Series] | None = None
    evidence: Callable[[], Evidence] | None = None
    metrics: Listen | None = None
    fonts: FontFiles = field(default_factory=FontFiles)
    beside: Callable[[], AbstractContextManager[None]] | None = None
    channels: tuple[ChannelSettings, ...] = ()
    base_url: str = "http://127.0.0.1:8080/"
    crash: Callable[[str], None] | None = None
    login: LoginRules = LoginRules()

    def __post_init__(self) -> None:
        """Refuse an open wall that others can reach, and proxies that are no addresses."""
        try:
            networks(self.behind_proxy)
        except ValueError as fault:
            raise BadSettings(f"[screen] behind_proxy: {fault}; write addresses or networks") from fault
        if self.open_wall and self.behind_proxy:
            raise BadSettings("open_wall behind a proxy: everybody could look; take one of the two out of [screen]")
        if self.open_wall and not is_loopback(self.host):
            raise BadSettings(f"open_wall on {self.host}: everybody could look; set host to 127.0.0.1 or open_wall off")


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
