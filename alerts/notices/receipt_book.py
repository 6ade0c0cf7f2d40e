"""Receipts in the book: what a provider says later makes an accepted notice a delivered one, or one to pass on.

Each receipt is kept once, whether its notice is known yet or not: one may come before the answer to the letter, and
providers repeat themselves. Once a notice has been delivered or passed on, no receipt moves it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from alerts.channels import Answer, Result
from alerts.channels.receipts import Receipt
from alerts.notices.marking import settle
from alerts.notices.receipt_tables import RECEIPTS
from alerts.notices.statements import of_county
from alerts.store.book import Book, Pen
from alerts.store.tables import NOTICES
from alerts.world import World
from ingest.store import micros


class ReceiptBook:
    """Takes the receipts of one county's channels."""

    def __init__(self, book: Book, world: World) -> None:
        """``world`` gives the county and the clock."""
        self._book = book
        self._world = world

    def take(self, channel: str, receipts: Sequence[Receipt]) -> int:
        """Keep receipts and let them count; returns how many were new. The same again changes nothing."""
        now = self._world.now()
        fresh = 0
        with self._book.writing() as pen:
            for one in receipts:
                if one.delivered is not None and _keep(pen, channel, one, now):
                    fresh += 1
                    row = _notice(pen, channel, one)
                    if row is not None:
                        settle(pen, row, answer_of(one), self._world, now)
            self._world.crash("alerts.before_receipt_commit")
        self._world.crash("alerts.after_receipt_commit")
        return fresh


def early(pen: Pen, row: sa.Row[Any], provider_id: str) -> Answer | None:
    """The receipt that was there before the answer which gave this provider id; None where there is none."""
    mine = (RECEIPTS.c.county == pen.county) & (RECEIPTS.c.channel == row.channel)
    which = sa.or_(RECEIPTS.c.notice == str(row.id), (RECEIPTS.c.provider_id == provider_id) & (provider_id != ""))
    query = sa.select(RECEIPTS).where(mine & which).order_by(RECEIPTS.c.delivered.desc(), RECEIPTS.c.heard_us)
    found = pen.conn.execute(query.limit(1)).one_or_none()
    if found is None:
        return None
    receipt = Receipt(found.provider_id, found.phone, found.delivered, found.code, found.words)
    return answer_of(receipt)


def answer_of(receipt: Receipt) -> Answer:
    """A receipt as the channel's last word."""
    words = " ".join(one for one in (receipt.code, receipt.words) if one)
    result = Result.DELIVERED if receipt.delivered else Result.FAILED
    return Answer(result, receipt.provider_id, f"回执:{'已送达' if receipt.delivered else '没有送达'} {words}".strip())


def _keep(pen: Pen, channel: str, one: Receipt, now: datetime) -> bool:
    """Write a receipt down; False where it is there already."""
    row = {
        "county": pen.county, "channel": channel, "name": (one.notice or one.provider_id)[:200],
        "phone": one.phone[:32],
        "delivered": bool(one.delivered), "notice": one.notice[:64], "provider_id": one.provider_id[:200],
        "code": one.code[:64], "words": one.words[:200], "heard_us": micros(now),
    }  # fmt: skip
    insert = pen.insert(RECEIPTS).on_conflict_do_nothing().returning(RECEIPTS.c.name)
    return pen.conn.execute(insert.values(row)).first() is not None


def _notice(pen: Pen, channel: str, one: Receipt) -> sa.Row[Any] | None:
    """The notice that still waits for this receipt."""
    try:
        named = NOTICES.c.id == UUID(one.notice) if one.notice else None
    except ValueError:
        named = None
    by_provider = (NOTICES.c.provider_id == one.provider_id) if one.provider_id else None
    which = named if named is not None else by_provider
    if which is None:
        return None
    waits = (NOTICES.c.channel == channel) & (NOTICES.c.state == "accepted") & of_county(pen.county)
    return pen.conn.execute(sa.select(NOTICES).where(which & waits).limit(1)).one_or_none()
