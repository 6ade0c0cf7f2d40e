"""What people do with their messages at the desk, and with their hands at the place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alerts.channels import Answer as Said
from alerts.channels import By, Letter, Result
from alerts.desk import Desk, UnknownCode
from alerts.store.book import Conflict
from alerts.store.queries import Reader
from alerts.tickets.acts import Data, Refused
from alerts.values import Purpose, Ticket
from jingcun.simulate.agenda import Agenda
from jingcun.simulate.people import Answer, Person

PHOTO = "5e" * 32
WORDS = "已到现场"


class Mailbag:
    """A channel that keeps its letters until they are read."""

    by = By.PHONE

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Said:
        """Take a letter."""
        self.letters.append(letter)
        return Said(Result.DELIVERED)

    def close(self) -> None:
        """Hold nothing."""

    def empty(self) -> list[Letter]:
        """Give out what has come."""
        found, self.letters = self.letters, []
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """The ground as people find it: whether a site is dirty, and how it is cleaned."""

    is_dirty: Callable[[str], bool]
    clean: Callable[[str, datetime], None]


@dataclass(frozen=True, slots=True)
class Office:
    """What people act through."""

    desk: Desk
    reader: Reader
    place: Place
    agenda: Agenda


@dataclass(slots=True)
class Case:
    """What one person has in hand for one ticket: the newest code, and whether a visit is planned."""

    person: Person
    code: str
    planned: bool = False


class Hands:
    """All people of the county with their messages. ``refused`` counts what the desk would not do, by its words."""

    def __init__(self, office: Office, meet: Callable[[str, str], Person]) -> None:
        """``meet`` gives the person behind a name and number, over the ticket of whose first letter this is the id."""
        self._office = office
        self._meet = meet
        self._cases: dict[str, dict[str, Case]] = defaultdict(dict)  # by ticket, then by person
        self.letters: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def receive(self, letter: Letter, at: datetime) -> None:
        """A message rings."""
        self.letters[letter.purpose] += 1
        name = f"{letter.person} {letter.phone}"
        cases, code = self._cases[letter.number], letter.link.rpartition("/")[2]
        if name not in cases:
            cases[name] = Case(self._meet(name, letter.id), code)
        case = cases[name]
        case.code = code
        if letter.purpose == Purpose.STILL:
            self._answer(case, at)
            return
        if letter.purpose == Purpose.OVERDUE:
            self._ask_on(letter.number, case, at)
        when = case.person.reads(at, letter.purpose)
        if when is not None:
            self._plan(case, when)

    def _answer(self, case: Case, at: datetime) -> None:
        """Who is asked whether they still work on it says so when they read it, and sets out if they had forgotten."""
        when = case.person.reads(at, Purpose.STILL)
        if when is None:
            return

        def tap(then: datetime) -> None:
            try:
                self._act(case, "still")
            except (Refused, UnknownCode, Conflict) as fault:
                self.refused[str(fault)[:60]] += 1
            else:
                self._plan(case, case.person.goes(then))

        self._office.agenda.put(when, tap)

    def _plan(self, case: Case, at: datetime) -> None:
        """Let somebody come back to a case, unless that is planned already."""
        if case.planned:
            return
        case.planned = True

        def visit(then: datetime) -> None:
            case.planned = False
            self._visit(case, then)

        self._office.agenda.put(at, visit)

    def _ask_on(self, number: str, chief: Case, at: datetime) -> None:
        """Who supervises asks those who have the case in hand; they set out then."""
        for case in self._cases[number].values():
            if case is not chief:
                self._plan(case, case.person.goes(at))

    def _visit(self, case: Case, at: datetime) -> None:
        """See what the desk offers, and do it."""
        try:
            link = self._office.desk.link(case.code)
            ticket = self._office.reader.ticket(link.ticket)
            offered = self._office.desk.offers(ticket, link) if ticket is not None and ticket.is_open else ()
            if ticket is not None and offered:
                self._do(case, ticket, offered, at)
        except (Refused, UnknownCode, Conflict) as fault:
            self.refused[str(fault)[:60]] += 1

    def _do(self, case: Case, ticket: Ticket, offered: tuple[str, ...], at: datetime) -> None:
        person = case.person
        dirty = self._office.place.is_dirty(ticket.scene.site)
        if "accept" in offered:
            if self._takes_on(case, offered) and (when := person.works(at)) is not None:
                self._plan(case, when)
        elif "done" in offered:
            self._work(case, ticket, dirty, at)
        elif "verify_ok" in offered:
            answer = person.judges(dirty)
            if answer is not Answer.UNCLEAR:  # who cannot tell waits for the next message
                self._act(case, "verify_bad" if answer is Answer.YES else "verify_ok", PHOTO)
        elif "confirm_true" in offered:
            answer = person.judges(dirty)
            act = {Answer.YES: "confirm_true", Answer.NO: "confirm_false", Answer.UNCLEAR: "confirm_unclear"}[answer]
            self._act(case, act, PHOTO if answer is not Answer.UNCLEAR else "")

    def _takes_on(self, case: Case, offered: tuple[str, ...]) -> bool:
        if "not_mine" in offered and case.person.refuses():
            try:
                self._act(case, "not_mine")
            except Refused as fault:  # nobody is left above
                self.refused[str(fault)[:60]] += 1
            else:
                return False
        self._act(case, "accept")
        return True

    def _work(self, case: Case, ticket: Ticket, dirty: bool, at: datetime) -> None:
        person = case.person
        if person.says_nothing_there(dirty):
            self._act(case, "not_true", PHOTO)
            return
        if dirty and not person.half():
            self._office.place.clean(ticket.scene.site, at)
        self._act(case, "done", PHOTO)

    def _act(self, case: Case, act: str, photo: str = "") -> None:
        self._office.desk.do(case.code, act, Data(WORDS, (photo,) if photo else ()))
        self.acts[act] += 1
