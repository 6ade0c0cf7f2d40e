"""One county on several processors: the parts come to what the whole comes to."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from typing import Any

import pytest

from county.snapshot import County
from jingcun.simulate import report, shards
from jingcun.simulate.grow import grown
from jingcun.simulate.month import Month, Plan
from jingcun.simulate.shards import Part, shared_out, simulate
from tests.jingcun.simulate.month import BEGIN, BUSY, county, later, rates, two_townships

pytestmark = pytest.mark.timeout(300)


def lived(processes: int) -> Month:
    return simulate(two_townships(6, 12), rates(BUSY, 2.0), Plan(BEGIN, 1, 1), processes=processes)


def story(of: Month) -> list[tuple[Any, ...]]:
    """Everything about the tickets but their running numbers."""
    return sorted(
        (str(one.id), one.scene.site, one.opened_at, one.closed_at, one.status, one.person.id, one.round, one.version,
         one.reworks, one.overdue, one.in_time)
        for one in of.ledger.tickets
    )  # fmt: skip


def truth(of: Month) -> list[tuple[Any, ...]]:
    return sorted((one.what, one.site, one.began, one.ended or later(days=99)) for one in of.happenings)


def test_two_processes_come_to_the_same_month_as_one() -> None:
    whole, parts = lived(1), lived(2)
    assert whole.ledger.tickets
    assert {one.scene.township for one in whole.ledger.tickets} == {"640999101", "640999102"}
    assert story(parts) == story(whole)
    assert truth(parts) == truth(whole)
    assert (parts.tally.fates, parts.tally.words) == (whole.tally.fates, whole.tally.words)
    assert (parts.acts, parts.letters, parts.refused) == (whole.acts, whole.letters, whole.refused)
    assert {**report.facts(parts, 2), "seconds": 0} == {**report.facts(whole, 2), "seconds": 0}
    assert parts.wrong == whole.wrong == ()


def devices(of: County) -> set[str]:
    return {one.id for one in of.content.devices}


def test_every_device_and_spot_is_in_one_part_with_its_township() -> None:
    whole = two_townships(9, 21)
    parts = shared_out(whole, 2)
    assert len(parts) == 2
    assert devices(parts[0]) | devices(parts[1]) == devices(whole)
    assert not devices(parts[0]) & devices(parts[1])
    assert sum(len(one.content.spots) for one in parts) == len(whole.content.spots)
    for one in parts:
        assert {spot.device for spot in one.content.spots} <= devices(one)
        assert one.content.people == whole.content.people


def test_townships_that_share_a_site_stay_together() -> None:
    whole = two_townships(4, 8)
    bound = tuple(replace(spot, site="border") for spot in whole.content.spots)
    (only,) = shared_out(County(replace(whole.content, spots=bound)), 2)
    assert devices(only) == devices(whole)


def test_a_county_of_one_township_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(shared_out(county(), 4)) == 1
    monkeypatch.setattr(shards, "_all", lambda *_: pytest.fail("no process is needed"))
    assert simulate(county(1, 1), rates(), Plan(BEGIN, 1, 1), processes=4).wrong == ()


@pytest.mark.parametrize("processes", [0, -1, 65])
def test_a_number_of_processes_that_is_none_is_refused(processes: int) -> None:
    with pytest.raises(ValueError, match="give 1 to 64"):
        simulate(county(), rates(), Plan(BEGIN, 1, 1), processes=processes)


def test_days_are_told_when_every_part_has_lived_through_them() -> None:
    told: list[tuple[int, int]] = []
    made = simulate(
        two_townships(), rates(BUSY), Plan(BEGIN, 2, 1), lambda day, tickets: told.append((day, tickets)), processes=2
    )
    assert [day for day, _ in told] == [1, 2]
    assert told[-1][1] == len(made.ledger.tickets)


def test_a_part_that_ends_without_an_answer_ends_all() -> None:
    nonsense = rates(BUSY).model_copy(update={"bins": None})
    with pytest.raises(RuntimeError, match=r"part \d of the simulation ended without an answer"):
        simulate(two_townships(), nonsense, Plan(BEGIN, 1, 1), processes=2)


def test_a_part_with_nothing_in_it_tells_its_fault() -> None:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    empty = grown(two_townships(), 0, 0, 0.5, 1)
    shards._part(Part(empty.content, 1, rates(), Plan(BEGIN, 1, 1)), theirs)
    word, said = mine.recv()
    assert word == "fault"
    assert said.startswith("NothingToSimulate")


def test_a_part_whose_asker_is_gone_ends_without_a_word() -> None:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    mine.close()
    shards._part(Part(county(1, 1).content, 1, rates(), Plan(BEGIN, 2, 1)), theirs)
