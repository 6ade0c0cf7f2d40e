"""The wall's one JSON: ``gather`` reads, ``compose`` is pure. Figures come counted from the book."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from alerts.devices import alive
from alerts.notices import trouble_book
from alerts.notices.troubles import Standing, shown
from alerts.store.figures import Counts, Rank, Rung, TownshipState, Trend, Upkeep
from alerts.store.figures import Funnel as FunnelCounts
from alerts.store.lines import Line
from alerts.store.newest import Newest
from alerts.store.queries import Filters, Shot
from county.policy import Severity
from county.snapshot import County
from county.values import LADDER, DeviceKind
from screen import shapes
from screen.rooms import Rooms, news
from screen.wall import equipment
from screen.wall.equipment import News

DAYS = 30
SILENT_ENGINE = timedelta(minutes=5)
LIVE_ROWS = 30
MAP_ALARMS = 300


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read from the book and the door, at one moment."""

    now: datetime
    county: County
    news: News
    counts: Counts
    funnel: FunnelCounts
    ranking: Sequence[Rank]
    categories: Mapping[str, int]
    townships: Sequence[TownshipState]
    ladder: Mapping[str, Rung]
    trend: Trend
    open_lines: Sequence[Line]
    recent: Sequence[Line]
    shot: Shot | None
    shot_line: Line | None
    upkeep: Upkeep
    audited_at: datetime | None = None
    troubles: Sequence[Standing] = ()


def gather(rooms: Rooms) -> Facts:
    """Read everything the wall shows. ``StoreAway`` when a store cannot be read."""
    now = rooms.now()
    since = now - timedelta(days=DAYS)
    county = rooms.county()
    shot = rooms.reader.latest_shot([one.id for one in county.content.devices if one.viewers])  # everybody sees it
    return Facts(
        now=now,
        county=county,
        news=news(rooms),
        counts=rooms.figures.counts(now),
        funnel=rooms.figures.funnel(since),
        ranking=rooms.figures.ranking(since),
        categories=rooms.figures.by_category(since),
        townships=rooms.figures.townships(),
        ladder=rooms.figures.ladder(now),
        trend=rooms.figures.trend_24h(now),
        open_lines=rooms.reader.queue(Filters(limit=MAP_ALARMS)),
        recent=rooms.reader.recent(LIVE_ROWS),
        shot=shot,
        shot_line=rooms.reader.line(shot.ticket) if shot else None,
        upkeep=rooms.figures.upkeep(),
        audited_at=rooms.reader.audited_at(),
        troubles=trouble_book.standing(rooms.book),
    )


def compose(facts: Facts) -> shapes.Wall:
    """Turn facts into what the wall shows."""
    county, told, now = facts.county, facts.news, facts.now
    names = what_names(county)
    cameras = alive.of_kind(county, DeviceKind.CAMERA)
    return shapes.Wall(
        now=now,
        county=shapes.CountyHead(
            code=county.code, name=county.name, townships=len(county.townships), villages=len(county.villages),
            revision=county.revision,
        ),
        rendered=any(line.rendered for line in (*facts.open_lines, *facts.recent)),
        links=equipment.links(county, told, now).model_copy(
            update={"engine": _engine(facts), "troubles": _troubles(facts)}
        ),
        kpi=_kpi(facts.counts),
        funnel=_funnel(facts.funnel),
        ranking=_ranking(facts),
        categories=[_category(what, names, count) for what, count in facts.categories.items()],
        map=_map(facts, names),
        ladder=_ladder(facts.ladder),
        trend=_trend(facts.trend),
        bins=shapes.Bins(
            full_at=county.policy.bins.dirty,
            series=equipment.fill_series(county, told, now),
            soon=equipment.full_soon(county, told, now),
        ),
        live=[live_row(line, names.get(line.what, line.what)) for line in facts.recent],
        snapshot=_snapshot(facts, names),
        devices=shapes.Devices(
            cameras=len(cameras),
            cameras_online=alive.rate(told, county, DeviceKind.CAMERA, now).online,
            cameras_unknown=equipment.cameras_unknown(county, told),
            bins=len(alive.of_kind(county, DeviceKind.BIN)),
            bins_silent=equipment.bins_silent(county, told, now),
            dead_letters=sum(told.dead_letters.values()),
            refused=equipment.refusing(county, told),
            tickets=facts.upkeep.open,
            tickets_overdue=facts.upkeep.overdue,
        ),
    )  # fmt: skip


def _engine(facts: Facts) -> str:
    """Whether the alert engine lives: its auditor looks every minute."""
    alive = facts.audited_at is not None and facts.now - facts.audited_at <= SILENT_ENGINE
    return "ok" if alive else "silent"


def _troubles(facts: Facts) -> list[shapes.ChannelTrouble]:
    zone = ZoneInfo(facts.county.calendar.zone)
    return [
        shapes.ChannelTrouble(
            channel=one.channel, cause=one.cause.value, since=one.since, letters=one.letters,
            words=shown(one, facts.now, zone),
        )
        for one in facts.troubles
    ]  # fmt: skip


def what_names(county: County) -> dict[str, str]:
    """What this county calls each kind."""
    return {category.code: category.name for category in county.policy.categories}


