"""By which key the reporters of a county are sealed: its mark in the book, so that no other key is taken for it.

The mark is written with the first reporter that is sealed. From then on a server without that very key does not start:
a key made anew would open nothing that is sealed, and would know nobody again who reported or was rewarded before.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from alerts.reports.report_tables import REPORT_KEYS
from alerts.reports.seal import FILE, BadSeal, Seal, seal_in
from alerts.store.book import Book, Pen
from ingest.store import micros

CURE = f"restore secrets/{FILE} from the backup, or give the old names up: jingcun report give-up-names"


def open_seal(folder: Path, book: Book) -> Seal:
    """The seal in a server's folder; a key is made only where nobody is sealed yet.

    ``BadSeal``: the key is missing, damaged, or another than the one by which reporters are sealed.
    """
    path = folder / FILE
    with book.store.read() as conn:
        known = mark_in_force(conn, book.county)
    if known and not path.exists():
        raise BadSeal(f"{path} is missing, but names of reporters are sealed with it; {CURE}")
    seal = seal_in(folder)
    if known not in (None, seal.fingerprint):
        raise BadSeal(f"{path} is not the key with which names of reporters are sealed; {CURE}")
    with book.store.read() as conn:
        _refuse_given_up(conn, book.county, seal)
    return seal


def hold_to(pen: Pen, seal: Seal, now: datetime) -> None:
    """Before a reporter is sealed: from the first on it is one key. ``BadSeal`` for any other."""
    _refuse_given_up(pen.conn, pen.county, seal)
    row = {"county": pen.county, "mark": seal.fingerprint, "at_us": micros(now)}
    pen.conn.execute(pen.insert(REPORT_KEYS).on_conflict_do_nothing().values(row))
    if mark_in_force(pen.conn, pen.county) != seal.fingerprint:
        raise BadSeal(f"names of reporters are sealed with another key than this server's; {CURE}")


def mark_in_force(conn: sa.Connection, county: str) -> str | None:
    """The mark of the key by which the reporters of a county are sealed; None where nobody is sealed yet."""
    t = REPORT_KEYS.c
    return conn.execute(sa.select(t.mark).where((t.county == county) & t.given_up_us.is_(None))).scalar_one_or_none()


def _refuse_given_up(conn: sa.Connection, county: str, seal: Seal) -> None:
    """A server that still runs with a lost key must not seal with it again: nobody could open that after its end."""
    t = REPORT_KEYS.c
    gone = (t.county == county) & (t.mark == seal.fingerprint) & t.given_up_us.is_not(None)
    if conn.execute(sa.select(sa.exists().where(gone))).scalar_one():
        raise BadSeal(f"this key was given up; move {FILE} away and start anew: a new one is made")


def fits(folder: Path, mark: str) -> bool:
    """Whether the key in a server's folder is the one of this mark."""
    try:
        return (folder / FILE).exists() and seal_in(folder).fingerprint == mark
    except BadSeal:
        return False
