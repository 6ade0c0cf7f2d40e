"""A page without a script: plain HTML for any browser, whose style stands in it and is allowed by its hash alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from fastapi.responses import HTMLResponse


@dataclass(frozen=True, slots=True)
class Dress:
    """How a page looks: its style sheet, and what its tab is called where that is not the heading."""

    style: str
    title: str = ""

    @property
    def policy(self) -> str:
        """What a browser may load and do for it."""
        style = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        return (f"default-src 'none'; img-src 'self'; style-src 'sha256-{style}'; form-action 'self'; "
                "base-uri 'none'; frame-ancestors 'none'")  # fmt: skip


# For phones in the sun: light, and in big type.
LIGHT = Dress("""
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
a { color: #0a5c49 }
ul { padding-left: 1.2em; line-height: 2.2 }
.late, .wrong { color: #b3261e; font-weight: 700 }
.note { color: #4a5f57 }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 4px solid #0a7a62; outline-offset: 2px }
""")


def page(
    heading: str, body: str, status: int = 200, extra: Mapping[str, str] | None = None, dress: Dress = LIGHT
) -> HTMLResponse:
    """The page: ``heading`` is text, ``body`` is HTML in which everything from outside is escaped."""
    headers = {
        "Content-Security-Policy": dress.policy, "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
    }  # fmt: skip
    return HTMLResponse(
        f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="/mark.svg">
<title>{escape(dress.title or heading)}</title>
<style>{dress.style}</style>
</head>
<body>
<main>
<h1>{escape(heading)}</h1>
{body}
</main>
</body>
</html>
""", status, headers=headers | dict(extra or {}),
    )  # fmt: skip
