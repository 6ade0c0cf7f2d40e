"""One open transaction of the book: what it reads is still true when it writes, for the county's lock is held.

Versions and unique indexes hold it besides; a ``Conflict`` writes nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from alerts.mutes.mute_book import Muting
from alerts.store import statements
from alerts.store.bin_shelf import Shelf
from alerts.store.holds import asked
from alerts.store.tables import (
    ACTS,
    ALARMS,
    COUNTERS,
    HISTORY,
    LINKS,
    LOOKS,
    NOTICES,
    PHOTOS,
    RELAY,
    STUCK,
    TICKETS,
    alarm_columns,
    alarm_of,
    look_columns,
    look_of,
    photo_columns,
    stamp,
    ticket_columns,
    ticket_of,
    who_columns,
)
from alerts.values import Alarm, Decision, History, Known, Look, Notice, Photo, Recheck, Ticket, Who, Word
from broker.downward import Command
from broker.messages import Frozen, Kind
from county.policy.channels import split
from county.values import Spot
from ingest.evidence.holds import Hold, Release
from ingest.store import Store, micros

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 o 1 i l: the code may be read aloud
CODE_LENGTH = 12
AUDITED = "audited_us"
LONGEST_KEY = 100  # characters of the column of idempotency keys


class Conflict(RuntimeError):
    """Somebody else changed the same thing first; nothing was written. Read again and decide again."""


class Unwritable(ValueError):
    """A decision holds something that no database column takes; trying again is no use."""


class Sheet(Protocol):
    """What a pen writes on: the book. ``shelf`` keeps the states of bins at hand."""

    store: Store
    county: str
    zone: ZoneInfo
    shelf: Shelf


class Pen:
    """One open transaction of the book."""

    def __init__(self, of: Sheet, conn: sa.Connection) -> None:
        """Only ``Book.writing`` makes one."""
        self.county = of.county
        self.shelf = of.shelf
        self.conn = conn
        self._store = of.store
        self._zone = of.zone
        self._change: int | None = None
        self._muting: Muting | None = None
        self.applied: list[tuple[Sequence[Decision], str]] = []  # with what caused them
        self.numbers: dict[UUID, str] = {}  # of the tickets that this transaction opens
        self.committed: list[Callable[[], None]] = []  # what is done when it has committed, and only then

    @property
    def postgres(self) -> bool:
        """Whether the book lies in PostgreSQL."""
        return self._store.postgres

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """An insert that may say what happens on a conflict."""
        return self._store.insert(table)

    def note(self, name: str, value: int) -> None:
        """Set a counter of the county."""
        self._set(name, value)

    def known(self, spot: Spot, kind: str, by: str = "", *, may_open: bool = True) -> Known:
        """What is known about a category at a spot; ``by`` whom, where it is not the spot's own device.

        What can open no ticket needs none that has ended.
        """
        key = {"county": self.county, "place": by or spot.device, "spot": spot.id, "kind": kind}
        look = self._one(LOOKS, key)
        alarm = self._one(ALARMS, {**key, "is_open": True})
        ticket = self.open_at(spot.ground)
        return Known(
            look_of(look) if look else None, alarm_of(alarm) if alarm else None, ticket,
            self.ended_at(spot.ground) if ticket is None and may_open else (), mutes=self.muting.about(spot, kind),
            kept=self.muting.kept.get((by or spot.device, spot.id, kind)),
        )  # fmt: skip

    @property
    def muting(self) -> Muting:
        """The county's mutes and what is open under them."""
        if self._muting is None:
            self._muting = Muting(self.conn, self.county)
        return self._muting

    def looks_at(self, spot: Spot) -> tuple[Look, ...]:
        """The last looks of every kind at a spot."""
        names = ("county", "place", "spot")
        asked = dict(zip(names, (self.county, spot.device, spot.id), strict=True))
        return tuple(look_of(row) for row in self.conn.execute(statements.one(LOOKS, names, names), asked))

    def open_at(self, site: str) -> Ticket | None:
        """The open ticket of a site."""
        row = self._one(TICKETS, {"county": self.county, "site": site, "is_open": True})
        return ticket_of(row) if row else None

    def ended_at(self, site: str) -> tuple[Ticket, ...]:
        """The last tickets of a site that ended, the newest first."""
        asked = {"county": self.county, "site": site}
        return tuple(ticket_of(row) for row in self.conn.execute(statements.ENDED_AT, asked))

    def asked_by(self, command: UUID) -> Ticket | None:
        """The open ticket that waits for the answer to a command."""
        row = self._one(TICKETS, {"command": command, "is_open": True})
        return ticket_of(row) if row else None

    def alarm(self, ticket: UUID, key: str) -> Alarm | None:
        """The open alarm of a ticket by its key (place/spot/category)."""
        names = dict(zip(("place", "spot", "kind"), key.split("/"), strict=False))
        row = self._one(ALARMS, {"ticket": ticket, **names, "is_open": True}) if len(names) == 3 else None
        return alarm_of(row) if row else None

    def ticket(self, ticket: UUID) -> Ticket | None:
        """A ticket, open or closed."""
        row = self._one(TICKETS, {"id": ticket})
        return ticket_of(row) if row else None

    def took(self, ticket: UUID, person: str) -> bool:
        """Whether somebody has ever accepted this ticket, also where they have passed it on."""
        same = (HISTORY.c.ticket == ticket) & (HISTORY.c.caused_by == f"act accept {person}"[:100])
        return bool(self.conn.execute(sa.select(sa.exists().where(same))).scalar_one())

    def apply(self, decisions: Sequence[Decision], caused_by: str, now: datetime) -> None:
        """Write decisions in their order; ``Conflict`` when what they were made from is no longer so."""
        try:
            self._keep_tickets([decision.ticket for decision in decisions if decision.ticket is not None], now)
            for decision in decisions:
                self._write(decision, caused_by, now)
            self.ask_for(asked(decisions, now))
            self.applied.append((decisions, caused_by))
            if any(decision.word is Word.PICTURED for decision in decisions):
                self._number()  # no ticket has changed, but what a wall shows has
        except sa.exc.IntegrityError as fault:
            raise Conflict(f"the book holds an open one already: {fault.orig}") from fault
        except sa.exc.DataError as fault:
            raise Unwritable(f"the database does not take these words: {fault.orig}") from fault

    def ask_for(self, wishes: Sequence[Hold | Release]) -> None:
        """Let the relay tell the door what to hold and what to let go of; a wish asked before changes nothing."""
        for wish in wishes:
            self._hand_over(wish.id, "hold" if isinstance(wish, Hold) else "release", wish)

    def move_cursor(self, old: int, new: int) -> None:
        """Move the engine's cursor; ``Conflict`` when another engine has moved it."""
        if counter(self.conn, self.county, "cursor") != old:
            raise Conflict(f"another engine has moved the cursor away from {old}")
        self._set("cursor", new)

    def first_time(self, ticket: UUID, key: str, act: str, now: datetime) -> bool:
        """Keep the idempotency key of an act; False when it was kept before."""
        kept = key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()  # cut, two would be one
        row = {"ticket": ticket, "key": kept, "act": act, "at_us": micros(now)}
        insert = self._store.insert(ACTS).on_conflict_do_nothing().returning(ACTS.c.key)
        return self.conn.execute(insert.values(row)).first() is not None

    def mint_link(self, ticket: UUID, person: Who, now: datetime, lasts: timedelta, digest: UUID | None = None) -> str:
        """Make a short random code that opens this ticket for this person; only its hash is kept.

        With ``digest`` it opens the list of what is theirs, too.
        """
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        row = {"hash": hashed(code), "ticket": ticket, **who_columns(person), "created_us": micros(now),
               "expires_us": micros(now + lasts), "digest": digest}  # fmt: skip
        self.conn.execute(LINKS.insert(), row)
        return code

    def audited(self, now: datetime) -> None:
        """Note that the auditor has looked."""
        self._set(AUDITED, micros(now))

    def stuck(self, message_id: UUID, device: str, reason: str, now: datetime) -> None:
        """Put aside a message that could not be decided, with the reason, for a person to look at."""
        row = {"message_id": message_id, "county": self.county, "device": device, "reason": reason[:1000],
               "at_us": micros(now)}  # fmt: skip
        self.conn.execute(self._store.insert(STUCK).on_conflict_do_nothing().values(row))

    def _write(self, decision: Decision, caused_by: str, now: datetime) -> None:
        for look in decision.looks:
            self._keep_look(look)
        if decision.ticket is not None:
            if decision.history is not None:
                self._keep_history(decision.ticket.id, decision.history, caused_by)
            self._keep_photos(decision.ticket.id, decision.photos)
        if decision.alarm is not None:
            self._keep_alarm(decision.alarm)
        if decision.ticket is not None and not decision.ticket.is_open:
            mine = (ALARMS.c.ticket == decision.ticket.id) & ALARMS.c.is_open
            self.conn.execute(ALARMS.update().where(mine).values(is_open=False, closed_us=micros(now)))
        for notice in decision.notices:
            self._keep_notice(notice, now)
        self._hand_on(decision)

    def _hand_on(self, decision: Decision) -> None:
        """What is no ticket's own: a look to ask for, and what a mute holds back."""
        if decision.recheck is not None:
            self._keep_command(decision.recheck)
        if decision.kept is not None:
            self.muting.keep(decision.kept)

    def _keep_look(self, look: Look) -> None:
        values = {"county": self.county, **look_columns(look)}
        self.conn.execute(statements.newest(LOOKS, self.postgres), values)
        self.muting.looked(look)

    def _keep_tickets(self, versions: Sequence[Ticket], now: datetime) -> None:
        """Write the last of several versions, compared with what stood before the first of them."""
        first: dict[UUID, int] = {}
        for ticket in versions:
            first.setdefault(ticket.id, ticket.version)
        for ticket in {ticket.id: ticket for ticket in versions}.values():
            values = {**ticket_columns(ticket), "change": self._number()}
            if first[ticket.id] == 0:
                self.numbers[ticket.id] = self._ticket_number(now)
                self.conn.execute(TICKETS.insert(), {**values, "number": self.numbers[ticket.id]})
            else:
                self._replace(TICKETS, values, first[ticket.id] - 1)

    def _keep_alarm(self, alarm: Alarm) -> None:
        values = {**alarm_columns(alarm), "county": self.county}
        if alarm.version == 0:
            self.conn.execute(ALARMS.insert(), values)
            self.muting.opened(alarm)
            return
        self._replace(ALARMS, values, alarm.version - 1)

    def _replace(self, table: sa.Table, values: dict[str, Any], before: int) -> None:
        which = {"_id": values["id"], "_version": before}
        if self.conn.execute(statements.replacing(table), {**values, **which}).rowcount != 1:
            raise Conflict(f"{table.name} {values['id']} is no longer at version {before}")

    def _keep_history(self, ticket: UUID, row: History, caused_by: str) -> None:
        values = {
            "ticket": ticket, "change": self._number(), "old": row.old, "new": row.new, "stage": row.stage.value,
            "at_us": micros(row.when), "why": row.why, "by": row.by, "person": row.person, "level": row.level.value,
            "severity": row.severity, "due_us": stamp(row.due_at), "due_clock": row.clock.value if row.clock else None,
            "promised_us": stamp(_promised(row)), "caused_by": caused_by[:100],
        }  # fmt: skip
        self.conn.execute(HISTORY.insert(), values)

    def _keep_photos(self, ticket: UUID, photos: Sequence[Photo]) -> None:
        for photo in photos:
            row = {"ticket": ticket, **photo_columns(photo)}
            self.conn.execute(self._store.insert(PHOTOS).on_conflict_do_nothing().values(row))

    def _keep_notice(self, notice: Notice, now: datetime) -> None:
        channel, *rest = split(notice.route)
        row = {
            "id": notice.id, "ticket": notice.ticket, "level": notice.level.value, "round": notice.round,
            **who_columns(notice.person), "route": notice.route, "channel": channel,
            "rest": " > ".join(rest), "purpose": notice.purpose.value,
            "words": notice.words, "ask": str(notice.ask or ""), "mute": notice.mute, "state": "waiting",
            "created_us": micros(now), "ready_us": micros(now),
        }  # fmt: skip
        self.conn.execute(statements.once(NOTICES, self.postgres), row)

    def _keep_command(self, ask: Recheck) -> None:
        command = Command(
            command_id=ask.command_id, device=ask.device, name="recheck", spot=ask.spot, what=_kind(ask.what),
            issued_at=ask.issued_at, expires_at=ask.expires_at,
        )  # fmt: skip
        self._hand_over(ask.command_id, "command", command)

    def _hand_over(self, wish: UUID, kind: str, what: Frozen) -> None:
        row = {"id": wish, "county": self.county, "kind": kind,
               "payload": what.model_dump_json(by_alias=True), "done": False}  # fmt: skip
        self.conn.execute(statements.once(RELAY, self.postgres), row)

    def _number(self) -> int:
        """The change number of this transaction; it rises by one, in commit order."""
        if self._change is None:
            self._change = self._next("change")
        return self._change

    def _ticket_number(self, now: datetime) -> str:
        day = now.astimezone(self._zone)
        return f"GD-{day:%m%d}-{self._next(f'tickets {day:%Y-%m-%d}'):04d}"

    def _next(self, name: str) -> int:
        value = counter(self.conn, self.county, name) + 1
        self._set(name, value)
        return value

    def _set(self, name: str, value: int) -> None:
        row = {"county": self.county, "name": name, "value": value}
        self.conn.execute(statements.newest(COUNTERS, self.postgres), row)

    def _one(self, table: sa.Table, where: dict[str, Any]) -> sa.Row[Any] | None:
        asked = {name: value for name, value in where.items() if value is not True}
        return self.conn.execute(statements.one(table, tuple(where), tuple(asked)), asked).one_or_none()


def _promised(row: History) -> datetime | None:
    """When the next step must have come: at the limit, or once a restless place that is clean has settled."""
    if row.due_at is None or row.settles_at is None:
        return row.due_at
    return max(row.due_at, row.settles_at)


def _kind(what: str | None) -> Kind | None:
    return Kind(what) if what is not None else None


def counter(conn: sa.Connection, county: str, name: str) -> int:
    """A counter of a county: its cursor, its change number, its tickets of a day; 0 before the first."""
    return int(conn.execute(statements.COUNTER, {"county": county, "name": name}).scalar_one_or_none() or 0)


def hashed(code: str) -> str:
    """How a desk code is stored."""
    return hashlib.sha256(code.encode()).hexdigest()
