"""Mutes in the whole life of a county: asked for, granted, refused, ended early, overlapping, in some hours only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from alerts.alarms.rule_tables import CONDITIONS
from alerts.asks import fairness_book
from alerts.asks.fairness_book import Which
from alerts.mutes.mute_office import MuteOffice, spot_of
from alerts.mutes.mutes import Hold, Mute, Scope, Wish
from alerts.store.tables import LOOKS
from alerts.tickets.doing import Refused
from alerts.values import PEOPLE as PERSONS
from county.values import SENSOR
from tests.alerts.duty.life import Life
from tests.alerts.makes import at
from tests.alerts.makes import event as looks
from tests.alerts.test_machine import KINDS, PEOPLE
from tests.county.small import BIN, BOX, CAMERA, OTHER_VILLAGE, SPOT, TOWNSHIP, VILLAGE

SCOPES = (
    Scope(CAMERA), Scope(CAMERA, SPOT), Scope(area=VILLAGE), Scope(area=TOWNSHIP), Scope(BIN), Scope(BOX),
    Scope(area=OTHER_VILLAGE),
)  # fmt: skip
OF_DEVICES = ("box_silent", "camera_silent", "link_down", "bin_silent")
CATEGORIES = (
    (), ("garbage",), ("garbage", "overflow"), ("dumped",), ("bin_full", "bin_fire", "bin_tilted"),
    OF_DEVICES,
)  # fmt: skip


class Muting(Life):
    def start(self) -> None:
        super().start()
        self.office = MuteOffice(self.book, self.world)

    @rule(who=st.sampled_from(["t1", "t1", "c1", "v1"]), scope=st.sampled_from(SCOPES),
          categories=st.sampled_from(CATEGORIES),
          when=st.tuples(st.sampled_from([0, 0, 20]), st.sampled_from([0.2, 1, 5, 20, 30, 100]),
                         st.sampled_from([None, None, (time(8), time(18))]), st.sampled_from([False, False, True])),
          answer=st.sampled_from(["grant", "grant", "grant", "refuse", ""]))  # fmt: skip
    def somebody_mutes(
        self, who: str, scope: Scope, categories: tuple[str, ...],
        when: tuple[float, float, tuple[time, time] | None, bool], answer: Any,
    ) -> None:  # fmt: skip
        later, hours, daily, works = when
        begins = self.minutes + later
        wish = Wish(scope, "修路堆料", at(begins), at(begins + hours * 60), categories, daily, works)
        try:
            mute = self.office.add(wish, who)
        except Refused:
            event("a mute was not possible")
            return
        event(f"a mute: {mute.hold}")
        if mute.hold is Hold.ASKED and answer:
            self.answer(mute.number, answer, "c1")

    def muted_by_the_township(self, scope: Scope, categories: tuple[str, ...], hours: float) -> None:
        """A mute of the township that the county grants where it must."""
        self.somebody_mutes("t1", scope, categories, (0, hours, None, False), "grant")

    @rule(what=st.sampled_from(KINDS), scope=st.sampled_from([Scope(CAMERA), Scope(area=VILLAGE)]),
          hours=st.sampled_from([0.5, 5]), states=st.lists(st.sampled_from(["dirty", "dirty", "clean"]), max_size=4),
          name=st.integers(1, 9))  # fmt: skip
    def something_is_seen_under_a_mute(
        self, what: str, scope: Scope, hours: float, states: list[str], name: int
    ) -> None:
        self.muted_by_the_township(scope, (what,), hours)
        for state in states:
            self.minutes += 1
            self.inbox.add(self.minted(looks(self.minutes, state, what=what, event_id=UUID(int=name))))
            self.work(self.engine.step)
        self.work(self.sweep_all)

    @rule(pick=st.integers(0, 5), answer=st.sampled_from(["grant", "refuse"]), who=st.sampled_from(PEOPLE))
    def a_mute_is_answered(self, pick: int, answer: Any, who: str) -> None:
        waiting = [one.number for one in self.mutes() if one.hold is Hold.ASKED]
        if waiting:
            self.answer(waiting[pick % len(waiting)], answer, who)

    @rule(pick=st.integers(0, 5), who=st.sampled_from(PEOPLE))
    def a_mute_is_ended(self, pick: int, who: str) -> None:
        running = [one.number for one in self.mutes() if one.hold in (Hold.HELD, Hold.ASKED)]
        if not running:
            return
        try:
            ended = self.office.end(running[pick % len(running)], who, "完工")
        except Refused:
            return
        held = any(one.mute == ended.number for one in self.kept())
        event(f"a mute {'that held something back' if held else 'that held back nothing'} was ended early")
        self.work(self.sweep_all)

    def answer(self, number: int, answer: Any, who: str) -> None:
        try:
            after = self.office.answer(number, answer, who, "说明")
        except Refused:
            return
        event(f"a mute was answered: {after.hold}")

    def mutes(self) -> list[Mute]:
        return [one.mute for one in self.office.listed(limit=10_000)]

    def mute_over(self, mutes: Sequence[Mute], place: str, spot_id: str, kind: str) -> Mute | None:
        """A mute that holds back a category there at this moment."""
        spot = spot_of(self.county, place, spot_id)
        assert spot is not None
        now, zone = at(self.minutes), self.book.zone
        return next((one for one in mutes if one.in_force(now, zone) and one.covers(spot, kind)), None)

    def work(self, step: Any) -> None:
        before = {row.id for row in self.alarms()}
        super().work(step)
        mutes = self.mutes()
        for row in self.alarms():
            if row.id not in before and row.source not in {one.value for one in PERSONS}:
                holds = self.mute_over(mutes, row.place, row.spot, row.kind)
                assert holds is None, f"{row.kind} opened a ticket under {holds}"

    def after_sweep(self) -> None:
        super().after_sweep()
        mutes = self.mutes()
        for row in self.kept():
            if row.is_open:
                event(f"held back by a mute: {row.source}")
                assert self.mute_over(mutes, row.place, row.spot, row.kind), f"{row.kind} is still held back by no mute"
        ended = [one.number for one in mutes if one.hold is Hold.ENDED]
        said = [line.entry.words for line in fairness_book.lines(self.book, Which(limit=10_000))]
        for number in ended:
            assert sum(f"第{number}号静默期间共压下" in words for words in said) <= 1
        assert not [one for one in mutes if one.hold in (Hold.HELD, Hold.ASKED) and one.end_at <= at(self.minutes)]

    @invariant()
    def every_mute_has_an_author_a_reason_an_end_and_where_it_must_a_grant(self) -> None:
        for mute in self.mutes():
            assert mute.author.id
            assert mute.reason
            assert mute.end_at > mute.begin_at
            grave = not mute.categories or {"dumped", "bin_fire", "link_down"} & set(mute.categories)
            long = (mute.end_at - mute.begin_at).total_seconds() > 24 * 3600
            if mute.hold is Hold.HELD and (long or grave or mute.works):
                assert mute.granted_by not in ("", mute.author.name)

    @invariant()
    def what_was_seen_dirty_has_a_ticket_a_mute_or_a_rule_that_waits(self) -> None:
        with self.book.store.read() as conn:
            looks = conn.execute(sa.select(LOOKS).where(LOOKS.c.state == "dirty")).all()
            waiting = {(row.place, row.spot) for row in conn.execute(sa.select(CONDITIONS))}
        last: dict[tuple[str, str, str], int] = {}
        for row in self.alarms():
            key = (row.place, row.spot, row.kind)
            last[key] = max(last.get(key, row.last_us), row.last_us)
        held = {(row.place, row.spot, row.kind) for row in self.kept() if row.is_open}
        for look in looks:
            key = (look.place, look.spot, look.kind)
            told = last.get(key, look.at_us - 1) >= look.at_us
            assert told or key in held or key[:2] in waiting, f"{key} was seen dirty and nobody knows"

    def teardown(self) -> None:
        ended = [one for one in self.mutes() if one.hold is Hold.ENDED]
        kept = {row.mute for row in self.kept()}
        if ended:
            event("a mute has ended")
        if any(one.number in kept for one in ended):
            event("a mute that held something back has ended")
        told = {(row.place, row.spot, row.kind, row.event_id) for row in self.kept() if not row.is_open}
        if any(SENSOR not in row[1] for row in told):
            event("what a mute held back is over or told")
        super().teardown()
