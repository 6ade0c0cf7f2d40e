"""A paper as PDF: typeset by Typst, subsets of its fonts embedded, so that every viewer shows it; text stays text."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pylopdf_fonts_zh_cn as shipped
import typst

from alerts.papers.photo import readable
from alerts.papers.sheet import Sheet

TEMPLATE = Path(__file__).with_name("notice.typ")
_PHOTO = "photo.jpg"
_LONG = re.compile(r"[!-~]{25,}")  # Typst breaks Chinese anywhere, but never a word without end


class BadFont(ValueError):
    """A font file cannot be used; the text names it."""


@dataclass(frozen=True, slots=True)
class FontFiles:
    """A county's own font files (TTF or OTF) for title, text and headings; None is the shipped Noto."""

    title: Path | None = None
    body: Path | None = None
    heading: Path | None = None


class Press:
    """Turns sheets into PDF files; the fonts are looked up once."""

    def __init__(self, files: FontFiles = FontFiles()) -> None:
        """Find the fonts; ``BadFont`` when a file is none."""
        serif, sans = shipped.serif_path(), shipped.sans_path()
        chosen = {"title": files.title or serif, "body": files.body or serif, "heading": files.heading or sans}
        folders = sorted({str(path.resolve().parent) for path in (*chosen.values(), serif)})
        self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        families = {Path(one.path).resolve(): one.family for one in self._fonts.fonts() if one.path}
        for path in chosen.values():
            if path.resolve() not in families:
                raise BadFont(f"{path}: no font that can be used; name a TTF or OTF file")
        names: dict[str, object] = {face: families[path.resolve()] for face, path in chosen.items()}
        self._faces = json.dumps({**names, "bolder": files.title is None}, ensure_ascii=False)

    def pdf(self, sheet: Sheet, made_at: datetime, photo: bytes | None = None) -> bytes:
        """The paper as a PDF file; the same sheet gives the same bytes. An unreadable photo leaves its frame."""
        shown = readable(photo)
        try:
            return self._typeset(sheet, made_at, shown)
        except typst.TypstError:  # the picture looks like one and is none after all
            if shown is None:
                raise
            return self._typeset(sheet, made_at, None)

    def _typeset(self, sheet: Sheet, made_at: datetime, photo: bytes | None) -> bytes:
        inputs = {"sheet": _breakable(json.dumps(asdict(sheet), ensure_ascii=False)), "fonts": self._faces}
        with TemporaryDirectory(prefix="paper-") as folder:
            main = shutil.copy(TEMPLATE, folder)
            if photo is not None:
                Path(folder, _PHOTO).write_bytes(photo)
                inputs["photo"] = f"/{_PHOTO}"
            return typst.compile(
                str(main), root=folder, font_paths=self._fonts, ignore_system_fonts=True, format="pdf",
                sys_inputs=inputs, timestamp=int(made_at.timestamp()),
            )  # fmt: skip


@cache
def press_of(files: FontFiles) -> Press:
    """The press with these fonts, set up once for the whole program."""
    return Press(files)


def _breakable(text: str) -> str:
    return _LONG.sub(lambda run: "\u200b".join(run[0][at : at + 24] for at in range(0, len(run[0]), 24)), text)
