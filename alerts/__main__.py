"""``python -m alerts BOOK COUNTY``: the open tickets of a book and what the auditor says; it makes no book.

Example: ``python -m alerts sqlite:///var/book.db 640999``. Exit code 1 when the auditor has found something.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from alerts.audit import PROOF
from alerts.store.book import Book
from alerts.store.lines import Line
from alerts.store.queries import Filters, Reader


def main(arguments: list[str] | None = None) -> int:
    """Print the queue, one line a ticket, then the auditor's findings."""
    parser = argparse.ArgumentParser(prog="python -m alerts", description=__doc__)
    parser.add_argument("book", help="database address, for example sqlite:///var/book.db")
    parser.add_argument("county", help="6-digit county code")
    parser.add_argument("--all", action="store_true", help="closed tickets too")
    asked = parser.parse_args(arguments)
    if _is_missing(asked.book):
        parser.error(f"there is no book at {asked.book}")
    book = Book(asked.book, asked.county)
    try:
        reader = Reader(book)
        lines = reader.queue(Filters(open_only=not asked.all))
        now = datetime.now(UTC)
        findings = [*reader.findings(now), *reader.misfits(), *reader.broken_promises(now, now - PROOF)]
    finally:
        book.close()
    for line in lines:
        sys.stdout.write(f"{_words(line)}\n")
    for finding in findings:
        sys.stdout.write(f"! {finding.number} {finding.words}\n")
    return 1 if findings else 0


def _is_missing(address: str) -> bool:
    kind, found, path = address.partition("sqlite:///")
    return kind == "" and found != "" and not Path(path).is_file()


def _words(line: Line) -> str:
    due = f"{line.due_at:%m-%d %H:%MZ}" if line.due_at else "-"
    late = "超期" if line.overdue else ""
    where = f"{line.place} {line.spot_name}"
    return f"{line.number} {line.status_name} {where} {line.what} {line.person} {due} {late}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
