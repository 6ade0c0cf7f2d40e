"""A paper as one HTML file: no script, no outside address, every word escaped; prints on A4 as the other forms do."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from alerts.papers.photo import readable
from alerts.papers.rectification import Standing
from alerts.papers.sheet import Paragraph, PhotoSheet, Sheet

STYLE = """
@page { size: A4; margin: 37mm 26mm 35mm 28mm }
@page :right { @bottom-right { content: "— " counter(page) " —"; font: 14pt serif; padding-right: 14pt;
  vertical-align: top; padding-top: 7mm } }
@page :left { @bottom-left { content: "— " counter(page) " —"; font: 14pt serif; padding-left: 14pt;
  vertical-align: top; padding-top: 7mm } }
* { box-sizing: border-box; margin: 0; padding: 0 }
body { background: #e9ebee; color: #000; font-family: "仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong",
  "STFangsong", "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", serif; font-size: 16pt;
  line-height: calc(225mm / 22); letter-spacing: calc(156mm / 28 - 16pt); text-align: justify;
  orphans: 2; widows: 2; overflow-wrap: anywhere; line-break: strict }
main { display: block }
section { width: 210mm; min-height: 297mm; margin: 8mm auto; padding: 37mm 26mm 35mm 28mm; background: #fff;
  box-shadow: 0 1px 8px #0003 }
h1, h2 { font-family: "方正小标宋简体", "FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "STZhongsong", "Noto Serif CJK SC",
  "Source Han Serif SC", "Noto Serif SC", serif; font-size: 22pt; font-weight: normal; line-height: 34pt;
  letter-spacing: 0; text-align: center; -webkit-text-stroke: 0.45pt }
h1 span { display: block }
h2 { margin-bottom: 5mm }
p { text-indent: 2em }
.number { text-align: center; text-indent: 0; margin-bottom: 2.5mm }
.to, .mark { text-indent: 0 }
b, .mark { font-family: "黑体", "SimHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif; font-weight: normal }
.end { break-inside: avoid; break-before: avoid }
.annexes + .annexes { text-indent: 5em }
.signed { width: fit-content; margin: 2mm 4em 0 auto; text-align: center }
.signed p { text-indent: 0 }
.annex { break-before: page }
.mark { margin-bottom: 3mm }
figure { text-align: center; font-size: 14pt; line-height: 23pt; letter-spacing: 0 }
figure img { display: block; max-width: 156mm; max-height: 128mm; margin: 0 auto 4mm }
figure .none { width: 156mm; height: 80mm; line-height: 80mm; border: 0.6pt solid; margin-bottom: 4mm }
figure p { text-indent: 0 }
figure .hash { font-size: 9pt; line-height: 13pt }
table { width: 156mm; border-collapse: collapse; font-size: 14pt; line-height: 22pt; letter-spacing: 0;
  text-align: left }
th, td { border: 0.6pt solid; padding: 1.5mm 3mm; height: 15mm; font-weight: normal; white-space: pre-wrap }
th { width: 56mm; text-align: center }
.remark { text-indent: 0; font-size: 12pt; letter-spacing: 0 }
aside { font: 12pt/1.4 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; letter-spacing: 0; text-align: center;
  padding: 3mm; color: #fff; background: #1f6b4a }
aside.late { background: #b3261e }
aside.over { background: #5f6670 }
@media print {
  body { background: #fff }
  aside { display: none }
  section { width: auto; min-height: 0; margin: 0; padding: 0; box-shadow: none }
}
@media screen and (max-width: 215mm) {
  section { width: auto; min-height: 0; margin: 0 0 4mm; padding: 8mm 6mm }
  figure img, figure .none, table { max-width: 100% }
}
"""
POLICY = "; ".join((
    "default-src 'none'", "img-src data:",
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
    "base-uri 'none'", "form-action 'none'",
))  # fmt: skip
_SHADE = {Standing.RUNNING: "", Standing.LATE: "late", Standing.DONE_LATE: "late"}


def page(sheet: Sheet, standing: Standing, photo: bytes | None = None) -> str:
    """The paper as an HTML document; how it stands is said above it on the screen and not printed."""
    shade = _SHADE.get(standing, "over")
    parts = [
        "<!doctype html>", '<html lang="zh-CN">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(sheet.title)} {escape(sheet.number)}</title>", f"<style>{STYLE}</style>", "</head>",
        "<body>", f'<aside class="{shade}">办理状态：{standing.value}</aside>', "<main>", _letter(sheet),
    ]  # fmt: skip
    if sheet.photo is not None:
        parts.append(_annex(sheet, 1, _figure(sheet.photo, readable(photo))))
    parts.append(_annex(sheet, len(sheet.annexes), _receipt(sheet)))
    return "\n".join([*parts, "</main>", "</body>", "</html>", ""])


def _letter(sheet: Sheet) -> str:
    many = len(sheet.annexes) > 1
    annexes = "".join(
        f'<p class="annexes">{"" if n else "附件："}{f"{n + 1}．" if many else ""}{escape(one)}</p>\n'
        for n, one in enumerate(sheet.annexes)
    )
    return (
        f"<section>\n<h1>{escape(sheet.issuer)}<span>{escape(sheet.title)}</span></h1>\n"
        f'<p class="number">{escape(sheet.number)}</p>\n<p class="to">{escape(sheet.addressee)}</p>\n'
        f"{''.join(_paragraph(one) for one in sheet.body)}"
        f'<div class="end">\n{annexes}'
        f'<div class="signed"><p>{escape(sheet.issuer)}</p><p>{escape(sheet.date)}</p></div>\n</div>\n</section>'
    )


def _paragraph(one: Paragraph) -> str:
    head = f"<b>{escape(one.head)}</b>" if one.head else ""
    return f"<p>{head}{escape(one.text)}</p>\n"


def _annex(sheet: Sheet, number: int, inside: str) -> str:
    mark = f"附件{number}" if len(sheet.annexes) > 1 else "附件"
    title = escape(sheet.annexes[number - 1])
    return f'<section class="annex">\n<p class="mark">{mark}</p>\n<h2>{title}</h2>\n{inside}\n</section>'


def _figure(shown: PhotoSheet, photo: bytes | None) -> str:
    if photo is None:
        image = '<div class="none">照片无法显示</div>'
    else:
        image = f'<img alt="现场照片" src="data:image/jpeg;base64,{base64.b64encode(photo).decode()}">'
    lines = "".join(f"<p>{escape(line)}</p>" for line in shown.lines)
    return f'<figure>{image}{lines}<p class="hash">照片校验码（SHA-256）：<br>{escape(shown.sha256)}</p></figure>'


def _receipt(sheet: Sheet) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>\n" for name, said in sheet.receipt)
    return f'<table>\n{rows}</table>\n<p class="remark">{escape(sheet.remark)}</p>'
