"""The balance of the books: what was heard against what the book says; each planted fault is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from alerts.values import Decision, Status, Ticket, Word
from ingest.inbox import Row
from jingcun.simulate.books import Came, accounted, found, settled, single, sums, true_tickets
from jingcun.simulate.happenings import Happening, Truth, What
from jingcun.simulate.ledger import Ledger, Sent
from jingcun.simulate.tally import Fate, Tally, fate_of
from tests.alerts.cases import opened, ticket_of
from tests.alerts.makes import event, row_of
from tests.county.small import TOWNSHIP, VILLAGE, small_county
from tests.jingcun.simulate.month import BEGIN, later

IGNORED = Decision(Word.IGNORED, "早于已采用的观察")
END = later(days=2)


def ticket(site: str = "s1", hours: tuple[float, float | None] = (1, 5), number: str = "GD-1", **more: Any) -> Ticket:
    """A ticket that was open for these hours; None: it still is."""
    made = ticket_of(opened(small_county()))
    begin, end = hours
    scene = replace(made.scene, site=site)
    ended: dict[str, Any] = {"closed_at": later(hours=end), "status": Status.CLOSED, "next_at": None} if end else {}
    at = later(hours=begin)
    told = {"scene": scene, "number": number, "opened_at": at, "seen_at": at, "calling": False, **ended, **more}
    return replace(made, id=uuid4(), **told)


def opening(of: Ticket) -> list[Decision]:
    alarm = opened(small_county()).alarm
    assert alarm is not None
    return [Decision(Word.OPENED, "看到", alarm=replace(alarm, id=uuid4(), ticket=of.id), ticket=of)]


class Books:
    """Three messages, of which one opened the only ticket; each test spoils something."""

    def __init__(self) -> None:
        self.ticket = ticket()
        self.rows: list[Row] = [row_of(event(number), number) for number in (1, 2, 3)]
        self.tally = Tally()
        notice = Sent(self.ticket.id, "v1", "dispatch", "delivered", date(2026, 11, 2))
        self.ledger = Ledger((self.ticket,), 1, 1, (notice,), 0, (), (), 3)
        self.came = Came(3, 0, 3)

    def hear(self, *numbers: int) -> Books:
        for number in numbers:
            self.tally.hear(self.rows[number - 1], opening(self.ticket) if number == 1 else [IGNORED])
        return self

    def wrong(self) -> str:
        return "; ".join([*accounted(self.came, self.tally, self.ledger), *settled(self.ledger, END)])


def test_books_in_which_everything_is_accounted_for_balance() -> None:
    assert Books().hear(1, 2, 3).wrong() == ""


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((1, 2), "3 messages came in, 2 were decided"),
        ((1, 3), "decided out of turn"),
        ((1, 2, 2, 3), "decided out of turn"),
        ((1, 2, 3, 3), "3 messages came in, 4 were decided"),
        ((2, 3), "0 tickets were opened and the book holds 1"),
    ],
)
def test_a_lost_or_doubled_message_is_found(numbers: tuple[int, ...], words: str) -> None:
    assert words in Books().hear(*numbers).wrong()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"cursor": 2}, "cursor stands at 2 of 3"),
        ({"stuck": 1}, "3 were decided and 1 put aside"),
        ({"merged": 2}, "1 dirty looks, the book says 1, 2"),
        ({"alarms": 2}, "the book says 2, 1"),
        ({"tickets": ()}, "1 tickets were opened and the book holds 0"),
        ({"broken": ("GD-1 第 2 条",)}, "第 2 条"),
        ({"findings": ("GD-1 没有下一步",)}, "没有下一步"),
        ({"notices": (Sent(uuid4(), "v1", "dispatch", "delivered", date(2026, 11, 2)),)}, "belong to no ticket"),
    ],
)
def test_a_book_that_says_otherwise_is_found(spoil: dict[str, Any], words: str) -> None:
    books_of = Books().hear(1, 2, 3)
    books_of.ledger = replace(books_of.ledger, **spoil)
    assert words in books_of.wrong()


def test_what_devices_said_and_never_arrived_is_found() -> None:
    books_of = Books().hear(1, 2, 3)
    books_of.came = Came(3, 1, 5)
    assert "devices said 5 messages, 3 arrived and 1 are under way" in books_of.wrong()


def test_a_message_that_was_put_aside_is_accounted_for() -> None:
    books_of = Books().hear(1, 2)
    books_of.ledger = replace(books_of.ledger, stuck=1)
    assert books_of.wrong() == ""


def test_a_decision_without_a_reason_is_found() -> None:
    books_of = Books().hear(1, 2)
    books_of.tally.hear(books_of.rows[2], [replace(IGNORED, reason="")])
    assert "1 decisions have no reason" in books_of.wrong()


@pytest.mark.parametrize("state", ["waiting", "claimed"])
def test_a_notice_that_is_still_to_be_sent_is_found(state: str) -> None:
    books_of = Books().hear(1, 2, 3)
    books_of.ledger = replace(
        books_of.ledger, notices=tuple(replace(one, state=state) for one in books_of.ledger.notices)
    )
    assert f"1 notices are {state}" in books_of.wrong()


def test_a_notice_that_was_joined_into_another_letter_has_ended() -> None:
    books_of = Books().hear(1, 2, 3)
    joined = tuple(replace(one, state="digested") for one in books_of.ledger.notices)
    books_of.ledger = replace(books_of.ledger, notices=joined)
    assert joined
    assert "notices are" not in books_of.wrong()


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (ticket(hours=(1, None), next_at=None), "without a person or a next step"),
        (ticket(closed_at=None), "still waits for something"),
        (ticket(next_at=later(hours=9)), "still waits for something"),
        (ticket(calling=True), "still waits for something"),
        (ticket(hours=(5, 1)), "a moment that cannot be"),
        (ticket(hours=(99, 100)), "a moment that cannot be"),
    ],
)
def test_a_ticket_that_hangs_in_the_air_is_found(spoilt: Ticket, words: str) -> None:
    assert words in "; ".join(settled(replace(Books().ledger, tickets=(spoilt,), notices=()), END))


def test_two_tickets_at_one_site_and_time_are_found() -> None:
    assert single([ticket(hours=(1, 5)), ticket(hours=(5, None), number="GD-2")]) == []
    assert single([ticket(hours=(1, 5)), ticket("s2", (2, 3), "GD-2")]) == []
    (words,) = single([ticket(hours=(1, 5)), ticket(hours=(4, None), number="GD-2")])
    assert "s1 has GD-1 and GD-2 at one time" in words
    assert len(single([ticket(hours=(1, None)), ticket(hours=(9, None), number="GD-2")])) == 1
    assert single([ticket(), ticket("s2")]) == ["number GD-1 stands 2 times"]


def test_the_sums_of_villages_townships_and_county_are_compared() -> None:
    tickets = [ticket(), ticket("s2", number="GD-2")]
    assert sums(tickets, {TOWNSHIP: 2}, [VILLAGE]) == []
    assert "the wall counts 3 tickets, the book 2" in sums(tickets, {TOWNSHIP: 3}, [VILLAGE])[0]
    assert "the wall counts 1 tickets, the book 0" in sums(tickets, {TOWNSHIP: 2, "640999102": 1}, [VILLAGE])[0]
    assert "which is no village" in sums(tickets, {TOWNSHIP: 2}, [])[0]


def happened(what: What = What.DUMPING, hours: tuple[float, float | None] = (2, 4), site: str = "s1") -> Happening:
    truth = Truth()
    made = truth.begin(what, site, VILLAGE, later(hours=hours[0]))
    if hours[1] is not None:
        truth.end(made, later(hours=hours[1]))
    return made


@pytest.mark.parametrize(
    ("happening", "is_found"),
    [
        (happened(), True),
        (happened(hours=(0, 1)), True),
        (happened(hours=(0, 0.5)), False),
        (happened(hours=(5, None)), True),
        (happened(hours=(6, 7)), False),
        (happened(site="s2"), False),
    ],
)
def test_a_happening_is_found_by_a_ticket_at_its_site_while_it_lasted(happening: Happening, is_found: bool) -> None:
    told = found([happening], [ticket()], END)[What.DUMPING]
    assert (told.found, told.missed) == ((1, 0) if is_found else (0, 1))
    assert told.recall == float(is_found)
    assert true_tickets([happening], [ticket()]) == int(is_found)


def test_what_began_shortly_before_the_end_is_not_missed_yet_and_what_nobody_told_is_counted() -> None:
    young, told = happened(hours=(44, None)), happened(hours=(6, None), site="s2")
    told.told = later(hours=6)
    counts = found([young, told, happened(hours=(6, None), site="s3")], [], END)[What.DUMPING]
    assert (counts.all, counts.fresh, counts.missed, counts.untold) == (3, 1, 2, 1)


def test_a_bin_that_is_nearly_full_needs_no_ticket_but_makes_one_true() -> None:
    full = happened(What.FULL)
    assert found([full], [], END)[What.DUMPING].all == 0
    assert What.FULL not in found([full], [], END)
    assert true_tickets([full], [ticket()]) == 1


def test_nothing_to_find_is_no_recall() -> None:
    assert found([], [], BEGIN)[What.FIRE].recall is None


_ALARM = opened(small_county()).alarm


@pytest.mark.parametrize(
    ("decisions", "fate"),
    [
        ([IGNORED], Fate.IGNORED),
        ([Decision(Word.MOVED, "x"), Decision(Word.OPENED, "x", alarm=_ALARM)], Fate.OPENED),
        ([Decision(Word.ATTACHED, "x", alarm=_ALARM)], Fate.MERGED),
        ([Decision(Word.UPDATED, "x", alarm=_ALARM)], Fate.MERGED),
        ([Decision(Word.UPDATED, "x")], Fate.NOTED),
        ([IGNORED, Decision(Word.NOTED, "x")], Fate.NOTED),
    ],
)
def test_a_message_has_one_fate(decisions: list[Decision], fate: Fate) -> None:
    assert fate_of(decisions) is fate


def test_fates_are_counted_by_kind() -> None:
    tally = Books().hear(1, 2, 3).tally
    assert tally.of(type(event(0))) == {"opened": 1, "merged": 0, "noted": 0, "ignored": 2}
    assert (tally.opened, tally.decided) == (1, 3)
