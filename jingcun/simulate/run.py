"""The run: the real engine, sweep, desk, post and relay on a real book, under a clock that goes as fast as they can.

Everything moves in steps of five minutes: what arrived is decided, what is due is done, letters go out, people act.
The book is thrown away afterwards, so it need not survive a power cut; apart from that it is the product's own.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from alerts.desk import Desk
from alerts.engine import Engine
from alerts.post import Post, PostSettings
from alerts.schema import METADATA
from alerts.store.book import Book
from alerts.store.figures import Figures
from alerts.store.queries import Reader
from alerts.store.relay import Outbound, Relay
from alerts.sweeper import Ears
from alerts.world import World
from county.policy.channels import split
from county.snapshot import County
from ingest.evidence.holds import Hold, Release
from ingest.store import Store
from jingcun.simulate import books, ledger
from jingcun.simulate.books import Came
from jingcun.simulate.chance import Dice
from jingcun.simulate.hands import Hands, Mailbag, Office, Place
from jingcun.simulate.month import Month, Plan
from jingcun.simulate.people import Folk, Habits, Person
from jingcun.simulate.rates import Rates
from jingcun.simulate.sky import Sky
from jingcun.simulate.sweeps import Sweeps
from jingcun.simulate.tally import Tally
from jingcun.simulate.town import Town
from jingcun.simulate.wire import Page

STEP = timedelta(minutes=5)
AT_ONCE = 5_000
TIDY_EVERY = 12  # steps between two looks for what no decision points at
LISTEN_EVERY = 2  # steps between two looks at every device: who is silent, full or broken stays so for longer
BASE = "https://desk.example/"
PAUSE = 200_000  # objects between two searches for garbage: what is made here seldom is any

Progress = Callable[[int, int], None]  # days done, tickets so far


class _Holds:
    """The door's holds: nothing is kept here."""

    def hold(self, _hold: Hold) -> bool:
        return True

    def release(self, _release: Release) -> int:
        return 0


class _Cursors:
    """The cursors that the door knows: nobody asks."""

    def cursor(self, _name: str) -> int:
        return 0

    def move(self, _name: str, _old: int, _new: int) -> bool:
        return True


class Clock:
    """A clock that is turned by hand, and never back."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def live(county: County, rates: Rates, plan: Plan, progress: Progress = lambda _days, _tickets: None) -> Month:
    """Live through the plan and reckon up. Raises NothingToSimulate, or ValueError for a plan that is none."""
    began = time.monotonic()
    usual = gc.get_threshold()
    with ExitStack() as stack, TemporaryDirectory(prefix="jingcun-simulate-") as folder:
        gc.set_threshold(PAUSE, *usual[1:])
        gc.freeze()  # the county stays
        stack.callback(gc.unfreeze)
        stack.callback(gc.set_threshold, *usual)
        store = Store(f"sqlite:///{Path(folder) / 'book.db'}", METADATA, thrown_away=True)
        book = Book(store, county.code, county.calendar.zone)
        stack.callback(book.close)
        return _Run(book, county, rates, plan).month(progress, began)


class _Run:
    """One book with everything around it."""

    def __init__(self, book: Book, county: County, rates: Rates, plan: Plan) -> None:
        self._book, self._county, self._plan = book, county, plan
        self._town = Town(county, rates, plan.seed, plan.begin)
        self._clock = Clock(plan.begin)
        self._page, self._bag, self._tally = Page(), Mailbag(), Tally()
        world = World(lambda: county, self._clock)
        self._engine = Engine(book, self._page, world, self._tally.hear)
        self._sweeps = Sweeps(book, world, Ears(self._town.told, lambda: self._engine.read_until))
        told = [*county.policy.channels.values(), *(one.channels for one in county.people.values())]
        names = {name for routes in told for route in routes for name in split(route)} | {"console"}
        self._post = Post(book, dict.fromkeys(names, self._bag), PostSettings(BASE), world)
        self._relay = Relay(book, Outbound(self._town, _Holds()), _Cursors(), world.crash)
        folk = Folk(
            rates, Sky(ZoneInfo(county.calendar.zone), rates.sight.dawn_hour, rates.sight.dusk_hour), plan.begin
        )
        place = Place(self._town.truth.is_dirty, self._town.clean)
        office = Office(Desk(book, world), Reader(book), place, self._town.agenda)
        people: dict[str, Habits] = {}

        def meet(name: str, letter: str) -> Person:
            habits = people.setdefault(name, Habits(folk, Dice(plan.seed, f"person {name}")))
            return Person(habits, Dice(plan.seed, f"letter {letter}"))

        self._hands = Hands(office, meet)
        self._rows = 0

    def month(self, progress: Progress, began: float) -> Month:
        steps = 0
        while self._clock.now < self._plan.end:
            self._clock.now = min(self._clock.now + STEP, self._plan.end)
            self._step(steps)
            steps += 1
            if (self._clock.now - self._plan.begin) % timedelta(days=1) == timedelta():
                progress((self._clock.now - self._plan.begin).days, self._tally.opened)
        self._send()
        self._post.drop_unwanted()
        return self._reckoned(began)

    def _step(self, number: int) -> None:
        tidies = number % TIDY_EVERY == 0
        before = self._tally.wishes, self._hands.acts.total()
        rows = self._town.until(self._clock.now)
        self._rows += len(rows)
        self._page.rows = rows
        while rows and self._engine.step(AT_ONCE):
            pass
        self._tally.note(self._sweeps.step(listens=number % LISTEN_EVERY == 0))
        if tidies:
            self._tally.note(self._sweeps.seldom())
            self._post.drop_unwanted()
        if tidies or before != (self._tally.wishes, self._hands.acts.total()):
            self._send()

    def _send(self) -> None:
        """Let letters and commands out; nobody but decisions makes any, so this need not be asked in vain."""
        while self._post.step():
            pass
        for letter in self._bag.empty():
            self._hands.receive(letter, self._clock.now)
        while self._relay.step() + self._relay.step_holds():
            pass

    def _reckoned(self, began: float) -> Month:
        town, counted, end = self._town, self._town.counted(), self._plan.end
        read = ledger.read(self._book, end)
        ranks = Figures(self._book).ranking(self._plan.begin)
        walls = {one.township: one.open + one.closed for one in ranks}
        came = Came(self._rows, counted.under_way, town.sent)
        wrong = [
            *books.accounted(came, self._tally, read),
            *books.settled(read, end),
            *books.single(read.tickets),
            *books.sums(read.tickets, walls, [one.code for one in self._county.villages]),
        ]
        hands = self._hands
        return Month(self._county, self._plan, counted, tuple(town.truth.all), self._tally, read, hands.acts,
                     hands.letters, hands.refused, tuple(wrong), time.monotonic() - began)  # fmt: skip
