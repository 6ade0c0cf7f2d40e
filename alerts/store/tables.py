"""The tables of the book, and values to rows and back. Times are whole microseconds since 1970 (UTC).

Two partial unique indexes hold the promises that no code can break: one open alarm per (place, spot, kind), one open
ticket per site.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from alerts.flaps import Flaps
from alerts.pulse import Pulse
from alerts.shown import Shown
from alerts.values import (
    Alarm,
    Check,
    Clock,
    Look,
    Phase,
    Photo,
    Scene,
    Source,
    Stage,
    Status,
    Ticket,
    View,
    Who,
)
from broker.messages import Box, State
from county.values import Level
from ingest.lease import lease_table
from ingest.store import BIG, micros, moment_of

METADATA = sa.MetaData()
_SHOWN = TypeAdapter(Shown)


def _ticket_id() -> sa.Column[Any]:
    return sa.Column("ticket", sa.Uuid(), nullable=False)


def _text(name: str, size: int, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False, default=default)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _when(name: str, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, default=0)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, default=False)


LOOKS = sa.Table(
    "looks", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("spot", sa.String(64), primary_key=True), sa.Column("kind", sa.String(32), primary_key=True),
    _when("at_us", nullable=False), sa.Column("event_id", sa.Uuid(), nullable=False), _count("revision"),
    _text("state", 8),
)  # fmt: skip
ALARMS = sa.Table(
    "alarms", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), _text("county", 6), _text("place", 64), _text("spot", 64),
    _text("kind", 32), _ticket_id(), _when("first_us", nullable=False), _when("last_us", nullable=False),
    _text("state", 8), sa.Column("reason", sa.Text, nullable=False), sa.Column("score", sa.Float, nullable=False),
    _count("looks"), _count("merged"), _text("source", 16), sa.Column("picture", sa.String(64)),
    sa.Column("boxes", sa.Text, nullable=False), _flag("is_open"), _count("version"), _when("closed_us"),
    _when("since_us"), _count("days"),
    sa.Index("alarms_ticket", "ticket"), sa.Index("alarms_first", "first_us"), sa.Index("alarms_last", "last_us"),
)  # fmt: skip
sa.Index(
    "alarms_one_open", ALARMS.c.county, ALARMS.c.place, ALARMS.c.spot, ALARMS.c.kind, unique=True,
    sqlite_where=ALARMS.c.is_open, postgresql_where=ALARMS.c.is_open,
)  # fmt: skip
TICKETS = sa.Table(
    "tickets", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), _text("number", 32), _text("county", 6), _text("place", 64),
    _text("spot", 64), _text("site", 130), _text("way", 64), _text("speaker", 64), _text("region", 24),
    _text("township", 9), _text("village", 12), _words("zone"), _words("place_name"), _words("spot_name"),
    sa.Column("longitude", sa.Float), sa.Column("latitude", sa.Float), _text("crs", 16), _text("what", 32),
    _text("source", 16), _text("severity", 8), _text("status", 16), _text("stage", 16), _text("level", 16),
    _text("person_id", 64), _words("person_name"), _text("person_phone", 32), _text("person_level", 16),
    sa.Column("handler", sa.Text), _when("seen_us", nullable=False), _when("opened_us", nullable=False),
    _words("kinds"), _words("dirty"), _when("due_us"), sa.Column("due_clock", sa.String(16)), _when("next_us"),
    _count("round"), _flag("calling"), _when("accepted_us"), _when("arrived_us"), _when("done_us"),
    _when("closed_us"), _text("check_by", 16), sa.Column("command", sa.Uuid()), _count("tries"), _count("reworks"),
    _flag("overdue"), sa.Column("in_time", sa.Boolean), _text("denied_by", 64), sa.Column("earlier", sa.Uuid()),
    _count("relapse"), _count("revision"), _words("shown"), _count("flaps"), _when("clean_us"),
    sa.Column("meant", sa.String(16)), _text("given", 64), sa.Column("floor", sa.String(8)), _flag("rendered"),
    _when("heard_us"), _when("asked_us"), _when("lapsed_us"), _count("kept"), _count("lapses"), _count("letters"),
    _flag("is_open"), _count("version"),
    _when("change", nullable=False),
    sa.Index("tickets_next", "is_open", "next_us"), sa.Index("tickets_command", "command"),
    sa.Index("tickets_opened", "opened_us"), sa.Index("tickets_closed", "closed_us"),
    sa.Index("tickets_township", "township", "opened_us"), sa.Index("tickets_site", "county", "site", "closed_us"),
    sa.Index("tickets_change", "county", "change"),
)  # fmt: skip
sa.Index(
    "tickets_one_open", TICKETS.c.county, TICKETS.c.site, unique=True,
    sqlite_where=TICKETS.c.is_open, postgresql_where=TICKETS.c.is_open,
)  # fmt: skip
DUE_OR_OPENED = sa.func.coalesce(TICKETS.c.due_us, TICKETS.c.opened_us)
sa.Index("tickets_pressing", TICKETS.c.county, TICKETS.c.is_open, TICKETS.c.overdue.desc(), DUE_OR_OPENED, TICKETS.c.id)
sa.Index("tickets_newest", TICKETS.c.county, TICKETS.c.opened_us.desc(), TICKETS.c.id.desc())
# All that the tabs of the queue count by: they are counted without a look at the rows.
sa.Index(
    "tickets_tabs", TICKETS.c.county, TICKETS.c.is_open, TICKETS.c.status, TICKETS.c.overdue, TICKETS.c.region,
    TICKETS.c.person_id, TICKETS.c.check_by, TICKETS.c.what, TICKETS.c.severity, TICKETS.c.id,
)  # fmt: skip
HISTORY = sa.Table(
    "history", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), _ticket_id(), _when("change", nullable=False),
    _text("old", 16), _text("new", 16), _text("stage", 16), _when("at_us", nullable=False),
    sa.Column("why", sa.Text, nullable=False), _words("by"), _words("person"), _text("level", 16),
    _text("severity", 8), _when("due_us"), sa.Column("due_clock", sa.String(16)), _when("promised_us"),
    _text("caused_by", 100), sa.Index("history_ticket", "ticket", "n"), sa.Index("history_change", "change"),
    sa.Index("history_promised", "promised_us"),
    sqlite_autoincrement=True,
)  # fmt: skip
NOTICES = sa.Table(
    "notices", METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True), _ticket_id(), _text("level", 16), _count("round"),
    _text("person_id", 64), _words("person_name"), _text("person_phone", 32), _text("person_level", 16),
    _text("route", 200), _text("channel", 32), _text("rest", 300, ""), _text("purpose", 16),
    sa.Column("words", sa.Text, nullable=False), _text("state", 16), _when("tried_us"),
    _count("attempts"), _when("created_us", nullable=False), _when("ready_us", nullable=False), _when("claimed_us"),
    _when("sent_us"), _text("provider_id", 200, ""), _text("answer", 300, ""), _flag("maybe_doubled"),
    _text("ask", 36, ""), sa.Column("mute", BIG, nullable=False, default=0),
    _when("admitted_us"), sa.Column("digest", sa.Uuid()),  # let through by the cap, or joined into that letter
    sa.UniqueConstraint("ticket", "level", "round", "person_id", "route", "ask", name="notices_once"),
    sa.Index("notices_ready", "state", "ready_us"), sa.Index("notices_sent", "state", "sent_us"),
    sa.Index("notices_person", "person_id", "admitted_us"), sa.Index("notices_digest", "digest"),
)  # fmt: skip
DELIVERIES = sa.Table(  # every attempt to tell somebody, and what the channel answered
    "deliveries", METADATA,
    sa.Column("notice", sa.Uuid(), primary_key=True), sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    _text("channel", 32), _when("at_us", nullable=False), _text("result", 16), _text("provider_id", 200, ""),
    _text("words", 300, ""), _flag("maybe_sent"), sa.Index("deliveries_provider", "channel", "provider_id"),
)  # fmt: skip
RELAY = sa.Table(
    "relay", METADATA,
    sa.Column("n", BIG, primary_key=True, autoincrement=True), sa.Column("id", sa.Uuid(), nullable=False, unique=True),
    _text("county", 6), _text("kind", 16), sa.Column("payload", sa.Text, nullable=False), _flag("done"),
    sa.Index("relay_done", "done", "n"), sqlite_autoincrement=True,
)  # fmt: skip
BINS = sa.Table(
    "bins", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("place", sa.String(64), primary_key=True),
    _when("heard_us"), _flag("silent"), sa.Column("state", sa.Text, nullable=False),
)  # fmt: skip
COLLECTIONS = sa.Table(
    "collections", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("place", sa.String(64), primary_key=True),
    sa.Column("at_us", BIG, primary_key=True), sa.Column("before", sa.Float, nullable=False),
    sa.Column("after", sa.Float, nullable=False), _text("caused_by", 100),
    sa.Index("collections_at", "county", "at_us"),
)  # fmt: skip
LINKS = sa.Table(
    "links", METADATA,
    sa.Column("hash", sa.String(64), primary_key=True), _ticket_id(), _text("person_id", 64),
    _words("person_name"), _text("person_phone", 32), _text("person_level", 16),
    _when("created_us", nullable=False), _when("expires_us", nullable=False), sa.Column("digest", sa.Uuid()),
)  # fmt: skip
ACTS = sa.Table(
    "acts", METADATA,
    sa.Column("ticket", sa.Uuid(), primary_key=True), sa.Column("key", sa.String(100), primary_key=True),
    _text("act", 32), _when("at_us", nullable=False),
)  # fmt: skip
PHOTOS = sa.Table(
    "photos", METADATA,
    sa.Column("ticket", sa.Uuid(), primary_key=True), sa.Column("sha256", sa.String(64), primary_key=True),
    _when("at_us", nullable=False), _words("person"), _text("view", 16, ""), _text("phase", 16, ""),
    sa.Column("longitude", sa.Float), sa.Column("latitude", sa.Float), _text("crs", 16, ""), _when("taken_us"),
    sa.Column("doubts", sa.Text, nullable=False, default=""),
)  # fmt: skip
COUNTERS = sa.Table(
    "counters", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", BIG, nullable=False),
)  # fmt: skip
STUCK = sa.Table(
    "stuck", METADATA,
    sa.Column("message_id", sa.Uuid(), primary_key=True), _text("county", 6), _text("device", 64),
    sa.Column("reason", sa.Text, nullable=False), _when("at_us", nullable=False),
)  # fmt: skip


DEADMAN = sa.Table(
    "deadman", METADATA,
    sa.Column("county", sa.String(6), primary_key=True), sa.Column("since_us", BIG, primary_key=True),
    _when("told_us", nullable=False), _when("back_us"),
)  # fmt: skip
WATCH = lease_table("watch", METADATA)  # who is the alert engine now


def stamp(moment: datetime | None) -> int | None:
    return micros(moment) if moment is not None else None


def moment(value: int | None) -> datetime | None:
    return moment_of(value) if value is not None else None


def who_columns(who: Who) -> dict[str, Any]:
    """A person as the four columns that tickets, notices and links share."""
    return {"person_id": who.id, "person_name": who.name, "person_phone": who.phone, "person_level": who.level.value}


def who_of(row: sa.Row[Any]) -> Who:
    return Who(row.person_id, row.person_name, row.person_phone, Level(row.person_level))


def look_columns(look: Look) -> dict[str, Any]:
    return {
        "place": look.place, "spot": look.spot, "kind": look.kind, "at_us": micros(look.at),
        "event_id": look.event_id, "revision": look.revision, "state": look.state.value,
    }  # fmt: skip


def look_of(row: sa.Row[Any]) -> Look:
    return Look(row.place, row.spot, row.kind, moment_of(row.at_us), row.event_id, row.revision, State(row.state))


def alarm_columns(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id, "place": alarm.place, "spot": alarm.spot, "kind": alarm.kind, "ticket": alarm.ticket,
        "first_us": micros(alarm.first_at), "last_us": micros(alarm.last_at), "state": alarm.state.value,
        "reason": alarm.reason, "score": alarm.score, "looks": alarm.looks, "merged": alarm.merged,
        "source": alarm.source.value,
        "picture": alarm.picture, "boxes": json.dumps([box.model_dump() for box in alarm.boxes]),
        "is_open": alarm.is_open, "version": alarm.version, "since_us": stamp(alarm.since_at), "days": alarm.days,
    }  # fmt: skip


def photo_columns(photo: Photo) -> dict[str, Any]:
    return {
        "sha256": photo.sha256, "at_us": micros(photo.at), "person": photo.person,
        "view": photo.view.value if photo.view else "", "phase": photo.phase.value if photo.phase else "",
        "longitude": photo.longitude, "latitude": photo.latitude, "crs": photo.crs,
        "taken_us": stamp(photo.taken_at), "doubts": "\n".join(photo.doubts),
    }  # fmt: skip


def photo_of(row: sa.Row[Any]) -> Photo:
    return Photo(
        row.sha256, moment_of(row.at_us), row.person, View(row.view) if row.view else None,
        Phase(row.phase) if row.phase else None, row.longitude, row.latitude, row.crs, moment(row.taken_us),
        tuple(row.doubts.split("\n")) if row.doubts else (),
    )  # fmt: skip


def boxes_of(text: str) -> tuple[Box, ...]:
    return tuple(Box.model_validate(box) for box in json.loads(text))


def alarm_of(row: sa.Row[Any]) -> Alarm:
    return Alarm(
        row.id, row.place, row.spot, row.kind, row.ticket, moment_of(row.first_us), moment_of(row.last_us),
        State(row.state), row.reason, row.score, row.looks, row.merged, row.picture, boxes_of(row.boxes),
        row.is_open, row.version, Source(row.source), moment(row.since_us), row.days,
    )  # fmt: skip


def ticket_columns(ticket: Ticket) -> dict[str, Any]:
    scene = ticket.scene
    return {
        "id": ticket.id, "county": scene.county, "place": scene.place, "spot": scene.spot, "site": scene.site,
        "way": scene.way, "speaker": scene.speaker,
        "region": scene.region, "township": scene.township, "village": scene.village, "zone": scene.zone,
        "place_name": scene.place_name, "spot_name": scene.spot_name, "longitude": scene.longitude,
        "latitude": scene.latitude, "crs": scene.crs, "what": ticket.what, "source": ticket.source.value,
        "severity": ticket.severity,
        "status": ticket.status.value, "stage": ticket.stage.value, "level": ticket.level.value,
        **who_columns(ticket.person), "handler": who_text(ticket.handler), "seen_us": micros(ticket.seen_at),
        "opened_us": micros(ticket.opened_at), "kinds": ",".join(ticket.kinds), "dirty": ",".join(ticket.dirty),
        "due_us": stamp(ticket.due_at), "due_clock": ticket.due_clock.value if ticket.due_clock else None,
        "next_us": stamp(ticket.next_at), "round": ticket.round, "calling": ticket.calling,
        "accepted_us": stamp(ticket.accepted_at), "arrived_us": stamp(ticket.arrived_at),
        "done_us": stamp(ticket.done_at), "closed_us": stamp(ticket.closed_at), "check_by": ticket.check.value,
        "command": ticket.command, "tries": ticket.tries, "reworks": ticket.reworks, "overdue": ticket.overdue,
        "in_time": ticket.in_time, "denied_by": ticket.denied_by, "earlier": ticket.earlier,
        "relapse": ticket.relapse, "revision": ticket.revision, "shown": _shown_text(ticket.shown),
        "flaps": ticket.flaps.changes, "clean_us": stamp(ticket.flaps.clean_at),
        "meant": ticket.meant.value if ticket.meant else None, "given": ticket.given, "floor": ticket.floor,
        "rendered": ticket.rendered, "is_open": ticket.is_open, "version": ticket.version,
        **_pulse_columns(ticket.pulse),
    }  # fmt: skip


def _pulse_columns(pulse: Pulse) -> dict[str, Any]:
    return {
        "heard_us": stamp(pulse.heard_at), "asked_us": stamp(pulse.asked_at), "lapsed_us": stamp(pulse.lapsed_at),
        "kept": pulse.kept, "lapses": pulse.lapses, "letters": pulse.letters,
    }  # fmt: skip


def _pulse_of(row: sa.Row[Any]) -> Pulse:
    return Pulse(
        moment(row.heard_us), moment(row.asked_us), moment(row.lapsed_us), row.kept, row.lapses, row.letters
    )  # fmt: skip


def ticket_of(row: sa.Row[Any]) -> Ticket:
    scene = Scene(
        row.county, row.place, row.spot, row.speaker, row.region, row.zone, row.place_name, row.spot_name,
        row.longitude, row.latitude, row.crs, row.site, row.way,
    )  # fmt: skip
    return Ticket(
        id=row.id, scene=scene, what=row.what, severity=row.severity, status=Status(row.status),
        stage=Stage(row.stage), level=Level(row.level), person=who_of(row), seen_at=moment_of(row.seen_us),
        opened_at=moment_of(row.opened_us), kinds=_parts(row.kinds), dirty=_parts(row.dirty),
        due_at=moment(row.due_us), due_clock=Clock(row.due_clock) if row.due_clock else None,
        next_at=moment(row.next_us), round=row.round, calling=row.calling, number=row.number,
        handler=who_in(row.handler), accepted_at=moment(row.accepted_us), arrived_at=moment(row.arrived_us),
        done_at=moment(row.done_us), closed_at=moment(row.closed_us), check=Check(row.check_by), command=row.command,
        tries=row.tries, reworks=row.reworks, overdue=row.overdue, in_time=row.in_time, denied_by=row.denied_by,
        rendered=row.rendered, version=row.version, source=Source(row.source), earlier=row.earlier,
        relapse=row.relapse, revision=row.revision, shown=_SHOWN.validate_json(row.shown),
        flaps=Flaps(row.flaps, moment(row.clean_us)),
        meant=Level(row.meant) if row.meant else None, given=row.given, floor=row.floor,
        pulse=_pulse_of(row),
    )  # fmt: skip


def _shown_text(shown: Shown) -> str:
    return _SHOWN.dump_json(shown, exclude_defaults=True).decode()


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def who_text(who: Who | None) -> str | None:
    return json.dumps([who.id, who.name, who.phone, who.level.value], ensure_ascii=False) if who else None


def who_in(text: str | None) -> Who | None:
    if text is None:
        return None
    person, name, phone, level = json.loads(text)
    return Who(person, name, phone, Level(level))
