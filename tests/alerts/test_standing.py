"""The history of a ticket replays to the state it is in; a lost or doubled row is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from alerts.desk import Desk
from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import HISTORY, TICKETS
from alerts.tickets.standing import BrokenChain, Standing, Step, replayed, standing_of
from alerts.world import World
from county.snapshot import County
from tests.alerts.makes import FakeInbox, at, event

HERE = Standing("已接单", "任务处理", "马村官", "village", "major", at(30), "handle")


def steps(*states: tuple[str, str]) -> list[Step]:
    return [Step(before, replace(HERE, state=after)) for before, after in states]


def test_the_last_row_says_where_a_ticket_stands() -> None:
    assert replayed(steps(("", "待核实"), ("待核实", "待核实"), ("待核实", "已接单"))) == HERE
    assert replayed([]) is None


@pytest.mark.parametrize(
    "states",
    [
        [("待核实", "已接单")], [("", "待核实"), ("已派遣(待接单)", "已接单")],
        [("", "待核实"), ("待核实", "已接单"), ("待核实", "已接单")],
    ],
    ids=["without a beginning", "a row lost", "a row doubled"],
)  # fmt: skip
def test_rows_that_do_not_hang_together_are_named(states: list[tuple[str, str]]) -> None:
    with pytest.raises(BrokenChain, match="条从"):
        replayed(steps(*states))


def test_the_auditor_finds_a_ticket_that_was_changed_past_its_history(book: Book, county: County) -> None:
    world = World(lambda: county, lambda: at(1))
    inbox = FakeInbox()
    inbox.add(event(0))
    Engine(book, inbox, world).step()
    reader = Reader(book)
    ticket = reader.recent()[0].id
    desk = Desk(book, world)
    desk.act(desk.mint(ticket), "accept")
    whole = reader.ticket(ticket)
    assert whole is not None
    assert replayed(reader.steps(ticket)) == standing_of(whole)
    assert reader.misfits() == []
    for change in ({"person_name": "别人"}, {"level": "county"}, {"due_us": None}, {"severity": "minor"}):
        with book.store.write() as conn:
            before = conn.execute(sa.select(TICKETS)).one()
            conn.execute(TICKETS.update().values(change))
        assert [finding.number for finding in reader.misfits()] == [whole.number], change
        with book.store.write() as conn:
            conn.execute(TICKETS.update().values({name: getattr(before, name) for name in change}))
    with book.store.write() as conn:
        conn.execute(HISTORY.delete().where(HISTORY.c.n == sa.select(sa.func.max(HISTORY.c.n)).scalar_subquery()))
    assert len(reader.misfits()) == 1
