"""Small months, lived through whole: the same seed gives the same, the books balance, planted faults are found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import pytest

from alerts.engine import Engine
from alerts.post import Post
from alerts.store.pen import Pen
from alerts.values import Decision, Source
from broker.messages import Event, Reading
from ingest.inbox import Row
from jingcun.simulate import report
from jingcun.simulate.happenings import What
from jingcun.simulate.month import Month, Plan
from jingcun.simulate.shards import simulate
from jingcun.simulate.wire import Page
from tests.jingcun.simulate.month import BEGIN, BUSY, county, month, rates

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def lived() -> Month:
    return month(days=2)


def story(of: Month) -> list[tuple[Any, ...]]:
    """Everything about the tickets that does not depend on how fast this machine is."""
    return [(one.id, one.number, one.opened_at, one.closed_at, one.status, one.person.id, one.version)
            for one in of.ledger.tickets]  # fmt: skip


def test_the_books_of_a_month_balance(lived: Month) -> None:
    assert lived.wrong == ()
    assert lived.ledger.tickets
    assert lived.tally.decided == lived.ledger.cursor


def test_the_same_seed_gives_the_same_month(lived: Month) -> None:
    again = month(days=2)
    assert story(again) == story(lived)
    assert (again.tally.fates, again.acts, again.letters) == (lived.tally.fates, lived.acts, lived.letters)
    assert {**report.facts(again, 1), "seconds": 0} == {**report.facts(lived, 1), "seconds": 0}


def test_another_seed_gives_another_month(lived: Month) -> None:
    other = {one.id for one in month(2).ledger.tickets}
    assert other - {one.id for one in lived.ledger.tickets}


def test_dumpings_are_found_and_people_clean_them(lived: Month) -> None:
    told = report.facts(lived, 1)
    assert told["dumping_recall"] >= 0.9
    assert told["acts"]["done"] > 0
    dumpings = [one for one in lived.happenings if one.what is What.DUMPING]
    assert any(one.ended is not None for one in dumpings)


def test_without_noise_nearly_every_ticket_is_true_and_with_more_fewer_are(lived: Month) -> None:
    clean, loud = month(noise=0), month(noise=4)
    assert report.facts(clean, 0)["precision"] > 0.9
    assert report.facts(loud, 4)["precision"] < report.facts(clean, 0)["precision"]
    assert loud.town.events > clean.town.events
    assert clean.wrong == loud.wrong == ()


def test_the_figures_name_everything_that_a_county_asks_for(lived: Month) -> None:
    told = report.facts(lived, 1)
    assert told["tickets"] == len(lived.ledger.tickets) == sum(told["by_category"].values())
    assert told["tickets"] == sum(told["by_status"].values()) == sum(told["by_source"].values())
    assert set(told["by_source"]) <= {one.value for one in Source}
    assert told["raw_events"] == told["camera_events"] + told["bin_events"]
    assert told["reduction"] == pytest.approx(told["raw_events"] / told["tickets"], abs=0.01)
    assert sum(told["events"].values()) == lived.town.events + lived.town.looks + _copies(lived, Event)
    assert sum(told["bin_readings"].values()) == lived.town.readings + _copies(lived, Reading)
    assert {"village", "township"} <= set(told["people"])
    assert told["people"]["village"]["most_tickets_a_day"] >= 1


def _copies(of: Month, kind: type[Event | Reading]) -> int:
    """Copies and what is under way are few; they are told apart by the books, here only bounded."""
    count = sum(of.tally.of(kind).values())
    base = of.town.readings if kind is Reading else of.town.events + of.town.looks
    assert -of.town.under_way <= count - base <= of.town.doubled
    return count - base


def test_the_words_are_chinese_and_say_whether_the_books_balance(lived: Month) -> None:
    told = list(report.words(lived, 1))
    assert told[0].startswith("青峦县:摄像机 4 台、垃圾桶 8 个,从 2026-11-02 起模拟 2 天")
    assert any("账目:平" in line for line in told)
    assert any("原始事件与工单之比" in line for line in told)
    assert any(line.startswith("查全:乱倾倒") for line in told)


class _Forgetful(Page):
    """Loses one row of one page, after a while."""

    reads = 0

    def read(self, after: int, limit: int, _kinds: Collection[str] | object = None) -> list[Row]:
        rows = super().read(after, limit)
        self.reads += 1
        if self.reads < 50 or len(rows) < 3:
            return rows
        self.reads = -1_000_000
        return rows[:1] + rows[2:]


def test_a_row_that_is_lost_under_way_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jingcun.simulate.run.Page", _Forgetful)
    wrong = "; ".join(month().wrong)
    assert "decided out of turn" in wrong
    assert "were decided" in wrong


def test_an_engine_that_decides_a_page_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Engine._committed
    seen = [0]

    def twice(self: Engine, rows: Sequence[Row], decided: Sequence[Sequence[Decision]]) -> None:
        before(self, rows, decided)
        seen[0] += 1
        if seen[0] == 50:
            before(self, rows, decided)

    monkeypatch.setattr(Engine, "_committed", twice)
    assert "decided out of turn" in "; ".join(month().wrong)


def test_a_post_office_that_leaves_letters_lying_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Post, "step", lambda _self, _limit=100: 0)
    assert "notices are waiting" in "; ".join(month().wrong)


def test_a_history_row_that_is_not_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Pen._keep_history

    def gaps(self: Pen, ticket: Any, row: Any, caused_by: str) -> None:
        if row.new != "已接单":
            before(self, ticket, row, caused_by)

    monkeypatch.setattr(Pen, "_keep_history", gaps)
    assert any("从“已接单”开始" in words or "history" in words for words in month().wrong)


def test_days_pass_one_after_the_other_and_are_told() -> None:
    told: list[int] = []
    simulate(county(1, 1), rates(BUSY), Plan(BEGIN, 2, 1), lambda days, _tickets: told.append(days))
    assert told == [1, 2]


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_plan_of_no_days_or_of_years_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="simulate 1 to 366"):
        Plan(BEGIN, days, 1)


def test_a_plan_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Plan(datetime(2026, 11, 2), 1, 1)  # noqa: DTZ001
