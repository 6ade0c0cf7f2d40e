"""``jingcun notify …``: which channels there are, and whether somebody is reached by them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from county.policy.base import Severity
from county.policy.channels import BUILT_IN, names_of, split
from jingcun.commands.county import open_book
from jingcun.commands.members import bind_members
from jingcun.commands.notify_preview import check, preview
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.channels import By, Channel, Letter
    from alerts.channels.trial import Outcome
    from county.snapshot import County
    from county.values import Level, Person

app = typer.Typer(no_args_is_help=True, help="Ways of telling people: list them, and try them on somebody.")
app.command("bind-members")(bind_members)
app.command("preview")(preview)
app.command("check")(check)


@app.command("test")
def try_out(
    to: Annotated[str, typer.Option("--to", help="Whom: an id of people.csv, or the exact name.")],
    channel: Annotated[str, typer.Option(help="Only by this one; unless told, by all that tell this person.")] = "",
    severity: Annotated[Severity, typer.Option(help="Some channels carry only some severities.")] = "minor",
    village: Annotated[str, typer.Option(help="Region code of the loudspeaker; else where the person serves.")] = "",
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Send a test notice; say of each channel what was answered and what to do. Exit 1 unless all took it."""
    from alerts.bindings.reaching import address_now
    from alerts.channels.trial import About, letter_for
    from alerts.store.book import Book

    settings = load(config)
    with open_book(config) as book:
        county = book.current(settings.county)
        now = datetime.now(UTC).astimezone(ZoneInfo(county.calendar.zone))
        person = found(county, to)
        duty = first_duty(county, person, now.date())
        names = (channel,) if channel else names_for(county, person, duty)
        about = About(
            duty.level if duty else county.policy.ladder[0], county.policy.severities.get(severity, severity),
            village or (duty.village if duty else ""), settings.notices.base_url,
        )  # fmt: skip
        letter = letter_for(person, county, about, now)
    with closing(Book(settings.store("book"), settings.county)) as book:
        outcomes = [_tried(settings, name, letter, partial(address_now, book, person)) for name in names]
    for one in outcomes:
        put_json({**asdict(one), "went": one.went, "person": person.id}) if as_json else print(line(one, person))
    if not all(one.went for one in outcomes):
        raise typer.Exit(1)


