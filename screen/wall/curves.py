"""Curves for the wall and the office: raw values, hours or days of what was measured, newest values, and gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from broker.messages import Name
from county.snapshot import County
from ingest.series import Ask, Line, Series, SeriesAway, key_of
from ingest.series.history import LENGTHS, Bars, Gap, Span, gaps
from screen.access.reach import sees_spots
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.desk.ticket import rooms_of
from screen.moments import Moment
from screen.problems import Problem
from screen.shapes import Shape

What = Literal["fill_percent", "temperature_c", "battery_percent", "tilt_degrees", "rssi_dbm", "events"]
By = Literal["raw", "hour", "day"]
Village = Annotated[str, Query(pattern="^[0-9]{12}$")]
DAY = timedelta(days=1)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=8)  # the county's midnight before UTC's
USUAL: Mapping[By, timedelta] = {"raw": DAY, "hour": 7 * DAY, "day": 90 * DAY}
MOST_OF_ALL: Mapping[By, timedelta] = {"raw": DAY, "hour": 8 * DAY, "day": 400 * DAY}  # every device of the county
MOST_OF_ONE: Mapping[By, timedelta] = {"raw": 31 * DAY, "hour": 400 * DAY, "day": 3660 * DAY}
router = APIRouter(tags=["wall"])


class Curve(Shape):
    """One series: times, and a value for each (an hour's or a day's mean, or the raw value).

    ``low``, ``high`` and ``n`` (how many values) are empty for raw values. ``gaps``: from and until, nothing measured.
    """

    device: str
    spot: str
    village: str
    name: str
    tags: dict[str, str]
    at: list[datetime]
    value: list[float]
    low: list[float]
    high: list[float]
    n: list[int]
    gaps: list[tuple[datetime, datetime]]
    latest: tuple[datetime, float] | None


class Curves(Shape):
    """The answer: whole hours or days from ``start`` until before ``end``."""

    what: What
    by: By
    start: datetime
    end: datetime
    curves: list[Curve]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page asks for, checked: the span, and how it is gathered."""

    span: Span
    by: By


@router.get("/api/v1/curves", summary="Curves of readings: raw, by the hour or by the day, with gaps and newest values")
def curves(  # noqa: PLR0913, PLR0917 - these are the query's words
    request: Request,
    viewer: Annotated[Viewer, needs(Right.WALL)],
    what: What = "fill_percent",
    by: By = "hour",
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="to")] = None,
    device: Name | None = None,
    spot: Name | None = None,
    village: Village | None = None,
) -> Curves:
    rooms = rooms_of(request)
    tags = {"device": device or "", "spot": spot or "", "village": village or ""}
    wish = checked(Wish(span_of(what, (start, end), by, rooms.now()), by), tags)
    try:
        found = [
            curve
            for curve in read(rooms.series, wish, rooms.county())
            if sees_spots(viewer, curve.village, [curve.spot])
        ]
    except SeriesAway as fault:
        raise Problem(503, "曲线数据库暂时不可用，请稍后再试", 30) from fault
    return Curves(what=what, by=by, start=wish.span.start, end=wish.span.end, curves=found)


def span_of(what: What, asked: tuple[datetime | None, datetime | None], by: By, now: datetime) -> Span:
    """Return the asked or usual span; ``Problem`` when it ends before it begins, or lies outside of time."""
    start, end = asked
    until = end or now
    if not FIRST <= until <= now + 2 * DAY:
        raise Problem(422, "结束时间不对：请填 2000 年以后、不晚于明天的时间")
    since = start if start is not None else until - USUAL[by]
    if not FIRST <= since < until:
        raise Problem(422, "开始时间不对：请填 2000 年以后、早于结束时间的时间")
    measurement, field_name = ("event", "count") if what == "events" else ("reading", what)
    return Span(measurement, field_name, since.astimezone(UTC), until.astimezone(UTC))


def checked(wish: Wish, tags: Mapping[str, str]) -> Wish:
    """Widen to whole hours or days of the county's clock, and refuse what would be too much at once."""
    span, wanted = wish.span, dict(key_of(tags))
    most = (MOST_OF_ONE if wanted else MOST_OF_ALL)[wish.by]
    if span.end - span.start > most:
        cure = "" if wanted else "，或者只看一个设备、点位或村"
        raise Problem(422, f"时间太长：这样看最多 {most.days} 天，请缩短时间{cure}")
    if wish.by == "raw":
        return Wish(Span(span.measurement, span.field, span.start, span.end, wanted), wish.by)
    length = LENGTHS[wish.by]
    start = span.start - (span.start - FIRST + AHEAD) % length
    end = span.end + (FIRST - AHEAD - span.end) % length
    return Wish(Span(span.measurement, span.field, start, end, wanted), wish.by)


def read(series: Series, wish: Wish, county: County) -> Iterator[Curve]:
    """Yield one curve for each series that has values; ``SeriesAway`` when the store cannot be asked."""
    span = wish.span
    newest = {key_of(line.tags): line for line in series.last(span.measurement, span.field, span.tags)}
    if wish.by == "raw":
        for line in series.range(Ask(span.measurement, span.field, span.start, span.end, span.tags)):
            yield _raw(line, wish, county, newest.get(key_of(line.tags)))
    else:
        for bars in series.bars(span, wish.by):
            yield _bars(bars, wish, county, newest.get(key_of(bars.tags)))


def _raw(line: Line, wish: Wish, county: County, newest: Line | None) -> Curve:
    times = [sample.at.timestamp() for sample in line.samples]
    empty = Bars(line.tags, times, [], [sample.value for sample in line.samples], [], [])
    return _curve(empty, gaps(times, *_edges(wish)), county, newest)


def _bars(bars: Bars, wish: Wish, county: County, newest: Line | None) -> Curve:
    covers = LENGTHS[wish.by].total_seconds()
    return _curve(bars, gaps(bars.at, *_edges(wish), covers), county, newest)


def _edges(wish: Wish) -> tuple[float, float]:
    return wish.span.start.timestamp(), wish.span.end.timestamp()


def _curve(bars: Bars, missing: Sequence[Gap], county: County, newest: Line | None) -> Curve:
    tags = dict(bars.tags)
    device, spot = tags.pop("device", ""), tags.pop("spot", "")
    last = newest.samples[-1] if newest and newest.samples else None
    return Curve(
        device=device, spot=spot, village=tags.pop("village", ""), name=_name(county, device, spot), tags=tags,
        at=[_moment(at) for at in bars.at], value=list(bars.mean), low=list(bars.low), high=list(bars.high),
        n=list(bars.n), gaps=[(_moment(gap.start), _moment(gap.end)) for gap in missing],
        latest=(last.at, last.value) if last else None,
    )  # fmt: skip


def _name(county: County, device: str, spot: str) -> str:
    known = county.spot(device, spot)
    return known.name if known else spot or device


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
