"""A page without a script for any phone: plain HTML, big type, light for the sun. Its content is HTML already."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from fastapi.responses import HTMLResponse

STYLE = """
body { margin: 0; min-height: 100vh; color: #10231d; background: #f2f6f4; font: 20px/1.6 "Noto Sans CJK SC",
  "Microsoft YaHei", "PingFang SC", sans-serif }
main { max-width: 34em; margin: 0 auto; padding: 20px 16px 48px }
h1 { font-size: 28px; line-height: 1.3; margin: 8px 0 }
h2 { font-size: 22px; margin: 28px 0 8px }
form { margin: 12px 0 }
button { width: 100%; padding: 16px; border: 2px solid #b9cbc4; border-radius: 14px; color: inherit; background: #fff;
  font: inherit; text-align: left }
button b { display: block; font-size: 24px; line-height: 1.35 }
button.urgent { border-color: #b3261e; border-width: 4px }
button.main { border-color: #0a7a62; color: #fff; background: #0a7a62; font-weight: 700; text-align: center }
label { display: block; font-weight: 700 }
input { box-sizing: border-box; width: 100%; margin: 8px 0 16px; padding: 14px 12px; border: 2px solid #5d736a;
  border-radius: 14px; color: inherit; background: #fff; font: 28px/1.3 ui-monospace, Consolas, monospace;
  letter-spacing: 2px }
.late, .wrong { color: #b3261e; font-weight: 700 }
.note { color: #4a5f57 }
button:focus-visible, input:focus-visible { outline: 4px solid #0a7a62; outline-offset: 2px }
"""
POLICY = "; ".join((
    "default-src 'none'", "img-src 'self'",
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}


def page(title: str, body: str, status: int = 200, extra: Mapping[str, str] | None = None) -> HTMLResponse:
    """The page: ``title`` is text, ``body`` is HTML in which everything from outside is escaped."""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="/mark.svg">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
""", status, headers=HEADERS | dict(extra or {}),
    )  # fmt: skip
