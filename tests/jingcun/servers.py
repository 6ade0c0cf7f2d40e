"""A server with the small county loaded, for commands that work on its stores."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from county.book import CountyBook
from county.files import dump
from county.office import load_folder
from county.snapshot import County
from tests.county.small import COUNTY, POLICY_TOML, small_county, small_folder


def small_server(folder: Path, **other: Any) -> tuple[Path, County]:
    """Its settings file, its stores below ``folder``/var, and the county as it is loaded.

    ``other`` are parts of ``small_county``, such as ``devices=…``.
    """
    files = folder / "county"
    files.mkdir()
    for name, data in (dump(small_county(**other).content, POLICY_TOML.encode()) if other else small_folder()).items():
        (files / name).write_bytes(data)
    path = folder / "server.toml"
    path.write_text(f'county = "{COUNTY}"\nfolder = "var"\n', encoding="utf-8")
    with closing(CountyBook(f"sqlite:///{folder / 'var' / 'county.db'}")) as book:
        load_folder(book, files, "测试", "开始")
        return path, book.current(COUNTY)
