"""Lists as files for a spreadsheet, CSV and XLSX: row by row into a file of no name, and from there to who asked.

So the memory that an export needs does not grow with it, and a store that goes away half-way is an answer (503), not
half a file. No cell runs in a spreadsheet: in CSV a quote stands before it, in XLSX it is written as text.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Annotated
from urllib.parse import quote

import xlsxwriter
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, StringConstraints

from alerts.tickets.moves import plain
from county.rows import escape

MOST_ROWS = 100_000  # of one file; more is said in its last line
MOST_CELL = 32_000  # characters; a cell of XLSX holds 32 767
CHUNK = 64 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AS_TEXT = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
}  # fmt: skip


class Reasoned(BaseModel):
    """What every export asks beside its filter."""

    reason: Annotated[str, StringConstraints(min_length=2, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")] = Field(
        examples=["月度例会"], description="why it is taken; stands in the register"
    )


@dataclass(frozen=True, slots=True)
class Table:
    """A list: ``file`` names it in ASCII, ``title`` in Chinese; the rows are read once, as they are needed."""

    file: str
    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[str]]


def handed_over(request: Request, table: Table) -> StreamingResponse:
    """The file that the address asks for, by its end: ``.xlsx``, else CSV in UTF-8 with a byte order mark."""
    xlsx = request.url.path.endswith(".xlsx")
    form = "xlsx" if xlsx else "csv"
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    try:
        (as_xlsx if xlsx else as_csv)(table, file)
        size = file.tell()
    except BaseException:
        file.close()
        raise
    named = f"filename=\"{table.file}.{form}\"; filename*=UTF-8''{quote(table.title)}.{form}"
    headers = {"Content-Disposition": f"attachment; {named}", "Content-Length": str(size)}
    return StreamingResponse(_read(file), media_type=_XLSX if xlsx else "text/csv; charset=utf-8", headers=headers)


def as_csv(table: Table, file: IO[bytes]) -> None:
    """Write CSV; the file stands at its end afterwards."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([escape(cell) for cell in row] for row in _cells(table))
    text.detach().seek(0, io.SEEK_END)


def as_xlsx(table: Table, file: IO[bytes]) -> None:
    """Write XLSX, the head fixed and bold; the file stands at its end afterwards."""
    with xlsxwriter.Workbook(file, _AS_TEXT) as book:
        sheet = book.add_worksheet(table.title[:31])
        sheet.set_column(0, max(0, len(table.columns) - 1), 18)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(_cells(table), 1):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    file.seek(0, io.SEEK_END)


def _cells(table: Table) -> Iterator[list[str]]:
    """The rows without what nobody can see (control characters, marks that turn the reading order), and their end."""
    rows = iter(table.rows)
    for row in islice(rows, MOST_ROWS):
        yield [plain(cell)[:MOST_CELL] for cell in row]
    if next(rows, None) is not None:
        yield [f"只导出前 {MOST_ROWS} 行，请用筛选条件分几次导出"]


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
