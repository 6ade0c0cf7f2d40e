"""The handbook's pages on channels, and each ``[[channel]]`` that they show."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "docs/handbook"
PAGES = {
    name: (_FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in ("channels", "sms", "letters", "binding")
}
_BLOCKS = [one for page in PAGES.values() for one in re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]
EXAMPLES: list[dict[str, Any]] = [one for block in _BLOCKS for one in tomllib.loads(block).get("channel", ())]
