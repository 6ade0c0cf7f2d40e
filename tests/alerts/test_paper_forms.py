"""The same paper as HTML, PDF and DOCX: all say the same, nothing of it is executed, no word or picture breaks it."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from pypdf import PdfReader

from alerts.papers import docx, html
from alerts.papers.pdf import BadFont, FontFiles, Press
from alerts.papers.photo import readable
from alerts.papers.rectification import Found, Ground, Named, Standing, standing
from alerts.papers.sheet import Sheet, sheet_of
from tests.alerts.paper_cases import DUE, HOSTILE, T0, notice, photo

PERSON, DEADLINE = "马村官", "2026年11月28日10时30分"
GOOD = photo()


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


def pdf_text(data: bytes) -> str:
    """What a reader of PDF files finds, without the line breaks of the typesetting."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(data)).pages)


def docx_text(data: bytes) -> str:
    doc = Document(BytesIO(data))
    cells = (cell.text for table in doc.tables for row in table.rows for cell in row.cells)
    return "".join([*(line.text for line in doc.paragraphs), *cells])


class Seen(HTMLParser):
    """Tags, attributes and visible words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words += data


def test_html_pdf_and_docx_all_name_person_deadline_number_and_place(press: Press) -> None:
    sheet = sheet_of(notice())
    page = Seen(html.page(sheet, Standing.RUNNING, GOOD)).words
    said = {
        "html": page,
        "pdf": pdf_text(press.pdf(sheet, T0, GOOD)),
        "docx": docx_text(docx.document(sheet, T0, GOOD)),
    }
    for form, text in said.items():
        flat = "".join(text.split())
        for words in (PERSON, DEADLINE, "青环整〔2026〕12号", "柳林镇石门村村口垃圾点", "暴露垃圾", "送达回执",
                      "柳林镇人民政府", "2026年11月21日"):  # fmt: skip
            assert words in flat, (form, words)


def test_a_second_after_the_deadline_the_page_says_late() -> None:
    sheet = sheet_of(notice())
    assert "超期" not in Seen(html.page(sheet, standing(DUE, DUE))).words
    late = Seen(html.page(sheet, standing(DUE, DUE + timedelta(seconds=1))))
    assert "办理状态：超期" in late.words
    assert ("class", "late") in late.attributes


def test_the_page_is_one_file_without_script_or_outside_address() -> None:
    page = html.page(sheet_of(notice()), Standing.RUNNING, GOOD)
    seen = Seen(page)
    assert not {"script", "link", "iframe", "object", "a", "form"} & set(seen.tags)
    addresses = [value or "" for name, value in seen.attributes if name in ("src", "href", "action", "style")]
    assert len(addresses) == 1
    assert addresses[0].startswith("data:image/jpeg;base64,")
    assert not re.search(r"https?:|url\(|@import", page)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_break_no_form_and_execute_nothing(press: Press, words: str) -> None:
    sheet = sheet_of(
        notice(
            person=Named("甲" + words, words), ground=Ground("乙" + words, words), issuer="丙" + words,
            found=Found("丁" + words, words, words, T0, words), demands=(words, "戊" + words), ticket=words,
        )
    )  # fmt: skip
    seen = Seen(html.page(sheet, Standing.LATE, GOOD))
    assert set(seen.tags) <= {"html", "head", "meta", "title", "style", "body", "aside", "main", "section", "h1", "h2",
                              "span", "p", "b", "div", "figure", "img", "br", "table", "tr", "th", "td"}  # fmt: skip
    assert not any(name.startswith("on") for name, _ in seen.attributes)
    made = press.pdf(sheet, T0, GOOD)
    assert DEADLINE in pdf_text(made)
    assert PdfReader(BytesIO(made)).pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)
    assert "丁" in docx_text(docx.document(sheet, T0, GOOD))


def test_words_without_end_stay_on_the_paper(press: Press) -> None:
    sheet = sheet_of(notice(found=Found("x" * 2000, "暴露垃圾", "重要", T0)))
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(press.pdf(sheet, T0))).pages)
    runs = [len(run) for run in re.findall(r"x+", text.replace("\u200b", ""))]
    assert sum(runs) >= 1990, "nearly all is there"
    assert max(runs) <= 60, "no line is wider than the paper"


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"no picture",
        b"\xff\xd8\xff",
        b"GIF89a" + bytes(50),
        GOOD[: len(GOOD) // 2],
        GOOD[:-2],
        GOOD[:20] + b"\xff\xd9",
    ],
)
def test_what_is_no_picture_leaves_an_empty_frame(press: Press, junk: bytes) -> None:
    sheet = sheet_of(notice())
    assert "照片无法显示" in Seen(html.page(sheet, Standing.RUNNING, junk)).words
    assert "照片无法显示" in pdf_text(press.pdf(sheet, T0, junk))
    assert "照片无法显示" in docx_text(docx.document(sheet, T0, junk))


def damaged(seed: int) -> Iterator[bytes]:
    """A good picture with a few wrong bytes, or cut short."""
    dice = random.Random(seed)
    for _ in range(20):
        data = bytearray(GOOD)
        for _ in range(dice.randrange(1, 20)):
            data[dice.randrange(700)] = dice.randrange(256)
        yield bytes(data)
        yield GOOD[: dice.randrange(len(GOOD))] + b"\xff\xd9"


def test_damaged_pictures_break_no_form(press: Press) -> None:
    sheet = sheet_of(notice())
    taken = 0
    for data in damaged(1):
        taken += readable(data) is not None
        assert press.pdf(sheet, T0, data).startswith(b"%PDF")
        assert docx.document(sheet, T0, data).startswith(b"PK")
        assert Seen(html.page(sheet, Standing.RUNNING, data)).tags.count("section") == 3
    assert taken, "some still look like pictures"


@pytest.mark.parametrize("size", [(40, 4000), (4000, 40), (3, 3)])
def test_a_picture_of_any_shape_fits_on_its_page(press: Press, size: tuple[int, int]) -> None:
    sheet, data = sheet_of(notice()), photo(*size)
    assert len(PdfReader(BytesIO(press.pdf(sheet, T0, data))).pages) == 3
    shape = Document(BytesIO(docx.document(sheet, T0, data))).inline_shapes[0]
    assert shape.width <= Mm(150)
    assert shape.height <= Mm(128)


def test_the_pdf_has_the_official_page_and_carries_its_fonts(press: Press) -> None:
    reader = PdfReader(BytesIO(press.pdf(sheet_of(notice()), T0, GOOD)))
    assert len(reader.pages) == 3
    page = reader.pages[0]
    assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == (595, 842)
    fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "+NotoS" in inner["/BaseFont"], "a subset, named as one"
        assert "/FontFile3" in inner["/FontDescriptor"].get_object()
    assert reader.metadata is not None
    assert reader.metadata.title == "整改通知书 青环整〔2026〕12号"


def test_a_full_line_of_the_pdf_has_28_characters_and_a_page_22_lines(press: Press) -> None:
    body = sheet_of(notice(found=Found("垃" * 1900, "暴露垃圾", "重要", T0), picture=None))
    pages = PdfReader(BytesIO(press.pdf(body, T0))).pages
    lines = [line for line in pages[1].extract_text().splitlines() if line]
    assert [len(line) for line in lines[:-1]] == [28] * 22
    assert lines[-1] == "— 2 —"


def test_a_receipt_grows_with_what_stands_in_it(press: Press) -> None:
    long = sheet_of(notice(person=Named("马" * 40, "石" * 40)))
    heights: dict[str, float] = {}

    def look(text: str, cm: list[float], _tm: object, _font: object, _size: float) -> None:
        heights.update({one: cm[5] for one in ("送达文书", "受送达人", "送达地点") if text.strip() == one})

    PdfReader(BytesIO(press.pdf(long, T0, GOOD))).pages[-1].extract_text(visitor_text=look)
    rows = heights["送达文书"] - heights["受送达人"], heights["受送达人"] - heights["送达地点"]
    assert min(rows) > 50, "half an empty row (15 mm are 43 points) and half of a higher one"


def test_a_broken_template_is_no_fault_of_the_photo(
    press: Press, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "notice.typ"
    broken.write_text("#nothing")
    monkeypatch.setattr("alerts.papers.pdf.TEMPLATE", broken)
    for data in (None, GOOD):
        with pytest.raises(RuntimeError, match="nothing"):
            press.pdf(sheet_of(notice()), T0, data)


def test_the_same_paper_gives_the_same_pdf(press: Press) -> None:
    sheet = sheet_of(notice())
    assert press.pdf(sheet, T0, GOOD) == press.pdf(sheet, T0, GOOD)


def test_a_county_may_name_its_own_font_and_a_wrong_file_is_named(press: Press, tmp_path: Path) -> None:
    from pylopdf_fonts_zh_cn import sans_path

    own = tmp_path / "own.otf"
    own.write_bytes(sans_path().read_bytes())
    made = Press(FontFiles(body=own, title=own)).pdf(sheet_of(notice()), T0)
    assert PERSON in pdf_text(made)
    assert b"NotoSerif" not in made
    wrong = tmp_path / "wrong.ttf"
    wrong.write_bytes(b"no font")
    for path in (wrong, tmp_path / "missing.ttf"):
        with pytest.raises(BadFont, match=path.name):
            Press(FontFiles(title=path))


def test_the_docx_names_the_official_faces_with_fallbacks_and_the_official_page() -> None:
    data = docx.document(sheet_of(notice()), T0, GOOD)
    doc = Document(BytesIO(data))
    section = doc.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round((one or 0) / Mm(1)) for one in (section.page_width, section.page_height, *margins)] == [
        210, 297, 37, 35, 28, 26,
    ]  # fmt: skip
    grid = section._sectPr.find(qn("w:docGrid"))
    assert round(225 / 25.4 * 1440 / int(grid.get(qn("w:linePitch"))), 2) == 22.03
    title = doc.paragraphs[1].runs[0]
    assert (title.text, title.font.name, title.font.size) == ("整改通知书", "方正小标宋简体", 22 * 12700)
    body = doc.paragraphs[4].runs[0]
    assert (body.font.name, body.font.size) == ("仿宋_GB2312", 16 * 12700)
    with zipfile.ZipFile(BytesIO(data)) as files:
        table = files.read("word/fontTable.xml").decode()
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table


def test_a_paper_without_photo_has_the_receipt_as_its_only_annex(press: Press) -> None:
    sheet: Sheet = sheet_of(notice(picture=None))
    assert len(PdfReader(BytesIO(press.pdf(sheet, T0))).pages) == 2
    assert "附件：送达回执" in pdf_text(press.pdf(sheet, T0))
    page = Seen(html.page(sheet, Standing.DONE))
    assert page.tags.count("section") == 2
    assert "附件：送达回执" in page.words
    assert "附件：送达回执" in docx_text(docx.document(sheet, T0))
