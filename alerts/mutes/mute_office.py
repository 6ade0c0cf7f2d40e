"""The acts of people on mutes, and the end of a mute: what is still dirty then gets its ticket at once.

Each act is one transaction with its line in the fairness log. Errors carry Chinese words: ``NoMute``, ``Refused``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from alerts.alarms import rules
from alerts.asks import fairness_book
from alerts.asks.fairness import Deed, Entry
from alerts.devices.cover import link_spot
from alerts.mutes import grant_letters, mute_acts, mute_book, mutes
from alerts.mutes.grant_letters import described
from alerts.mutes.mute_book import Count
from alerts.mutes.muted import proven_clean, seen_under
from alerts.mutes.mutes import Hold, Kept, Mute, Wish
from alerts.store.book import Book, Pen
from alerts.tickets.moves import category
from alerts.values import Decision, Who
from alerts.world import World
from broker.messages import State
from county.snapshot import County
from county.values import SENSOR, DeviceKind, Spot, own_spot, sensor_of

Answer = Literal["grant", "refuse"]


class NoMute(LookupError):
    """No such mute."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A mute, and how much was found under it."""

    mute: Mute
    count: Count


class MuteOffice:
    """Asking for mutes, granting and ending them. A person is an id of people.csv."""

    def __init__(self, book: Book, world: World) -> None:
        """Act by the world's county and clock."""
        self._book = book
        self._world = world

    def add(self, wish: Wish, person: str) -> Mute:
        """Ask for a mute; it holds at once unless the policy wants a grant. ``Refused`` says why not."""
        now, county = self._world.now(), self._world.county()
        author = mute_acts.author_at(county, person, wish, now)
        with self._book.writing() as pen:
            others = _around(pen, max(wish.begin_at, now), county)
            mute = mute_acts.asked(wish, author, county, now, others)
            mute = mute_book.add(pen.conn, pen.county, mute)
            _log(pen, mute, mute.author, (mute.reason, described(mute, county)), now)
            return _tell(pen, mute, county, now)

    def answer(self, number: int, answer: Answer, person: str, reason: str = "") -> Mute:
        """Grant a mute that waits, or refuse it with a reason."""
        now, county = self._world.now(), self._world.county()
        with self._book.writing() as pen:
            mute = _found(pen, number)
            who = mute_acts.author_at(county, person, mute, now)
            if answer == "grant":
                after = mute_acts.granted(mute, who, county, now, _around(pen, mute.begin_at, county))
            else:
                after = mute_acts.refused(mute, who, reason, county, now)
            mute_book.change(pen.conn, pen.county, after)
            _log(pen, after, who, (reason or mute.reason, f"{after.hold.words}:{described(after, county)}"), now)
        return after

    def end(self, number: int, person: str, reason: str) -> Mute:
        """End a mute early; what is still dirty under it gets its ticket with the next sweep."""
        now, county = self._world.now(), self._world.county()
        with self._book.writing() as pen:
            mute = _found(pen, number)
            who = mute_acts.author_at(county, person, mute, now)
            after = mute_acts.ended(mute, who, reason, county, now)
            mute_book.change(pen.conn, pen.county, after)
            _log(pen, after, who, (reason, "提前结束"), now)
            _log_finds(pen, after, now)
        return after

    def listed(self, limit: int = 100, only_open: bool = False) -> list[Shown]:
        """Mutes, the newest first, each with how much was found under it."""
        with self._book.store.read() as conn:
            found = mute_book.newest(conn, self._book.county, limit, only_open)
            counted = mute_book.counts(conn, self._book.county, [one.number for one in found])
        return [Shown(one, counted[one.number]) for one in found]

    def one(self, number: int) -> Shown:
        """A mute by its number; ``NoMute`` for any other."""
        with self._book.store.read() as conn:
            mute = mute_book.by_number(conn, self._book.county, number)
            if mute is None:
                raise NoMute(f"没有第{number}号静默")
            return Shown(mute, mute_book.counts(conn, self._book.county, [number])[number])


class MuteSweep:
    """Ends mutes whose time is over, and opens the tickets of what is still dirty where none holds any more."""

    def __init__(self, book: Book, world: World) -> None:
        """One step reads the few mutes that are open, and what was found under them."""
        self._book = book
        self._world = world

    def step(self) -> list[Decision]:
        """End what is over, and tell again who has not yet granted what waits; returns what was decided."""
        now, county = self._world.now(), self._world.county()
        with self._book.store.read() as conn:
            muting = mute_book.Muting(conn, self._book.county)
        over = any(mute_acts.run_out(one, now) or grant_letters.is_due(one, now) for one in muting.mutes)
        if not over and not muting.kept:
            return []
        made: list[Decision] = []
        with self._book.writing() as pen:
            for mute in list(pen.muting.mutes):
                _tell(pen, mute, county, now)
                _run_out(pen, mute, now)
            for kept in list(pen.muting.kept.values()):
                made += _reopened(pen, kept, county, now)
            self._world.crash("alerts.before_commit")
        self._world.crash("alerts.after_commit")
        return made


