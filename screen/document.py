"""Write the HTTP contract: ``python -m screen.document`` makes docs/openapi.json, ``--check`` fails when stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from screen.app import openapi

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def text() -> str:
    """The OpenAPI document as it is committed."""
    return json.dumps(openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with ``--check`` compare it; exit code 1 when it is stale."""
    if "--check" not in arguments:
        FILE.write_text(text(), encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text():
        return 0
    sys.stderr.write(f"{FILE.name} is stale: run `python -m screen.document` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
