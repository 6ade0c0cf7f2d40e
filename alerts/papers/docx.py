"""A paper as DOCX for Word and WPS: official faces by name with their fallbacks, the official page and grid."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.text.font import CT_RPr
from docx.shared import Emu, Mm, Pt
from docx.text.paragraph import Paragraph as Line

from alerts.papers.photo import readable
from alerts.papers.sheet import PhotoSheet, Sheet

TITLE_FACE, BODY_FACE, HEADING_FACE, NUMBER_FACE = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
FALLBACKS = {TITLE_FACE: "华文中宋", BODY_FACE: "仿宋", HEADING_FACE: "SimHei", NUMBER_FACE: "SimSun"}
_PITCH = 579  # twips: 225 mm / 22 lines
_CHARACTER = 316  # twips
_TIGHTER = -5  # twips: 28 characters of 16 pt on 156 mm; a character grid is read differently by Word and LibreOffice
_WIDTH, _HEIGHT = Mm(150), Mm(128)  # of a photo, at most
_COLUMNS = (Mm(56), Mm(100))  # of the receipt


def document(sheet: Sheet, made_at: datetime, photo: bytes | None = None) -> bytes:
    """The paper as a DOCX file. A photo that cannot be read leaves a line that says so."""
    doc = Document()
    _page(doc)
    _faces(doc)
    _about(doc, sheet, made_at)
    _letter(doc, sheet)
    if sheet.photo is not None:
        _annex(doc, sheet, 1)
        _photo(doc, sheet.photo, readable(photo))
    _annex(doc, sheet, len(sheet.annexes))
    _receipt(doc, sheet)
    file = BytesIO()
    doc.save(file)
    return file.getvalue()


def _page(doc: Doc) -> None:
    section = doc.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(22)
    grid = section._sectPr.find(qn("w:docGrid"))
    for name, value in (("type", "lines"), ("linePitch", _PITCH)):
        grid.set(qn(f"w:{name}"), str(value))
    doc.settings.odd_and_even_pages_header_footer = True
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):  # fmt: skip
        line = footer.paragraphs[0]
        line.alignment = side
        _indent(line, right=1, left=1)
        _say(line, "— ", NUMBER_FACE, 14)
        field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
        line._p.append(field)
        _say(line, " —", NUMBER_FACE, 14)


def _faces(doc: Doc) -> None:
    style = doc.styles["Normal"]
    style.font.size = Pt(16)
    properties = style.element.get_or_add_rPr()
    _face(properties, BODY_FACE)
    properties.rFonts.addnext(parse_xml(f'<w:spacing {nsdecls("w")} w:val="{_TIGHTER}"/>'))
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="zh-CN" w:eastAsia="zh-CN"/>'))
    paragraph = style.element.get_or_add_pPr()
    for name in ("autoSpaceDE", "autoSpaceDN"):  # no gap between Chinese and Latin: each keeps its cell
        paragraph.append(parse_xml(f'<w:{name} {nsdecls("w")} w:val="0"/>'))
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    table = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    for key, relation in list(doc.part.rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE:
            doc.part.rels.pop(key)
    part = Part(PackURI("/word/fontTable.xml"), CONTENT_TYPE.WML_FONT_TABLE, table.encode(), doc.part.package)
    doc.part.relate_to(part, RELATIONSHIP_TYPE.FONT_TABLE)


def _about(doc: Doc, sheet: Sheet, made_at: datetime) -> None:
    about, at = doc.core_properties, made_at.astimezone(UTC).replace(tzinfo=None)
    about.title, about.author, about.last_modified_by = f"{sheet.title} {sheet.number}", sheet.issuer, sheet.issuer
    about.created, about.modified, about.language, about.comments = at, at, "zh-CN", ""


def _letter(doc: Doc, sheet: Sheet) -> None:
    _titled(doc, sheet.issuer)
    _titled(doc, sheet.title)
    number = _line(doc, sheet.number, WD_ALIGN_PARAGRAPH.CENTER)
    number.paragraph_format.space_after = Pt(8)
    _line(doc, sheet.addressee)
    for one in sheet.body:
        line = doc.add_paragraph()
        _indent(line, first=2)
        line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        if one.head:
            _say(line, one.head, HEADING_FACE)
        _say(line, one.text)
    line.paragraph_format.keep_with_next = True
    many = len(sheet.annexes) > 1
    for number_of, annex in enumerate(sheet.annexes, 1):
        words = f"{'附件：' if number_of == 1 else ''}{f'{number_of}．' if many else ''}{annex}"
        _indent(_line(doc, words, together=True), first=2 if number_of == 1 else 5)
    signed = _line(doc, sheet.issuer, WD_ALIGN_PARAGRAPH.RIGHT, together=True)
    signed.paragraph_format.space_before = Pt(6)
    _indent(signed, right=max(0.0, 4 + (_ems(sheet.date) - _ems(sheet.issuer)) / 2))
    _indent(_line(doc, sheet.date, WD_ALIGN_PARAGRAPH.RIGHT), right=4)


def _annex(doc: Doc, sheet: Sheet, number: int) -> None:
    mark = doc.add_paragraph()
    mark.paragraph_format.page_break_before = True
    _say(mark, f"附件{number}" if len(sheet.annexes) > 1 else "附件", HEADING_FACE)
    _titled(doc, sheet.annexes[number - 1]).paragraph_format.space_after = Pt(13)


def _photo(doc: Doc, shown: PhotoSheet, photo: bytes | None) -> None:
    line = _line(doc, "", WD_ALIGN_PARAGRAPH.CENTER)
    if photo is None:
        _say(line, "（照片无法显示）")
    else:
        _place(line, photo)
    line.paragraph_format.space_after = Pt(8)
    for words in shown.lines:
        _say(_line(doc, "", WD_ALIGN_PARAGRAPH.CENTER), words, size=14)
    _say(_line(doc, "", WD_ALIGN_PARAGRAPH.CENTER), f"照片校验码（SHA-256）：{shown.sha256}", size=9)


def _place(line: Line, photo: bytes) -> None:
    """Put a photo into a line, fitted to the page."""
    picture = line.add_run().add_picture(BytesIO(photo))
    share = min(_WIDTH / picture.width, _HEIGHT / picture.height)
    picture.width, picture.height = Emu(int(picture.width * share)), Emu(int(picture.height * share))


def _receipt(doc: Doc, sheet: Sheet) -> None:
    table = doc.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, _COLUMNS, strict=True):
        column.width = width
    for name, said in sheet.receipt:
        row = table.add_row()
        row.height = Mm(15)
        for cell, words, width in zip(row.cells, (name, said), _COLUMNS, strict=True):
            cell.width = width
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            _say(cell.paragraphs[0], words, size=14)
        row.cells[0].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _say(doc.add_paragraph(), sheet.remark, size=12)


def _titled(doc: Doc, words: str) -> Line:
    line = doc.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    line.paragraph_format.line_spacing = Pt(34)
    line._p.get_or_add_pPr().insert_element_before(
        parse_xml(f'<w:snapToGrid {nsdecls("w")} w:val="0"/>'), "w:spacing", "w:ind", "w:jc"
    )
    _say(line, words, TITLE_FACE, 22)
    return line


def _line(doc: Doc, words: str, side: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT, together: bool = False) -> Line:
    line = doc.add_paragraph()
    line.alignment = side
    line.paragraph_format.keep_with_next = together
    if words:
        _say(line, words)
    return line


def _say(line: Line, words: str, face: str = BODY_FACE, size: float = 16) -> None:
    run = line.add_run(words)
    run.font.size = Pt(size)
    _face(run._r.get_or_add_rPr(), face)


def _face(properties: CT_RPr, face: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), face)


def _indent(line: Line, first: float = 0, left: float = 0, right: float = 0) -> None:
    """Indents in characters, which Word and WPS reckon by the grid; the twips are for what does not know them."""
    indent = line._p.get_or_add_pPr().get_or_add_ind()
    for name, ems in (("firstLine", first), ("left", left), ("right", right)):
        if ems:
            indent.set(qn(f"w:{name}Chars"), str(round(ems * 100)))
            indent.set(qn(f"w:{name}"), str(round(ems * _CHARACTER)))


def _ems(words: str) -> float:
    return sum(0.5 if one.isascii() else 1.0 for one in words)
