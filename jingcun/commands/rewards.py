"""``jingcun report rewards | reward``: what stands to be granted, each step of it, the ledger for 财务."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from jingcun.commands.registering import noted
from jingcun.commands.report_room import By, opened
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json

if TYPE_CHECKING:
    from alerts.reports.rewards import Entry

COLUMNS = ("序号", "时间", "事项", "金额(元)", "月份", "工单", "反映编号", "经办人", "说明")


def rewards(
    month: Annotated[str, typer.Option(help="Only this month's ledger, like 2026-11.")] = "",
    table: Annotated[
        Path | None, typer.Option("--csv", help="Write the ledger for a spreadsheet into this file.")
    ] = None,
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """List what stands to be granted, and the ledger. Payees are numbers: `jingcun report reporter` names one."""
    with opened(config) as room:
        awards, ledger, zone = room.rewards.awards(), room.rewards.ledger(month), room.zone
        numbers = room.office.numbers([*(ticket for ticket, _ in awards), *(one.ticket for one in ledger)])
    if table is not None:
        with one_line_errors(OSError):
            table.write_bytes(_table(ledger, numbers, zone))
        print(f"{table}: {len(ledger)} lines", file=sys.stderr)
    elif as_json:
        for ticket, award in awards:
            put_json({"deed": "due", "ticket": ticket, "number": numbers[ticket], "report": award.report,
                      "amount": award.amount, "month": award.month})  # fmt: skip
        for one in ledger:
            put_json(_facts(one, numbers[one.ticket], zone))
    else:
        for ticket, award in awards:
            print(f"待批准  {award.amount}元  {numbers[ticket]}  {award.month}")
        for one in ledger:
            print(f"{one.deed.words}  {one.amount}元  {numbers[one.ticket]}  {one.by}  {one.words}")


@noted("report")
def reward(
    deed: Annotated[Literal["approve", "pay", "withdraw"], typer.Argument()],
    ticket: Annotated[str, typer.Argument(help="The ticket's number (GD-1121-0001, the newest such) or its id.")],
    by: By,
    words: Annotated[str, typer.Option(help="How it was paid, or why it is withdrawn.")] = "",
    config: Config = SERVER_TOML,
) -> None:
    """Grant the reward of a problem (once), note its payment, or take it back before."""
    with opened(config) as room:
        acts = {"approve": room.rewards.approve, "pay": room.rewards.pay, "withdraw": room.rewards.withdraw}
        known = room.ticket(ticket)
        entry = acts[deed](known.id, room.acting(by, known), words)
    print(f"{entry.deed.words}  {entry.amount}元")


def _table(ledger: list[Entry], numbers: Mapping[UUID, str], zone: ZoneInfo) -> bytes:
    """The ledger as CSV in UTF-8 with a byte order mark, in the words of the county."""
    from county.rows import write

    rows = [
        (
            str(one.number), f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}", one.deed.words, str(one.amount),
            one.month, numbers[one.ticket], str(one.report), one.by, one.words,
        )
        for one in ledger
    ]  # fmt: skip
    return b"\xef\xbb\xbf" + write(COLUMNS, rows)


def _facts(entry: Entry, number: str, zone: ZoneInfo) -> dict[str, object]:
    return {
        "n": entry.number, "at": entry.at.astimezone(zone).isoformat(timespec="seconds"), "deed": entry.deed.value,
        "amount": entry.amount, "month": entry.month, "ticket": entry.ticket, "number": number,
        "report": entry.report, "by": entry.by, "words": entry.words,
    }  # fmt: skip
