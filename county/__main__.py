"""The room alone: ``python -m county FOLDER`` checks a folder of county files and exits 1 when something is wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from county.files import BadCounty
from county.office import check


def main(arguments: Sequence[str], today: date) -> int:
    """Print every problem and gap, one a line; 0 when there is none, 2 when the call is wrong."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m county FOLDER\n")
        return 2
    try:
        report = check(Path(arguments[0]), today)
    except BadCounty as bad:
        sys.stderr.write(f"{bad}\n")
        return 2
    sys.stdout.writelines(f"{problem}\n" for problem in report.problems)
    sys.stdout.writelines(f"{gap.text}\n" for gap in report.gaps)
    counted = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    sys.stdout.write(f"{report.name}: {counted}; {len(report.problems)} problems, {len(report.gaps)} gaps\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], datetime.now(UTC).date()))