def live_rows(rooms: Rooms) -> Callable[[], list[dict[str, Any]]]:
    """Give the newest alarms as JSON, as the wall's ``live`` has them. The rows are kept: nobody may change them."""
    newest = Newest(rooms.book, LIVE_ROWS)

    def rows() -> list[dict[str, Any]]:
        names = what_names(rooms.county())
        return [_live_json(line, names.get(line.what, line.what)) for line in newest.lines()]

    return rows


@lru_cache(maxsize=4 * LIVE_ROWS)  # of thirty rows one is new, ten times a second
def _live_json(line: Line, name: str) -> dict[str, Any]:
    return live_row(line, name).model_dump(mode="json")


def live_row(line: Line, name: str) -> shapes.LiveRow:
    return shapes.LiveRow(
        ticket=str(line.id), code=line.number, at=line.at, severity=severity_of(line.severity), what=line.what,
        what_name=name, place=f"{line.place} {line.spot_name}".strip(),
        state=line.status.value, state_name=line.status_name, level=line.level, due_at=line.due_at,
    )  # fmt: skip


def _kpi(counts: Counts) -> shapes.Kpi:
    longest = counts.waiting_longest_min
    return shapes.Kpi(
        today=counts.today, today_delta=counts.today - counts.yesterday, waiting=counts.waiting,
        waiting_longest_min=int(longest) if longest is not None else None, handling=counts.handling,
        checking=counts.checking, closed_today=counts.closed_today, closed_mean_h=counts.closed_mean_h,
        overdue=counts.overdue, on_time_percent=counts.on_time_percent, silent=counts.silent,
    )  # fmt: skip


def _funnel(funnel: FunnelCounts) -> shapes.Funnel:
    return shapes.Funnel(
        days=DAYS, events=funnel.events, alarms=funnel.alarms, dispatched=funnel.dispatched,
        accepted=funnel.accepted, handled=funnel.handled, closed=funnel.closed,
    )  # fmt: skip


def _ranking(facts: Facts) -> list[shapes.Rank]:
    return [
        shapes.Rank(
            code=rank.township, name=_name(facts.county, rank.township), score=rank.score, open=rank.open,
            closed=rank.closed, overdue=rank.overdue,
        )
        for rank in facts.ranking
    ]  # fmt: skip


def _category(what: str, names: Mapping[str, str], count: int) -> shapes.CategoryCount:
    return shapes.CategoryCount(what=what, name=names.get(what, what), count=count)


def _map(facts: Facts, names: Mapping[str, str]) -> shapes.Map:
    scores = {rank.township: rank.score for rank in facts.ranking}
    states = {state.township: state for state in facts.townships}
    townships = []
    for region in facts.county.townships:
        state = states.get(region.code)
        townships.append(
            shapes.TownshipState(
                code=region.code, name=region.name, score=scores.get(region.code), open=state.open if state else 0,
                worst=state.worst if state else None,
            )
        )  # fmt: skip
    return shapes.Map(
        townships=townships,
        alarms=[alarm for line in facts.open_lines if (alarm := _alarm(line, names)) is not None],
        cameras=equipment.map_cameras(facts.county, facts.news, facts.now),
        bins=equipment.map_bins(facts.county, facts.news, facts.now),
    )


def _alarm(line: Line, names: Mapping[str, str]) -> shapes.MapAlarm | None:
    if line.longitude is None or line.latitude is None:
        return None
    return shapes.MapAlarm(
        ticket=str(line.id), lon=line.longitude, lat=line.latitude, severity=severity_of(line.severity),
        what_name=names.get(line.what, line.what), place=line.place, at=line.at,
    )  # fmt: skip


def _ladder(rungs: Mapping[str, Rung]) -> shapes.Ladder:
    empty = Rung(0, None)
    shown = {level.value: rungs.get(level.value, empty) for level in LADDER}
    return shapes.Ladder(**{name: shapes.Rung(open=rung.open, mean_h=rung.mean_h) for name, rung in shown.items()})


def _trend(trend: Trend) -> shapes.Trend:
    opened = {name: list(counts) for name, counts in trend.opened.items()}
    return shapes.Trend(
        hours=list(trend.hours), urgent=opened["urgent"], major=opened["major"], minor=opened["minor"],
        closed=list(trend.closed),
    )  # fmt: skip


def _snapshot(facts: Facts, names: Mapping[str, str]) -> shapes.Snapshot | None:
    shot, line = facts.shot, facts.shot_line
    if shot is None or line is None:
        return None
    device = facts.county.device(shot.device)
    return shapes.Snapshot(
        ticket=str(shot.ticket), sha256=shot.sha256, at=shot.at, place=f"{line.place} {line.spot_name}".strip(),
        device=device.name if device else shot.device, boxes=seen_boxes(shot),
        what_name=names.get(shot.what, shot.what), rendered=line.rendered,
    )  # fmt: skip


def seen_boxes(shot: Shot) -> list[shapes.SeenBox]:
    return [shapes.SeenBox(**box.model_dump()) for box in shot.boxes]


def severity_of(text: str) -> Severity:
    return text if text in ("urgent", "major", "minor") else "minor"  # type: ignore[return-value]


def _name(county: County, code: str) -> str:
    region = county.regions.get(code)
    return region.name if region else code