def _around(pen: Pen, begin_at: datetime, county: County) -> list[Mute]:
    """The mutes that can matter to the length of one that begins then: what is longer without a break is refused."""
    longest = timedelta(hours=county.policy.silence.works_longest_h + 24)
    return mute_book.around(pen.conn, pen.county, begin_at - longest)


def _found(pen: Pen, number: int) -> Mute:
    mute = mute_book.by_number(pen.conn, pen.county, number)
    if mute is None:
        raise NoMute(f"没有第{number}号静默")
    return mute


def _tell(pen: Pen, mute: Mute, county: County, now: datetime) -> Mute:
    """Tell whoever may grant a mute that it waits, when that is due."""
    if not grant_letters.is_due(mute, now):
        return mute
    after, decision = grant_letters.told(mute, county, now)
    mute_book.change(pen.conn, pen.county, after)
    pen.apply([decision] if decision is not None else [], f"mute {mute.number}", now)
    return after


def _run_out(pen: Pen, mute: Mute, now: datetime) -> None:
    after = mute_acts.run_out(mute, now)
    if after is None:
        return
    mute_book.change(pen.conn, pen.county, after)
    pen.muting.mutes.remove(mute)
    if mute.hold is Hold.ASKED:
        _log(pen, after, mute.author, (mute.reason, "到期未批准"), now)
    else:
        _log(pen, after, mute.author, (mute.reason, "到期结束"), now)
        _log_finds(pen, after, now)


def _reopened(pen: Pen, kept: Kept, county: County, now: datetime) -> Sequence[Decision]:
    """The ticket of what is still dirty, unless another mute holds it back; what is no longer registered is let go.

    What a person has meanwhile found clean, because others had told of it, is no new dirt.
    """
    spot = spot_of(county, kept.place, kept.spot)
    if spot is None:
        _let_go(pen, kept, county, now)
        return ()
    known = pen.known(spot, kept.kind, kept.place)
    if mutes.muting(known.mutes, kept.source, now, county) is not None:
        return ()
    if proven_clean(kept, pen.ended_at(spot.ground)):
        pen.muting.keep(replace(kept, state=State.CLEAN, is_open=False))
        return ()
    decisions = rules.looked(replace(known, look=None, mutes=()), seen_under(kept), spot, county, now)
    pen.apply(decisions, f"mute {kept.mute}", now)
    if kept.key in pen.muting.kept:  # its category is no longer watched for there
        _let_go(pen, kept, county, now)
    return decisions


def _let_go(pen: Pen, kept: Kept, county: County, now: datetime) -> None:
    """What nothing watches for any more gets no ticket; the log says so, for a renamed spot must hide nothing."""
    pen.muting.keep(replace(kept, is_open=False))
    mute = mute_book.by_number(pen.conn, pen.county, kept.mute)
    if mute is None:
        return
    what = category(county, kept.kind)[0]
    words = f"点位{kept.spot}已改名、撤销或不再看这一类,第{mute.number}号静默压下的{what}不再立案,请到现场核对"
    entry = Entry(Deed.SUPPRESSED, mute.author, mute.reason, now, mute.region, mute.place, words=words)
    fairness_book.note(pen, entry)


def spot_of(county: County, place: str, spot: str) -> Spot | None:
    """The spot of something kept: one that is looked at, the sensor in a bin, a device itself, or a line."""
    found = county.spot(place, spot)
    if found is not None:
        return found
    device = county.device(place)
    if device is None:
        return link_spot(place) if place in county.regions and place == spot else None
    bin_spot = next((one for one in county.spots if one.device == place and sensor_of(one).id == spot), None)
    if bin_spot is not None and device.kind is DeviceKind.BIN:
        return sensor_of(bin_spot)
    return own_spot(device) if spot.endswith(SENSOR) else None


def _log(pen: Pen, mute: Mute, who: Who, said: tuple[str, str], now: datetime) -> None:
    fairness_book.note(pen, Entry(Deed.SILENCED, who, said[0], now, mute.region, mute.place, words=said[1]))


def _log_finds(pen: Pen, mute: Mute, now: datetime) -> None:
    """How much the mute has held back, in the name of who asked for it."""
    count = mute_book.counts(pen.conn, pen.county, [mute.number])[mute.number]
    words = f"第{mute.number}号静默期间共压下 {count.finds} 处发现({count.looks} 次观察)"
    entry = Entry(Deed.SUPPRESSED, mute.author, mute.reason, now, mute.region, mute.place, words=words)
    fairness_book.note(pen, entry)
