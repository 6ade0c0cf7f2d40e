"""``jingcun replay --from … --to … --policy new.toml``: what another policy would have made of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from alerts.replay import Difference, Tale
    from county.policy import Policy
    from county.snapshot import County


def replay(
    from_: Annotated[str, typer.Option("--from", help="Messages that arrived from this local time on.")],
    to: Annotated[str, typer.Option(help="… and before this one, like 2026-11-08 or 2026-11-08T12:00.")],
    policy: Annotated[Path, typer.Option(help="The policy.toml to try.")],
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Decide past messages by another policy and list what would differ; nothing is written. Exit code 1: it differs.

    Nobody accepts or reports anything in a replay: both sides climb until the place is seen clean.
    """
    from alerts.replay import NothingToReplay, compare, with_policy
    from alerts.replay import replay as again
    from county.book import BookAway, CountyBook, NoCounty
    from ingest.inbox import Inbox
    from ingest.store import StoreAway

    server = load(config)
    with one_line_errors(NothingToReplay, BookAway, NoCounty, StoreAway, ValueError), ExitStack() as opened:
        book = opened.enter_context(CountyBook(server.store("county")))
        county = book.current(server.county)
        other = with_policy(county, _policy(policy, county))
        begin, end = _span(from_, to, county)
        inbox = Inbox(server.store("inbox"), server.county)
        opened.callback(inbox.close)
        before, after = (again(inbox, one, begin, end) for one in (county, other))
        found = compare(before, after, county, end)
    if as_json:
        put_json({"before": _counts(before), "after": _counts(after), "differences": [_facts(one) for one in found]})
    else:
        _tell(county, found, (before, after))
    raise typer.Exit(1 if found else 0)


def _policy(path: Path, county: County) -> Policy:
    """The policy of a file, checked against the places of the county."""
    from county.check_rules import areas_above, rule_problems
    from county.policy_file import lines_of, read_policy

    data = path.read_bytes()
    found, problems = read_policy(data)
    if found is not None:
        content = county.content
        above = areas_above(content.regions, content.devices, content.spots)
        problems = [*problems, *rule_problems(found, above, lines_of(data))]
    if found is None or problems:
        raise ValueError("; ".join(str(one) for one in problems))
    return found


def _span(begin: str, end: str, county: County) -> tuple[datetime, datetime]:
    zone = ZoneInfo(county.calendar.zone)
    try:
        first, last = (datetime.fromisoformat(text) for text in (begin, end))
    except ValueError as error:
        raise ValueError(f"{error}; write times like 2026-11-01 or 2026-11-01T08:00") from error
    first, last = (one if one.tzinfo else one.replace(tzinfo=zone) for one in (first, last))
    if first >= last:
        raise ValueError(f"--from {begin} is not before --to {end}")
    return first, last


def _tell(county: County, found: list[Difference], sides: tuple[Tale, Tale]) -> None:
    zone = ZoneInfo(county.calendar.zone)
    for one in found:
        ticket = one.before or one.after
        assert ticket is not None
        print(f"{ticket.opened_at.astimezone(zone):%m-%d %H:%M}  {ticket.scene.place_name} {ticket.scene.spot_name}:"
              f"{one.words}")  # fmt: skip
    for name, tale in zip(("现行规则", "新规则"), sides, strict=True):
        counts = _counts(tale)
        print(f"{name}:消息 {counts['messages']},告警 {counts['alarms']},工单 {counts['tickets']},"
              f"其中超期 {counts['overdue']},上报 {counts['climbs']} 次,通知 {counts['notices']} 条")  # fmt: skip
    print(f"有差异的工单 {len(found)} 张(回放中无人接单,只比较规则)")


def _counts(tale: Tale) -> dict[str, int]:
    return {
        "messages": tale.messages, "alarms": tale.alarms, "tickets": len(tale.tickets),
        "overdue": sum(one.overdue for one in tale.tickets.values()), "climbs": tale.climbs, "notices": tale.notices,
        "stuck": tale.stuck,
    }  # fmt: skip


def _facts(one: Difference) -> dict[str, Any]:
    def brief(ticket: Any) -> dict[str, Any] | None:
        if ticket is None:
            return None
        keep = ("opened_at", "closed_at", "severity", "overdue")
        known = asdict(ticket)
        return {name: known[name] for name in keep} | {
            "what": ticket.what, "level": ticket.level.value, "person": ticket.person.id,
            "status": ticket.status.value,
        }  # fmt: skip

    return {"place": one.place, "spot": one.spot, "words": one.words, "before": brief(one.before),
            "after": brief(one.after)}  # fmt: skip
