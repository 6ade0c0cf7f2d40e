"""Desired configurations on their way: numbered per box, kept with author and reason, published retained.

The box decides whether it takes one and says so (``config-state``, a latest value). A broker may forget what it
retained, so everything is published anew after each connection.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from broker.downward import Config
from broker.link import LinkError
from broker.parse import dump
from broker.topics import Address
from county.snapshot import County
from ingest.store import BIG, METADATA, Store, micros, moment_of, open_store

log = logging.getLogger(__name__)

MOST_BYTES = 64_000  # of one configuration as JSON

WISHES = sa.Table(
    "wishes",
    METADATA,
    sa.Column("device", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("author", sa.String(100), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("at_us", BIG, nullable=False),
)


class BadWish(ValueError):
    """The configuration cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a box shall be like from a time on, who said so and why."""

    device: str
    version: int
    body: dict[str, Any]
    author: str
    reason: str
    at: datetime


class _Sender(Protocol):
    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, correlation: bytes | None = None
    ) -> None: ...


class WishBook:
    """The desired configurations of one database, every version of each box."""

    def __init__(self, where: str | Store) -> None:
        """Open the table at a database address or in an open store."""
        self._store = open_store(where)

    def put(self, device: str, body: dict[str, Any], said: tuple[str, str, datetime], least: int = 0) -> Wish:
        """Keep a body as the next version of a box; ``said`` is author, reason and time.

        ``least``: the version that the box runs by itself, which the new one must be above. Raises BadWish when the
        body is no JSON or too large, or when nobody answers for it.
        """
        author, reason, at = said
        if not author.strip() or not reason.strip():
            raise BadWish("say who wishes it and why")
        text = _text(body)
        with self._store.write() as conn:
            self._store.lock(conn, f"wishes/{device}")
            newest = sa.select(sa.func.max(WISHES.c.version)).where(WISHES.c.device == device)
            version = max(conn.execute(newest).scalar_one() or 0, least) + 1
            row = {"device": device, "version": version, "body": text, "author": author[:100], "reason": reason[:500],
                   "at_us": micros(at)}  # fmt: skip
            conn.execute(WISHES.insert(), row)
        return Wish(device, version, body, author, reason, at)

    def back(self, device: str, said: tuple[str, str, datetime]) -> Wish:
        """Wish the body before the newest one again, as a new version. Raises BadWish when there is none before."""
        past = self.history(device)
        if len(past) < 2:
            raise BadWish(f"{device}: no configuration before the newest one; nothing to go back to")
        return self.put(device, past[1].body, said)

    def history(self, device: str) -> list[Wish]:
        """Every version of a box, newest first."""
        query = sa.select(WISHES).where(WISHES.c.device == device).order_by(WISHES.c.version.desc())
        with self._store.read() as conn:
            return [_wish(row) for row in conn.execute(query)]

    def versions(self) -> dict[str, int]:
        """The newest version of each box."""
        query = sa.select(WISHES.c.device, sa.func.max(WISHES.c.version)).group_by(WISHES.c.device)
        with self._store.read() as conn:
            return {row[0]: row[1] for row in conn.execute(query)}

    def get(self, device: str, version: int) -> Wish:
        """One version; ``KeyError`` where there is none."""
        query = sa.select(WISHES).where((WISHES.c.device == device) & (WISHES.c.version == version))
        with self._store.read() as conn:
            row = conn.execute(query).one_or_none()
        if row is None:
            raise KeyError(f"{device} version {version}")
        return _wish(row)

    def close(self) -> None:
        """Close the database connections."""
        self._store.close()


class Wishes:
    """Publishes the newest configuration of each box, once per connection and when there is a newer one."""

    def __init__(self, book: WishBook, registry: Callable[[], County]) -> None:
        """``registry`` gives the county as it is known now."""
        self._book = book
        self._registry = registry
        self._told: dict[str, int] = {}

    def forget(self) -> None:
        """A new connection: the broker may know nothing."""
        self._told = {}

    def send(self, sender: _Sender) -> int:
        """Publish what the broker was not told yet; returns how many. Without a connection everything stays due."""
        told, sent = self._told, 0
        for device, version in self._book.versions().items():
            topic = _topic(self._registry(), device)
            if topic is None or told.get(device) == version:
                continue
            wish = self._book.get(device, version)
            try:
                sender.publish(topic, dump(Config(version=version, issued_at=wish.at, body=wish.body)), retain=True)
            except LinkError as fault:
                log.info("configuration %d of %s waits: %s", version, device, fault)
                break
            told[device] = version
            sent += 1
        return sent


def _text(body: dict[str, Any]) -> str:
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadWish(f"the configuration cannot be written as JSON: {error}") from error
    if len(text.encode()) > MOST_BYTES:
        raise BadWish(f"the configuration has {len(text.encode())} bytes; at most {MOST_BYTES} reach a box")
    if "\\u0000" in text:
        raise BadWish("the configuration holds a NUL character; take it out")
    return text


def _wish(row: sa.Row[Any]) -> Wish:
    return Wish(row.device, row.version, json.loads(row.body), row.author, row.reason, moment_of(row.at_us))


def _topic(county: County, device: str) -> str | None:
    """Where a box hears its configuration, None for what is no box registered in a village."""
    known = county.device(device)
    if known is None or known.speaker != device or not known.village:
        return None
    return Address.of_village(known.village, known.id).topic("config")
