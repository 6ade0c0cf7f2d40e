"""County, province and country on paper: ``python -m bench.scale`` prints the tables that docs/scale.md carries.

``--write`` renews them there. The inputs stand in ``bench.scale_inputs``, each with its source.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench import scale_inputs as given
from bench.scale_load import FREE, LEVELS, MONTH_DAYS, Load, counties_a_machine, counties_a_postgres, machines

PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- python -m bench.scale: begin -->", "<!-- python -m bench.scale: end -->"


def load_table() -> str:
    """What comes and what is kept, by level."""
    rows: dict[str, Callable[[Load], str]] = {
        "counties": lambda one: count(one.counties),
        "villages": lambda one: count(one.villages),
        "boxes, cameras, bins": lambda one: f"{count(one.boxes)}, {count(one.cameras)}, {count(one.bins)}",
        "connections to the broker": lambda one: count(one.links),
        "messages a day: receipted": lambda one: count(one.receipted),
        "messages a day: latest value only": lambda one: count(one.passing),
        "messages a second: mean, busiest hour": lambda one: f"{rate(one.mean)}, {rate(one.busy)}",
        "all boxes back within a minute, connections a second": lambda one: rate(one.reconnects),
        "waiting after an hour's cut": lambda one: count(one.backlog),
        "sent a day (receipted)": lambda one: size(one.sent),
        "inbox rows a month": lambda one: count(one.receipted * MONTH_DAYS),
        f"inbox, {given.MONTHS.value:.0f} months": lambda one: size(one.inbox),
        "series values a day": lambda one: count(one.values),
        "series, SQLite (30 d raw, 1 y of hours)": lambda one: size(one.series_sqlite),
        "series, VictoriaMetrics or InfluxDB, a year": lambda one: size(one.series_year),
        f"pictures, {given.PICTURE_DAYS.value:.0f} days": lambda one: size(one.pictures),
        "tickets a day": lambda one: count(one.tickets),
        "notices a day": lambda one: count(one.notices),
    }
    return table(["", *LEVELS], ([what, *map(tell, LEVELS.values())] for what, tell in rows.items()))


def room_table() -> str:
    """How far the measured parts are from one county's load, and how many counties a machine carries."""
    one, counties, door = Load(1), LEVELS["province"].counties, given.DOOR_RATE.value
    memory = " + ".join(f"{each.value:.0f}" for each in (given.SERVER_MB, given.STANDBY_MB, given.SERIES_MB))
    links = " + ".join(f"{each.value:.0f}" for each in (given.SERVER_LINKS, given.STANDBY_LINKS))
    by_machine, by_postgres, needed = counties_a_machine(), counties_a_postgres(), machines(counties)
    rows = [
        ("door over a county's busiest hour", f"{door:,.0f} / {one.busy:.1f}", f"{door / one.busy:,.0f} times"),
        ("an hour's backlog worked off by one door", f"{one.backlog:,.0f} / ({door:,.0f} − {one.busy:.1f})",
         f"{one.backlog / (door - one.busy):.0f} s"),
        ("events to tickets", f"{one.events:,.0f} / {one.tickets:,.0f}", f"{one.events / one.tickets:.0f} to 1"),
        ("counties a machine, by memory", f"{given.MACHINE_MB.value:,.0f} / ({memory})", str(by_machine)),
        ("counties a PostgreSQL, by connections", f"({given.POSTGRES_LINKS.value:.0f} − {FREE}) / ({links})",
         str(by_postgres)),
        ("server machines of a province", f"{counties} / {by_machine}", str(needed["servers"])),
        ("PostgreSQL machines of a province", f"{counties} / {by_postgres}", str(needed["postgres"])),
    ]  # fmt: skip
    return table(["what", "reckoned", "comes to"], rows)


def input_table() -> str:
    """Every input with its source."""
    rows = ([one.what, f"{one.value:,g}", one.how, one.source] for one in given.ALL)
    return table(["what", "value", "how", "source"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def count(number: float) -> str:
    """A count: ``9,900``, ``33 M``, ``1.23 G``."""
    for unit, name in ((1e9, "G"), (1e6, "M")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,.0f}"


def size(number: float) -> str:
    """Bytes: ``1.5 GB``."""
    unit, name = next(((u, n) for u, n in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB")) if number >= u), (1e6, "MB"))
    return f"{number / unit:.3g} {name}"


def rate(number: float) -> str:
    """A number a second."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}"


def tables() -> str:
    """Everything that docs/scale.md carries between its two marks."""
    return "\n\n".join([load_table(), room_table(), input_table()])


def renewed(page: str) -> str:
    """The page with fresh tables between its marks; ``ValueError`` when a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/scale.md has lost a mark; it needs {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def main(arguments: list[str] | None = None) -> None:
    """Print the tables, or put them into the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="County, province, country on paper")
    parser.add_argument("--write", action="store_true", help="renew the tables of docs/scale.md")
    if parser.parse_args(arguments).write:
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())


if __name__ == "__main__":
    main()
