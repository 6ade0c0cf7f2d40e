"""What escalation systems got wrong, as reported by their users, must not happen here.

Grafana OnCall: paged although acknowledged (#3111, #4654, #4760), escalation resumed months later, escalation lost on a
restart (#1206). Each test plays one of them on a real book.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from alerts.channels import Answer, By, Letter, Result
from alerts.desk import Desk
from alerts.engine import Engine, Sweep
from alerts.post import Post, PostSettings
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.values import Status
from alerts.world import World
from county.snapshot import County
from tests.alerts.makes import FakeInbox, at, event
from tests.county.small import COUNTY, small_county

CALLS = {"dispatch", "climb", "remind"}
DAY = 24 * 60


class Phones:
    """A channel; ``answer`` may do something while a letter is under way."""

    by = By.PHONE

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.result = Result.DELIVERED

    def send(self, letter: Letter) -> Answer:
        if self.result is Result.DELIVERED:
            self.letters.append(letter)
        return Answer(self.result)

    def close(self) -> None:
        """Hold nothing."""

    def calls(self) -> list[tuple[str, str]]:
        return [(letter.purpose, letter.person) for letter in self.letters if letter.purpose in CALLS]


class Office:
    """The programs on one book, started anew at will; the clock is turned by hand."""

    def __init__(self, book: Book) -> None:
        self.county: County = small_county(channels={level: ["rec"] for level in ("village", "township", "county")})
        self.minutes = 0.0
        self.inbox = FakeInbox()
        self.phones = Phones()
        self.store = book.store
        self.start()

    def start(self) -> None:
        """(Re)start everything: nothing lives on but the database."""
        self.book = Book(self.store, COUNTY)
        self.world = World(lambda: self.county, lambda: at(self.minutes), self.crash)
        self.point = ""
        self.engine, self.sweep = Engine(self.book, self.inbox, self.world), Sweep(self.book, self.world)
        self.post = Post(self.book, {"rec": self.phones}, PostSettings("http://desk"), self.world)
        self.desk, self.reader = Desk(self.book, self.world), Reader(self.book)

    def crash(self, point: str) -> None:
        if point == self.point:
            raise KeyboardInterrupt(point)

    def at(self, minutes: float) -> None:
        """Let time come to a minute, and every program do what is due, as often as it would."""
        self.minutes = minutes
        self.engine.step()
        while self.sweep.step():
            pass
        self.post.step()

    def open(self) -> UUID:
        self.inbox.add(event(self.minutes))
        self.engine.step()
        return self.reader.recent()[0].id

    def accept(self, ticket: UUID) -> None:
        self.desk.act(self.desk.mint(ticket), "accept")


@pytest.fixture
def office(book: Book) -> Office:
    return Office(book)


def test_acknowledged_while_the_letter_waits_means_that_it_never_goes_out(office: Office) -> None:
    ticket = office.open()
    office.phones.result = Result.RETRY  # the provider is busy: the letter waits
    office.at(1)
    office.accept(ticket)
    office.phones.result = Result.DELIVERED
    for minutes in range(2, 30):
        office.at(minutes)
    assert office.phones.calls() == []


def test_acknowledged_between_two_sweeps_means_no_climb_although_it_was_due(office: Office) -> None:
    ticket = office.open()
    office.at(1)
    office.minutes = 29.9
    office.accept(ticket)
    for minutes in range(30, 39):
        office.at(minutes)
    assert office.phones.calls() == [("dispatch", "马村官")]
    shown = office.reader.ticket(ticket)
    assert shown is not None
    assert shown.status is Status.ACCEPTED


def test_acknowledged_by_who_it_climbed_to_calls_nobody_of_the_lower_rungs_again(office: Office) -> None:
    ticket = office.open()
    for minutes in (0, 10, 20, 31, 32):
        office.at(minutes)
    office.accept(ticket)
    for minutes in range(33, 60):
        office.at(minutes)
    assert [person for purpose, person in office.phones.calls()] == ["马村官", "田乡官"]


def test_a_server_that_was_off_for_three_months_takes_one_step_a_ticket_and_not_one_for_each_missed_hour(
    office: Office,
) -> None:
    ticket = office.open()
    office.at(1)
    office.start()
    office.at(90 * DAY)
    assert office.phones.calls() == [("dispatch", "马村官"), ("climb", "田乡官")]
    shown = office.reader.ticket(ticket)
    assert shown is not None
    assert shown.due_at == at(90 * DAY + 30), "who is called now has the whole time from now on"


def test_what_was_closed_before_the_server_went_off_is_never_taken_up_again(office: Office) -> None:
    ticket = office.open()
    office.at(1)
    office.inbox.add(event(2, "clean"))
    office.at(2)
    shown = office.reader.ticket(ticket)
    assert shown is not None
    assert shown.status is Status.CLOSED_UNAIDED
    office.start()
    for minutes in (60, DAY, 90 * DAY):
        office.at(minutes)
    assert office.phones.calls() == [("dispatch", "马村官")]


@pytest.mark.parametrize("point", ["alerts.before_commit", "alerts.after_commit", "alerts.after_send"])
@pytest.mark.parametrize("when", [31, 62, 200])
def test_a_kill_at_any_point_of_a_step_neither_loses_nor_doubles_it(office: Office, point: str, when: float) -> None:
    ticket = office.open()
    quiet = [minutes for minutes in (1, 31, 62, 93, 200) if minutes < when]
    for minutes in quiet:
        office.at(minutes)
    office.point = point
    try:
        office.at(when)
    except KeyboardInterrupt:
        office.start()
        office.post.take_over()
    for later in (0, 0.1, 1):
        office.at(when + later)
    climbs = [row.words for row in office.reader.history(ticket) if "上报" in row.words]
    assert len(climbs) == len(set(climbs)), "each rung once"
    shown = office.reader.notices(ticket)
    assert all(
        notice.state == "delivered" for notice in shown if (notice.level, notice.round) == newest(office, ticket)
    )
    doubled = [letter.id for letter in office.phones.letters]
    assert len(doubled) - len(set(doubled)) <= (point == "alerts.after_send")


def newest(office: Office, ticket: UUID) -> tuple[str, int]:
    shown = office.reader.ticket(ticket)
    assert shown is not None
    return shown.level.value, shown.round


def test_a_restart_at_every_minute_of_a_day_takes_the_same_steps_as_none(book: Book) -> None:
    steady, shaken = Office(book), Office(book)
    ticket = steady.open()
    for minutes in range(0, 300, 10):
        shaken.start()
        shaken.at(minutes)
    words = [row.words for row in shaken.reader.history(ticket)]
    assert [word for word in words if "上报" in word] == [
        "村级马村官未按时接单,上报乡镇级田乡官", "乡镇级田乡官未按时接单,上报县级郝县官",
    ]  # fmt: skip
    reminders = [word for word in words if "再次提醒郝县官" in word]
    assert len(reminders) == len(range(90, 300, 30)), "one each half hour after it came to the top at minute 60"
