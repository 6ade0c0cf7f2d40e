"""``jingcun report give-up-names``: the key of the reporters is lost for good, and the county says so."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from jingcun.commands.shared import SERVER_TOML, Config, one_line_errors, person_named
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.values import Who
    from county.snapshot import County


def give_up_names(
    by: Annotated[str, typer.Option("--by", help="Who says so: an id of people.csv with a duty of the county today.")],
    reason: Annotated[str, typer.Option(help="How the key was lost; stands in the fairness log.")],
    config: Config = SERVER_TOML,
) -> None:
    """Give up for good the names sealed with a lost secrets/reporters.key, so that a new key may be made."""
    from alerts.reports.giving_up import give_up
    from alerts.reports.seal import FILE
    from alerts.store.book import Book
    from alerts.world import World
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.store import StoreAway

    settings = load(config)
    with one_line_errors(StoreAway, BookAway, NoCounty, ValueError), ExitStack() as stack:
        county = stack.enter_context(CountyBook(settings.store("county"))).current(settings.county)
        book = Book(settings.store("book"), county.code, county.calendar.zone)
        stack.callback(book.close)
        world = World(lambda: county, lambda: datetime.now(UTC))
        number = give_up(book, settings.folder / "secrets", _who(county, by, world.now()), reason, world)
    left = settings.folder / "secrets" / FILE
    first = f"先移走 {left},再" if left.exists() else ""
    print(f"{number} 条反映人信息已作废;请{first}重新启动服务,会生成新的密钥")


def _who(county: County, by: str, now: datetime) -> Who:
    """Somebody on the highest level on which they have a duty today."""
    from alerts.tickets.entitled import NotEntitled, duties_today
    from alerts.tickets.moves import rank
    from alerts.values import Who

    person = person_named(county, by)
    levels = sorted((duty.level for duty in duties_today(county, by, now)), key=rank)
    if not levels:
        raise NotEntitled(f"{person.name}今天没有职责")
    return Who(person.id, person.name, person.phone, levels[-1])
