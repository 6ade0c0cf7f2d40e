"""One ticket as JSON: for the phone of who must act, and for the wall's detail. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.desk import TicketView
from alerts.tickets import acts
from alerts.values import Scene, Who
from county.coordinates import BadPosition, located, to_gcj02
from county.policy import Move
from county.values import Person
from screen import shapes
from screen.desk.photo_shapes import pair_of, shown
from screen.desk.ticket_shapes import ask, stage
from screen.desk.voice_shapes import shown as spoken
from screen.wall.composed import seen_boxes

ANSWERS = {"grant": "同意", "refuse": "不同意", "reply": "书面回复"}
DEEDS = {**acts.NAMES, **{move.value: move.words for move in Move}, **ANSWERS}


def desk(view: TicketView, now: datetime) -> shapes.DeskShown:
    """The ticket with what its viewer may do; the township's officer can be called."""
    officer = view.township
    contact = shapes.Contact(name=officer.name, phone=officer.phone) if officer else None
    lon, lat = _on_chinese_maps(view.ticket.scene)
    arrived = view.arrived
    return shapes.DeskShown(
        **_common(view, now), township=contact, acts=list(view.acts), moves=list(view.moves),
        phrases={act: list(said) for act, said in view.phrases.items()}, map_lon=lon, map_lat=lat,
        near_m=view.near_m, you=view.you,
        arrived=shapes.Line(at=arrived.at, words=arrived.words) if arrived else None,
    )  # fmt: skip


def ticket(view: TicketView, now: datetime) -> shapes.TicketShown:
    """The ticket for who only looks: no acts and no full phone number."""
    return shapes.TicketShown(**_common(view, now), township=None)


def _common(view: TicketView, now: datetime) -> dict[str, Any]:
    one, scene, shot = view.ticket, view.ticket.scene, view.picture
    return {
        "ticket": str(one.id), "number": one.number, "what_name": view.what_name, "severity": one.severity,
        "severity_name": view.severity_name, "stage": one.stage.value, "state": one.status.value,
        "state_name": one.status.words, "place": scene.place_name, "spot_name": scene.spot_name, "at": one.seen_at,
        "due_at": one.due_at, "due_kind": one.due_clock.value if one.due_clock else None, "now": now,
        "overdue": one.overdue,
        "level": one.level.value, "person": _masked(one.person),
        "picture": shapes.Picture(sha256=shot.sha256, boxes=seen_boxes(shot)) if shot else None,
        "lon": scene.longitude, "lat": scene.latitude, "crs": scene.crs or None,
        "steps": [shapes.Step(name=step.name, at=step.at, done=step.done) for step in view.steps],
        "history": [shapes.Line(at=line.at, words=line.words) for line in view.history],
        "photos": [shown(photo) for photo in view.photos], "pair": pair_of(view.pair),
        "sources": [source.words for source in view.sources],
        "reason": view.reason, "rendered": one.rendered, "stages": [stage(told) for told in view.stages],
        "asks": [ask(told, ZoneInfo(view.zone)) for told in view.asks],
        "relapse": one.relapse, "earlier": view.earlier or None,
        "voices": [spoken(one, DEEDS.get(one.act, "")) for one in view.voices],
    }  # fmt: skip


def _on_chinese_maps(scene: Scene) -> tuple[float | None, float | None]:
    """Where a Chinese map shows the place; nothing where it has no coordinates that can be used."""
    if scene.longitude is None or scene.latitude is None:
        return None, None
    try:
        return to_gcj02(located(scene.longitude, scene.latitude, scene.crs))
    except BadPosition:
        return None, None


def _masked(who: Who) -> shapes.PersonMasked:
    return shapes.PersonMasked(name=who.name, phone_masked=Person(who.id, who.name, who.phone).phone_masked)
