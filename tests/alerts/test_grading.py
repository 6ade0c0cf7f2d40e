"""How grave a ticket is, and its limit when that or the rules change. Pure, and on real history rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alarms import condition_book
from alerts.alarms.grading import Grading, gravest, regraded, relimited, risen, risen_to
from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets.moves import Change, moved
from alerts.values import Clock, Purpose, Status, Ticket
from county.policy import Severity
from county.snapshot import County
from tests.alerts.cases import accepted, after, opened, ticket_of
from tests.alerts.loop import Room
from tests.alerts.makes import at, doing, event, last_ticket, person
from tests.county.small import limits, small_county

A, B = "cam-1/cam-1.spot-1/garbage", "cam-1/cam-1.spot-1/overflow"


def ticket(county: County, severity: Severity = "major", **changes: Any) -> Ticket:
    return replace(ticket_of(opened(county)), severity=severity, dirty=(A, B), kinds=("garbage", "overflow"), **changes)


def county_of(**policy: Any) -> County:
    return small_county(7, **policy)


@pytest.mark.parametrize(
    ("grades", "severity", "what", "words"),
    [
        ({A: "major", B: "minor"}, None, "", ""),
        ({A: "minor", B: "minor"}, "minor", "garbage", "重来,由重要降为一般"),
        ({A: "minor", B: "urgent"}, "urgent", "overflow", "重来,由重要升为紧急"),
        ({}, None, "", ""),
    ],
)
def test_a_ticket_is_as_grave_as_the_gravest_of_what_is_dirty(
    grades: dict[str, Severity], severity: str | None, what: str, words: str
) -> None:
    county = county_of()
    made = regraded(ticket(county), Grading(grades), county, Change(at(5), "重来"))
    if severity is None:
        assert made == []
        return
    assert made[0].reason == words
    assert made[0].ticket is not None
    assert (made[0].ticket.severity, made[0].ticket.what) == (severity, what)
    assert [one.purpose for one in made[-1].notices] == ([Purpose.WORSE] if severity == "urgent" else [])


def test_time_never_makes_it_less_grave_and_an_improvement_not_less_than_time_has() -> None:
    county = county_of(rise=[{"after_s": 3600, "severity": "major"}])
    late = Change(at(60), "好转")
    assert regraded(ticket(county), Grading({A: "minor", B: "minor"}), county, late) == []
    assert risen_to(ticket(county), county, at(59)) is None
    assert risen(ticket(county, "urgent"), None, county, at(60)) == []
    (note, again) = risen(ticket(county, "minor"), None, county, at(60))
    assert note.reason == "立案1.0小时仍未解决,由一般升为重要"
    assert again.notices


@pytest.mark.parametrize(
    ("changes", "rises"),
    [
        ({}, True), ({"dirty": ()}, False), ({"status": Status.TO_CHECK}, False), ({"status": Status.ON_HOLD}, False),
        ({"status": Status.ON_SITE}, True), ({"kinds": ("straw_pile",)}, False),
    ],
)  # fmt: skip
def test_only_what_is_unsolved_and_of_the_category_rises(changes: dict[str, Any], rises: bool) -> None:
    county = county_of(rise=[{"category": "garbage", "after_s": 60, "severity": "urgent"}])
    one = replace(ticket(county, "minor"), **changes)
    assert bool(risen(one, None, county, at(5))) is rises


def test_the_gravest_is_found_among_some() -> None:
    assert gravest("minor", None, "urgent", "major") == "urgent"


def by_category() -> list[dict[str, Any]]:
    return [*limits(), {"stage": "accept", "level": "village", "value": 10, "unit": "minute", "category": "overflow"}]


def test_a_graver_category_has_its_own_limit_from_the_start_of_the_clock() -> None:
    county = county_of(limits=by_category())
    made = regraded(ticket(county), Grading({A: "minor", B: "urgent"}, at(0)), county, Change(at(5), "恶化"))
    assert made[0].ticket is not None
    assert (made[0].ticket.due_at, made[0].ticket.next_at) == (at(10), at(10))
    assert made[0].history is not None
    assert made[0].history.due_at == at(10)
    stands = regraded(ticket(county), Grading({A: "minor", B: "urgent"}, None), county, Change(at(5), "恶化"))
    assert stands[0].ticket is not None
    assert stands[0].ticket.due_at == at(30), "nobody knows when it began, or a person has moved it"


@pytest.mark.parametrize(
    ("minutes", "now", "due", "wakes"),
    [(30, 10, None, None), (60, 10, 60, 40), (20, 10, 20, 20), (20, 25, 20, 20), (600, 10, 600, 40)],
)
def test_a_limit_is_reckoned_anew_from_the_start_of_its_clock(
    minutes: float, now: float, due: float | None, wakes: float | None
) -> None:
    county = county_of(limits=limits(minutes))
    old = replace(ticket_of(opened(small_county())))
    made = relimited(old, at(0), county, at(now))
    if due is None:
        assert made == []
        return
    (note,) = made
    assert note.ticket is not None
    assert (note.ticket.due_at, note.ticket.next_at, note.ticket.revision) == (at(due), at(wakes or 0), 7)
    assert note.reason.startswith("第7版规则:时限由11月21日 10:30改为")


def test_who_is_above_and_knows_already_is_not_called_again_by_an_edit() -> None:
    county = county_of(limits=limits(20))
    late = replace(accepted(small_county()), overdue=True, due_at=at(35), next_at=at(90))
    (note,) = relimited(late, at(5), county, at(60))
    assert note.ticket is not None
    assert (note.ticket.due_at, note.ticket.next_at) == (at(25), at(90))


def test_a_clock_that_no_limit_sets_is_left_alone() -> None:
    county = county_of(limits=limits(20))
    assert relimited(replace(accepted(small_county()), due_clock=Clock.RECHECK), at(5), county, at(6)) == []
    assert relimited(accepted(small_county()), None, county, at(6)) == []


# When a clock began, from the history


def test_a_clock_began_with_the_step_that_started_it(book: Book) -> None:
    room = Room(book, small_county())
    room.feed(event(0))
    assert _began(room) == at(0)
    room.minutes = 31
    room.sweep.step()
    assert _began(room) == at(31), "it climbed, and the township has a clock of its own"
    room.post.step()
    room.minutes = 40
    room.desk.act(room.code(), "accept", doing(person(room.county, "t1"), 40).data, "k")
    room.feed(event(41))
    assert _began(room) == at(40), "notes start nothing"


def test_another_limit_for_the_same_step_started_nothing_unless_a_person_set_it(book: Book) -> None:
    room = Room(book, small_county())
    room.feed(event(0))
    for revision, minutes in enumerate((60, 45), start=2):
        room.county = small_county(revision, limits=limits(minutes))
        room.minutes = revision
        room.sweep.step()
    assert _began(room) == at(0)
    (one,) = room.tickets()
    with book.writing() as pen:
        later = moved(one, Change(at(9), "同意延期", "田乡官"), due_at=at(300))
        pen.apply([later], "act grant t1", at(9))
    assert _began(room) is None
    room.county = small_county(9, limits=limits(20))
    room.sweep.step()
    assert room.tickets()[0].due_at == at(300), "what a person has granted, an edit does not take back"


def _began(room: Room) -> Any:
    (one,) = room.tickets()
    with room.book.store.read() as conn:
        return condition_book.began(conn, one)


def test_a_reminder_is_no_later_than_before(book: Book) -> None:
    room = Room(book, small_county(limits=limits(600)))
    room.feed(event(0))
    room.county = small_county(2, limits=limits(900))
    room.minutes = 5
    room.sweep.step()
    (one,) = room.tickets()
    assert one.next_at is not None
    assert one.next_at - at(5) <= timedelta(minutes=30)


def worsened(county: County) -> Ticket:
    """Accepted at minute 5, urgent since minute 10."""
    working = replace(accepted(county), severity="minor", dirty=(A, B), kinds=("garbage", "overflow"))
    return last_ticket(regraded(working, Grading({A: "minor", B: "urgent"}, at(5)), county, Change(at(10), "恶化")))


def test_who_works_on_what_became_worse_is_reminded_until_they_are_heard() -> None:
    county = county_of(reminder_s=600)
    told = worsened(county)
    assert (told.due_at, told.next_at, told.pulse.letters) == (at(35), at(20), 1)
    (again,) = overdue_step(told, county, at(20))
    assert again.ticket is not None
    assert (again.reason, again.notices[0].purpose) == ("再次提醒马村官情况变严重", Purpose.WORSE)
    assert (again.notices[0].round, again.ticket.overdue) == (told.round + 1, False)
    assert (again.ticket.next_at, again.ticket.pulse.letters) == (at(30), 2)
    assert after(county, again.ticket, ("arrive", "v1", 22)).next_at == at(35), "they know: only the limit is left"
    (last,) = overdue_step(again.ticket, county, at(30))
    assert last_ticket([last]).next_at == at(35)
    assert overdue_step(last_ticket([last]), county, at(35))[0].notices[0].purpose is Purpose.OVERDUE


def test_the_reminders_outlive_an_edit_and_end_where_it_is_better_or_clean() -> None:
    county = county_of(reminder_s=600)
    told = worsened(county)
    shorter = county_of(reminder_s=600, limits=limits(28))
    assert last_ticket(relimited(told, at(5), shorter, at(12))).next_at == at(20)
    for began, due in ((at(5), at(35)), (None, at(35))):
        better = regraded(told, Grading({A: "minor", B: "minor"}, began), county, Change(at(15), "好转"))
        assert (last_ticket(better).due_at, last_ticket(better).next_at) == (due, due)
    (clean,) = overdue_step(replace(told, dirty=()), county, at(20))
    assert (clean.notices, last_ticket([clean]).next_at) == ((), at(35))