@app.command()
def channels(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List the channels: kind, by what they know somebody, which levels use them. Exit 1 where one cannot be used."""
    from alerts.channels import By
    from alerts.channels.trial import KNOWN_BY

    settings = load(config)
    with open_book(config) as book:
        county = book.current(settings.county)
    used = uses(county)
    wrong = False
    for name in dict.fromkeys((*BUILT_IN, *_told(settings), *used)):
        kind, by, fault = _looked_at(settings, name, county)
        wrong = wrong or bool(fault)
        known = KNOWN_BY[By(by)] if by else ""
        levels = used.get(name, [])
        if as_json:
            put_json({"channel": name, "kind": kind, "by": by, "known_by": known, "levels": levels, "fault": fault})
        else:
            print(f"{name:<16} {kind:<14} {fault or known}  {' '.join(levels) or '没有哪一级用它'}")
    if wrong:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Serves:
    """Where somebody serves first of all: the level, and the village (region code) where it is one."""

    level: Level
    village: str


def found(county: County, told: str) -> Person:
    """Somebody by id or exact name; ``ValueError`` where that is nobody, or several."""
    if told in county.people:
        return county.people[told]
    same = [one for one in county.people.values() if one.name == told]
    if len(same) == 1:
        return same[0]
    if same:
        raise ValueError(f"people.csv里有{len(same)}个{told},请写编号:{'、'.join(one.id for one in same)}")
    raise ValueError(f"people.csv里没有{told[:40]!r}(写编号,或完整的姓名)")


def first_duty(county: County, person: Person, day: date) -> Serves | None:
    """The duty on the lowest rung that somebody has on this day."""
    ladder = county.policy.ladder
    mine = [one for one in county.content.duties
            if one.person == person.id and one.holds(day) and one.level in ladder]  # fmt: skip
    if not mine:
        return None
    duty = min(mine, key=lambda one: (ladder.index(one.level), one.rank))
    region = duty.area if duty.area.isdigit() else next(
        (spot.region for spot in county.content.spots if spot.id == duty.area),
        next((way.region for way in county.content.ways if way.id == duty.area), ""),
    )  # fmt: skip
    return Serves(duty.level, region if len(region) >= 12 else "")


def names_for(county: County, person: Person, duty: Serves | None) -> tuple[str, ...]:
    """Every channel by which somebody is told; ``ValueError`` where nothing says how."""
    if duty is None and not person.channels:
        raise ValueError(f"{person.name}今天没有责任,不知道按哪一级通知;用 --channel 指明通道")
    routes = county.routes(duty.level, person.id) if duty else person.channels
    return names_of(routes)


def uses(county: County) -> Mapping[str, list[str]]:
    """The levels, in the county's words, that each channel tells, and how many people chose it for themselves."""
    found: dict[str, list[str]] = {}
    for level, routes in county.policy.channels.items():
        for name in (name for route in routes for name in split(route)):
            found.setdefault(name, []).append(getattr(county.policy.levels, level))
    for also in county.policy.remind.also:
        for name in names_of(also.routes):
            found.setdefault(name, []).append(f"第{also.from_round}次起加上")
    chosen = Counter(name for one in county.people.values() for name in names_of(one.channels))
    for name, people in chosen.items():
        found.setdefault(name, []).append(f"自选{people}人")
    return found


def line(one: Outcome, person: Person) -> str:
    """What came of it, for a person."""
    return f"{one.channel} → {person.name}:{one.words}{f'。{one.hint}' if one.hint else ''}。".replace("。。", "。")


def opening(settings: ServerSettings, name: str) -> tuple[str, Callable[[], Channel]]:
    """A channel's kind, and how it is opened; ``ValueError`` where no channel has this name or it cannot be made."""
    from alerts.channels import catalog
    from alerts.channels.console import Console
    from alerts.channels.file import File

    told = _told(settings).get(name)
    if told is not None:
        return str(told.get("kind")), lambda: catalog.opened(catalog.settings_of(told), partial(datetime.now, UTC))
    if name == "console":
        return name, lambda: Console(sys.stderr)  # standard output is for what came of it
    if name == "file":
        return name, lambda: File(settings.folder / "files" / "notices.jsonl")
    raise ValueError(f"server.toml里没有名为{name[:40]!r}的通道;有{'、'.join((*BUILT_IN, *_told(settings)))}")


def _tried(settings: ServerSettings, name: str, letter: Letter, address: Callable[[By], str]) -> Outcome:
    from alerts.channels import Result
    from alerts.channels.trial import Outcome, tried

    try:
        channel = opening(settings, name)[1]()
    except (ValueError, OSError) as fault:
        return Outcome(name, Result.FAILED, str(fault), "先改好server.toml里的[[channel]]或policy.toml里的[channels]")
    with closing(channel):
        return tried(name, channel, letter, address(channel.by))


def _looked_at(settings: ServerSettings, name: str, county: County) -> tuple[str, str, str]:
    """Kind, by what it knows somebody, and what is wrong with it."""
    kind = "?"
    try:
        kind, opened = opening(settings, name)
        with closing(opened()) as channel:
            _read_secrets(settings, name)
            return kind, channel.by.value, _unmet(settings, name, county)
    except (ValueError, OSError) as fault:
        return kind, "", str(fault)


def _read_secrets(settings: ServerSettings, name: str) -> None:
    """Read those that only receipts and bindings need; ``ValueError`` names one without which nothing starts."""
    from alerts.channels import catalog
    from alerts.notices.receipt_doors import doors_of

    if (told := _told(settings).get(name)) is None:
        return
    one = catalog.settings_of(told)
    for door in doors_of([one], partial(datetime.now, UTC)).values():
        door.channel.close()
    if (events := getattr(one, "events_token_file", None)) is not None:
        catalog.secret_of(events)


def _unmet(settings: ServerSettings, name: str, county: County) -> str:
    """That the channel waits for a severity that the county has not: it would be silent, and nobody would know."""
    from alerts.channels import catalog

    told = _told(settings).get(name)
    known = tuple(county.policy.severities.values())
    odd = [word for word in catalog.settings_of(told).severity_words() if word not in known] if told else []
    return f"本县没有{'、'.join(odd)}这个级别,只有{'、'.join(known)}" if odd else ""


def _told(settings: ServerSettings) -> Mapping[str, Mapping[str, object]]:
    return {str(one.get("name")): one for one in settings.channels}
