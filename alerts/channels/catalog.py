"""Which kinds of channel there are: every file of this folder that tells its ``KIND``.

Such a file holds ``KIND`` (the word in server.toml), ``Settings`` (a frozen pydantic model of its keys; ``…_file`` is
the path of a file that holds a secret) and ``opened(settings, now)``, which makes the channel. Nothing else knows it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import alerts.channels as here
from alerts.channels import Channel
from county.policy.channels import BUILT_IN

Now = Callable[[], datetime]


class ChannelSettings(BaseModel):
    """What every channel has: ``name`` is what policy.toml calls it, ``kind`` which file here makes it.

    ``ask_after_min``: how many minutes after a letter was taken its receipt is asked for, where the provider can be
    asked; after the last of them it is given up. Empty: never asked. ``per_second`` and ``per_minute``: letters that
    the channel's account takes; what is more waits for its turn. ``hands``: how many may be on their way at once.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    kind: str
    codes: bool = False  # the code that confirms a binding goes by this one, not by the first that knows phones
    receipts_file: Path | None = None  # holds the secret end of the address at which the provider leaves its receipts
    hands: int = Field(default=4, ge=1, le=32)
    ask_after_min: tuple[float, ...] = Field(default=(2, 5, 15, 60), max_length=10)
    per_second: int | None = Field(default=20, ge=1, le=3000)
    per_minute: int | None = Field(default=None, ge=1, le=100_000)

    personal: ClassVar[bool] = True  # False: a group or a place hears it, and nobody in person

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("ask_after_min")
    @classmethod
    def _one_after_another(cls, minutes: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.5 <= one <= 1440 for one in minutes) or sorted(set(minutes)) != list(minutes):
            raise ValueError("are minutes that grow, from 0.5 to 1440, such as [2, 5, 15, 60]")
        return minutes

    def account(self) -> tuple[str, ...]:
        """Whose account it is with the provider: what is counted, blocked and away together. Holds no secret."""
        return (self.name,)

    def severity_words(self) -> tuple[str, ...]:
        """The county's words for severities that these settings name; one that the county has not is never met."""
        return ()


class Kind(Protocol):
    """A file of this folder that makes channels."""

    KIND: str
    Settings: type[ChannelSettings]

    def opened(self, settings: Any, now: Now) -> Channel:
        """Make the channel. ``ValueError`` or ``OSError`` says what is wrong with its settings or its secret."""
        ...


class BadChannel(ValueError):
    """A channel that cannot be made; the text names it and says what is wrong."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its word."""
    modules = [importlib.import_module(f"{here.__name__}.{one.name}") for one in pkgutil.iter_modules(here.__path__)]
    return {module.KIND: cast(Kind, module) for module in modules if hasattr(module, "KIND")}


def settings_of(told: Mapping[str, Any]) -> ChannelSettings:
    """One ``[[channel]]`` of server.toml. ``BadChannel`` names what is wrong."""
    kind = kinds().get(str(told.get("kind")))
    if kind is None:
        raise BadChannel(f"channel {told.get('name')!r}: no kind {told.get('kind')!r}; there are {', '.join(kinds())}")
    try:
        return kind.Settings(**told)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]  # an input may be a secret
        key = ".".join(str(part) for part in first["loc"]) or kind.KIND
        raise BadChannel(f"channel {told.get('name')!r}: {key}: {first['msg']}") from None


def opened(settings: ChannelSettings, now: Now) -> Channel:
    """Make a channel. ``BadChannel`` says what is wrong with its settings or its secret."""
    try:
        return kinds()[settings.kind].opened(settings, now)
    except (ValueError, OSError) as fault:
        raise BadChannel(f"channel {settings.name!r}: {fault}") from fault


def groups_of(channels: Iterable[ChannelSettings]) -> frozenset[str]:
    """The channels, by name, that reach nobody in person; the two that are always there are such."""
    return frozenset(BUILT_IN) | {one.name for one in channels if not one.personal}


def secret_of(path: Path) -> str:
    """The secret in a file, without the line end that editors add. ``ValueError`` where there is none, in Chinese."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except PermissionError:
        raise ValueError(f"密钥文件{path}读不了:属主要是运行净村的用户") from None
    except FileNotFoundError:
        raise ValueError(f"密钥文件{path}不在那里") from None
    if not secret:
        raise ValueError(f"密钥文件{path}是空的")
    return secret
