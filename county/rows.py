"""CSV in and out: lines to typed cells, with a problem (file, line, cure) for everything that is wrong."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)
Lines = dict[str, list[int]]  # file -> the line (feature number for GeoJSON) of each value, in order

# A spreadsheet runs a cell that begins like this as a formula, also behind quotes and blanks that it takes away, and
# also in full width; a quote in front makes it text.
_DANGEROUS = re.compile(r"""['"\s]*[=+\-@＝＋－＠\t\r]""")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one file; ``line`` counts from 1, 0 is the file as a whole."""

    file: str
    line: int
    text: str
    cure: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.text} → {self.cure}"


class BadCell(ValueError):
    """A cell that cannot be read; carries the cure."""

    def __init__(self, text: str, cure: str) -> None:
        super().__init__(text)
        self.cure = cure


@dataclass(slots=True)
class Row:
    """One CSV line by column name. The readers raise ``BadCell``."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str, pattern: re.Pattern[str] | None = None, cure: str = "") -> str:
        """The cell without outer blanks; with a pattern it must match in full."""
        value = self.cells.get(column, "").strip()
        if pattern is not None and not pattern.fullmatch(value):
            raise BadCell(f"column {column!r} has {value[:60]!r}", cure)
        return value

    def needed(self, column: str) -> str:
        """The cell, which must not be empty."""
        value = self.text(column)
        if not value:
            raise BadCell(f"column {column!r} is empty", f"fill in {column!r} or delete the line")
        return value

    def words(self, column: str) -> tuple[str, ...]:
        """The words of a cell, parted by | or commas."""
        return tuple(word for part in re.split(r"[|,]", self.text(column)) if (word := part.strip()))

    def day(self, column: str) -> date | None:
        """An ISO date, or None when empty."""
        value = self.text(column)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise BadCell(f"column {column!r} has {value[:60]!r}", "write the date as 2026-03-01") from None

    def validity(self) -> tuple[date | None, date | None]:
        """``valid_from`` and ``valid_to`` (exclusive); the end must lie after the start."""
        start, end = self.day("valid_from"), self.day("valid_to")
        if start is not None and end is not None and end <= start:
            raise BadCell(
                f"valid_to {end} is not after valid_from {start}", "valid_to is the first day it no longer holds"
            )
        return start, end

    def number(self, column: str) -> float | None:
        """A finite number, or None when empty."""
        value = self.text(column)
        try:
            number = float(value) if value else None
        except ValueError:
            number = math.nan
        if number is not None and not math.isfinite(number):
            raise BadCell(f"column {column!r} has {value[:60]!r}", "write a plain number like 106.20345")
        return number

    def one_of(self, column: str, choice: type[E]) -> E:
        """A member of an enumeration."""
        value = self.text(column)
        try:
            return choice(value)
        except ValueError:
            allowed = ", ".join(member.value or '""' for member in choice)
            raise BadCell(f"column {column!r} has {value[:60]!r}", f"use one of: {allowed}") from None


@dataclass(slots=True)
class Table:
    """The lines of one CSV file; what is wrong with the file goes to ``problems``."""

    file: str
    columns: Sequence[str]
    optional: Sequence[str] = ()
    problems: list[Problem] = field(default_factory=list)

    def rows(self, data: bytes) -> Iterator[Row]:
        """Yield each good line with its number; stops where the rest cannot be trusted."""
        text = self._decoded(data)
        if text is None:
            return
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = self._header(reader)
        if header is None:
            return
        line = reader.line_num + 1
        while (cells := self._next(reader, line)) is not None:
            if any(cell.strip() for cell in cells):
                if len(cells) == len(header):
                    yield Row(line, {name: unescape(cell) for name, cell in zip(header, cells, strict=True)})
                else:
                    self.report(line, f"has {len(cells)} cells, the header has {len(header)}",
                                "add or remove commas; put text with a comma in double quotes")  # fmt: skip
            line = reader.line_num + 1

    def report(self, line: int, text: str, cure: str) -> None:
        """Note a problem of this file."""
        self.problems.append(Problem(self.file, line, text, cure))

    def _decoded(self, data: bytes) -> str | None:
        text, problem = decode(self.file, data)
        if problem is not None:
            self.problems.append(problem)
        return text

    def _header(self, reader: csv.Reader) -> list[str] | None:  # type: ignore[name-defined]
        header = self._next(reader, 1)
        if header is None:
            self.report(1, "the file is empty", f"the first line names the columns: {','.join(self.columns)}")
            return None
        names = [name.strip() for name in header]
        missing = [name for name in self.columns if name not in names]
        unknown = [name for name in names if name not in (*self.columns, *self.optional)]
        if missing:
            self.report(1, f"column {', '.join(missing)} is missing", f"the columns are: {','.join(self.columns)}")
        if unknown or len(set(names)) != len(names):
            self.report(1, f"unknown or doubled column in {names}",
                        f"known columns: {','.join((*self.columns, *self.optional))}")  # fmt: skip
        return None if missing or len(set(names)) != len(names) else names

    def _next(self, reader: Iterator[list[str]], line: int) -> list[str] | None:
        try:
            return next(reader, None)
        except csv.Error as error:
            self.report(line, f"broken CSV ({error}); nothing after this line was read",
                        "close the double quote, or double it inside the text")  # fmt: skip
            return None


def decode(file: str, data: bytes) -> tuple[str | None, Problem | None]:
    """UTF-8 text, with or without byte order mark; else the problem, naming the line of the first bad byte."""
    cure = "save the file as UTF-8 (in Excel: CSV UTF-8)"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None, Problem(file, 1, "the file is UTF-16", cure)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return None, Problem(file, line, "the file is not UTF-8 (perhaps GBK)", cure)
    if "\0" in text:
        return None, Problem(file, text[: text.index("\0")].count("\n") + 1, "there is a zero byte in the file", cure)
    return text, None


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV as UTF-8; cells that a spreadsheet would run as a formula are quoted with ``'``, numbers stay numbers."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")  # with "\n" a lone carriage return would not be quoted
    writer.writerow(columns)
    writer.writerows([escape(cell) for cell in row] for row in rows)
    return "".join(lines).encode()


class _Lines(list[str]):
    """Takes the lines of a CSV writer and ends them the Unix way."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def escape(cell: str) -> str:
    """Make a cell harmless in a spreadsheet."""
    return f"'{cell}" if _DANGEROUS.match(cell) and not _number(cell) else cell


def unescape(cell: str) -> str:
    """Undo ``escape``."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell) else cell


def _number(cell: str) -> bool:
    return re.fullmatch(r"-\d+(\.\d+)?", cell, re.ASCII) is not None


def doubled(file: str, keys: list[str], lines: Lines, what: str) -> Iterator[Problem]:
    """A problem for each key that stands a second time."""
    first: dict[str, int] = {}
    for line, key in zip(lines.get(file, []), keys, strict=True):
        if key in first:
            yield Problem(file, line, f"{what} {key} is already on line {first[key]}", "each may stand only once")
        first.setdefault(key, line)
