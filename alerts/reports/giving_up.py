"""The names of reporters whose key is lost are given up on purpose, by the county, and that is written down."""

from __future__ import annotations

from pathlib import Path

from alerts.asks import fairness_book
from alerts.asks.fairness import Deed, Entry
from alerts.reports import key_book
from alerts.reports.report_office import need_county
from alerts.reports.report_tables import REPORT_KEYS, REPORTERS
from alerts.store.book import Book
from alerts.tickets.doing import Refused
from alerts.tickets.moves import plain
from alerts.values import Who
from alerts.world import World
from ingest.store import micros


def give_up(book: Book, folder: Path, by: Who, reason: str, world: World) -> int:
    """Give up for good what is sealed with a key that is lost; returns how many reporters that were.

    The next start makes a new key. ``Barred`` below the county; ``Refused`` without a reason, where nothing is sealed,
    or where the key still fits.
    """
    need_county(by, "只有县级可以放弃反映人的信息")
    if not plain(reason):
        raise Refused("请写明原因")
    now, place = world.now(), world.county().place_name(book.county)
    with book.writing() as pen:
        known = key_book.mark_in_force(pen.conn, pen.county)
        if known is None:
            raise Refused("没有用密钥加密的反映人信息,不用放弃")
        if key_book.fits(folder, known):
            raise Refused("密钥还在,没有丢,不用放弃")
        words = "密钥遗失,以前的反映人信息作废"
        entry = Entry(Deed.GIVEN_UP, by, plain(reason)[:300], now, pen.county, place, words=words)
        fairness_book.note(pen, entry)
        keys, sealed = REPORT_KEYS.c, REPORTERS.c
        old = (keys.county == pen.county) & keys.given_up_us.is_(None)
        pen.conn.execute(REPORT_KEYS.update().where(old).values(given_up_us=micros(now)))
        mine = (sealed.county == pen.county) & sealed.erased_us.is_(None)
        gone = {"sealed": None, "mark": None, "staff": None, "erased_us": micros(now)}
        return pen.conn.execute(REPORTERS.update().where(mine).values(gone)).rowcount
