"""How many bytes the wall is, on the wire: the page and everything it loads, compressed as a server would."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from bench.result import Result

STATIC = Path(__file__).resolve().parent.parent / "screen" / "static"
_NAMED = re.compile(r"""(?:\./|/)?(?:assets/)?([A-Za-z0-9_.-]+\.(?:js|css|woff2|svg))""")
_PACKED = {".woff2", ".jpg", ".png"}  # compressed already


def wall_bytes_gz(static: Path = STATIC) -> Result:
    """Bytes of wall.html and all that it names, directly or not: scripts, styles, fonts, icon; gzip, in kB."""
    return Result("wall_bytes_gz", sum(_size(path) for path in loaded(static)) / 1000, "kB", 1)


def loaded(static: Path) -> list[Path]:
    """Every file that the wall loads, found by following the names in what it loads."""
    here = {path.name: path for path in static.rglob("*") if path.is_file()}
    todo, done = [static / "wall.html"], dict[str, Path]()
    while todo:
        path = todo.pop()
        if path.name in done:
            continue
        done[path.name] = path
        if path.suffix in {".html", ".js", ".css"}:
            names = _NAMED.findall(path.read_text(encoding="utf-8"))
            todo += [here[name] for name in names if name in here]
    return sorted(done.values())


def _size(path: Path) -> int:
    data = path.read_bytes()
    return len(data) if path.suffix in _PACKED else len(gzip.compress(data, 9))
