"""``jingcun ticket show | act | asks | grant | …``: what the office does, from the server's own terminal.

Everything is done in the name of a person of the county, with that person's rights, and stands in the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, person_named, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.asks.asks import Ask
    from alerts.office import Office
    from alerts.store.book import Book
    from alerts.tickets.doing import Data
    from alerts.values import Ticket
    from county.snapshot import County
    from county.values import Person

Number = Annotated[str, typer.Argument(help="The ticket's number (GD-1121-0001, the newest such) or its id.")]
AskId = Annotated[str, typer.Argument(help="The ask's id, as `jingcun ticket asks` prints it.")]
As = Annotated[str, typer.Option("--as", help="In whose name: an id of people.csv.")]
Reason = Annotated[str, typer.Option(help="Why, or what is to be said.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands work on."""

    county: County
    book: Book
    office: Office

    def person(self, person: str) -> Person:
        return person_named(self.county, person)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.county.calendar.zone)


def show(number: Number, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Print a ticket: how it stands, its seven stages, what was asked for it, its history."""
    from alerts.asks.ask_book import of_ticket
    from alerts.store.queries import Reader
    from alerts.tickets.stages import stage_times

    with opened(config) as desk:
        found = ticket_at(desk.book, number)
        history = Reader(desk.book).history(found.id)
        stages = stage_times(history, found, desk.county, datetime.now(UTC))
        asks = of_ticket(desk.book, found.id)
    if as_json:
        put_json({
            "ticket": str(found.id), "number": found.number, "state": found.status.value, "person": found.person.name,
            "due_at": found.due_at and found.due_at.isoformat(), "overdue": found.overdue, "reworks": found.reworks,
            "alarms": list(found.dirty),
            "stages": [{"name": one.stage.value, "began": one.began, "ended": one.ended, "due_at": one.due_at,
                        "late": one.late} for one in stages],
            "asks": [_facts(ask) for ask in asks],
            "history": [{"at": row.at, "by": row.by, "words": row.words} for row in history],
        })  # fmt: skip
        return
    scene = found.scene
    print(f"{found.number}  {found.status.words}  {found.person.name}  {scene.place_name} {scene.spot_name}")
    for one in stages:
        if one.began:
            ended = _clock(one.ended, desk.zone) if one.ended else "…"
            print(f"  {one.stage.value}  {_clock(one.began, desk.zone)} – {ended}  {one.limit}{'  超期' * one.late}")
    for ask in asks:
        print(f"  {_ask_line(ask, desk.zone)}")
    for row in history:
        print(f"  {_clock(row.at, desk.zone)}  {row.by}  {row.words}")


@noted("ticket")
def act(
    number: Number,
    act: Annotated[str, typer.Argument(help="accept, done, …, or a side move: void, return, transfer, extend, hold, "
                                            "resume, rework, supervise, appeal, force_close.")],
    who: As,
    reason: Reason = "",
    until: Annotated[
        datetime | None, typer.Option(help="extend, hold: until when (2026-11-28T18:00, county time).")
    ] = None,
    to: Annotated[str, typer.Option(help="transfer: to whom, a person's id or a unit.")] = "",
    finding: Annotated[str, typer.Option(help="appeal: against case, rework or overdue.")] = "",
    config: Config = SERVER_TOML,
) -> None:  # fmt: skip
    """Do an act or ask for a side move in somebody's name; prints what then stands in the history."""
    from alerts.store.queries import Reader
    from alerts.tickets.doing import Data

    with opened(config) as desk:
        found = ticket_at(desk.book, number)
        end = until.replace(tzinfo=desk.zone) if until is not None and until.tzinfo is None else until
        data = Data(reason, until=end, to=to, finding=finding)
        before = len(Reader(desk.book).history(found.id))
        desk.office.act(found.id, act, desk.person(who), data)
        for row in Reader(desk.book).history(found.id)[before:]:
            print(f"{row.new}  {row.words}")


def asks(
    who: Annotated[str, typer.Option("--as", help="Only what waits for this person's answer.")] = "",
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List what waits for an answer: asks to be decided, and supervisions (督办) to be replied to."""
    with opened(config) as desk:
        found = desk.office.waiting(desk.person(who) if who else None)
    for one in found:
        if as_json:
            put_json({"number": one.ticket.number, **_facts(one.ask)})
        else:
            print(f"{one.ticket.number}  {_ask_line(one.ask, desk.zone)}")


@noted("ticket")
def grant(ask: AskId, who: As, reason: Reason = "", config: Config = SERVER_TOML) -> None:
    """Grant an ask."""
    _answer(ask, who, reason, config, grants=True)


@noted("ticket")
def refuse(ask: AskId, who: As, reason: Reason, config: Config = SERVER_TOML) -> None:
    """Refuse an ask, with the reason."""
    _answer(ask, who, reason, config, grants=False)


@noted("ticket")
def reply(ask: AskId, who: As, reason: Reason, config: Config = SERVER_TOML) -> None:
    """Reply to a supervision (督办)."""
    with opened(config) as desk:
        print(_ask_line(desk.office.reply(_id(ask), desk.person(who), _data(reason)), desk.zone))


def clear(
    number: Number,
    alarm: Annotated[str, typer.Argument(help="The alarm's key, place/spot/category, as `ticket show --json` has it.")],
    who: As,
    reason: Reason,
    config: Config = SERVER_TOML,
) -> None:
    """End one alarm of a ticket by somebody's word (人工清除); it stands in the fairness log."""
    with opened(config) as desk:
        desk.office.clear(ticket_at(desk.book, number).id, alarm, desk.person(who), _data(reason))
        print(ticket_at(desk.book, number).status.words)


def withdraw(ask: AskId, who: As, reason: Reason, config: Config = SERVER_TOML) -> None:
    """Take back what somebody asked for or ordered; it stands in the fairness log."""
    with opened(config) as desk:
        print(_ask_line(desk.office.withdraw(_id(ask), desk.person(who), _data(reason)), desk.zone))


COMMANDS = (show, act, clear, asks, grant, refuse, reply, withdraw)


def ticket_at(book: Book, number: str) -> Ticket:
    """The ticket with this number (the newest such) or id."""
    from alerts.papers.shelf import Shelf
    from alerts.store.queries import Reader

    try:
        known: UUID | None = UUID(number)
    except ValueError:
        known = Shelf(book).ticket_numbered(number)
    found = Reader(book).ticket(known) if known is not None else None
    if found is None:
        raise ValueError(f"{number}: no such ticket; the number stands on the wall and in every message")
    return found


@contextmanager
def opened(config: Path) -> Iterator[Desk]:
    """The stores of a server; what the office refuses ends in one line."""
    from alerts.office import NoAsk, NoTicket, Office
    from alerts.store.book import Book, Conflict
    from alerts.tickets.doing import Refused
    from alerts.world import World
    from county.book import CountyBook
    from county.office import ERRORS
    from ingest.store import StoreAway

    settings = load(config)
    with ExitStack() as stack, one_line_errors(StoreAway, Conflict, Refused, NoAsk, NoTicket, *ERRORS):
        registry = stack.enter_context(CountyBook(settings.store("county")))
        county = registry.current(settings.county)
        book = Book(settings.store("book"), settings.county, county.calendar.zone)
        stack.callback(book.close)
        yield Desk(county, book, Office(book, World(lambda: county)))


def _answer(ask: str, who: str, reason: str, config: Path, *, grants: bool) -> None:
    with opened(config) as desk:
        told = desk.office.answer(_id(ask), grants, desk.person(who), _data(reason))
        print(_ask_line(told, desk.zone))


def _data(reason: str) -> Data:
    from alerts.tickets.doing import Data

    return Data(reason)


def _id(ask: str) -> UUID:
    try:
        return UUID(ask)
    except ValueError:
        raise ValueError(f"{ask}: no id of an ask; `jingcun ticket asks` prints them") from None


def _ask_line(ask: Ask, zone: ZoneInfo) -> str:
    from alerts.asks.side_moves import described

    late = "  超期" if ask.overdue and ask.waits else ""
    return (f"{ask.id}  {described(ask, zone)}  {ask.state.words}  {ask.by.name} → {ask.decider.name}  "
            f"{_clock(ask.due_at, zone)}{late}  {ask.reason}")  # fmt: skip


def _facts(ask: Ask) -> dict[str, object]:
    return {
        "ask": str(ask.id), "move": ask.move.value, "by": ask.by.id, "decider": ask.decider.id,
        "due_at": ask.due_at.isoformat(), "overdue": ask.overdue, "state": ask.state.value, "reason": ask.reason,
        "words": ask.words,
    }  # fmt: skip


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}"
