"""policy.toml to a policy, with problems that name the line."""

from __future__ import annotations

import re
import tomllib

from pydantic import ValidationError

from county.check_rules import BLOCKS
from county.policy import Policy
from county.rows import Problem, decode

FILE = "policy.toml"
_MOST_DOTS, _MOST_WRONG = 100, 50
_TOML_LINE = re.compile(r"line (\d+)")
_CURES = {
    "literal_error": "use one of the listed words",
    "enum": "use one of the listed words",
    "extra_forbidden": "remove it or correct its spelling",
    "missing": "add it",
    "greater_than": "write a number above 0",
    "too_short": "name at least one, or leave the key out",
}


def read_policy(data: bytes) -> tuple[Policy | None, list[Problem]]:
    """The policy, or None with what is wrong with the file."""
    text, problem = decode(FILE, data)
    if text is None or problem is not None:
        return None, [problem] if problem else []
    crowded = next((n for n, line in enumerate(text.splitlines(), 1) if _dots(line) > _MOST_DOTS), 0)
    if crowded:  # reading a key takes the square of its parts
        return None, [Problem(FILE, crowded, f"not TOML: more than {_MOST_DOTS} dots on a line", "write shorter keys")]
    try:
        return Policy.model_validate(tomllib.loads(text)), []
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        return None, [Problem(FILE, line, f"not TOML: {error}", "see toml.io; texts stand in double quotes")]
    except ValidationError as error:
        wrongs = error.errors()[:_MOST_WRONG]
        places = [one["loc"] for one in wrongs]
        return None, [
            Problem(FILE, line_of(text, wrong["loc"]), f"{_where(wrong['loc'])}{wrong['msg']}",
                    _CURES.get(wrong["type"], "correct the value as the message says"))
            for wrong in wrongs
            if not _follows(places, wrong["loc"], wrong["type"])
        ]  # fmt: skip
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets in brackets without end
        return None, [
            Problem(FILE, 0, f"not TOML: {type(error).__name__}", "see toml.io; write plain numbers and lists")
        ]


def _dots(line: str) -> int:
    return 0 if line.lstrip().startswith("#") else line.count(".")


def _follows(places: list[tuple[int | str, ...]], place: tuple[int | str, ...], what: str) -> bool:
    """Whether a list is too short only because something in it is wrong."""
    return what == "too_short" and any(one[: len(place)] == place and one != place for one in places)


def line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line that a pydantic location points at, 0 when it has none (a block that is missing)."""
    lines = text.splitlines()
    start, left = _block(lines, loc)
    keys = [part for part in reversed(left) if isinstance(part, str)]
    for key in keys:
        for number in range(start, len(lines)):
            if number > start and lines[number].lstrip().startswith("["):
                break
            if re.match(rf"\s*{re.escape(key)}\s*=", lines[number]):
                return number + 1
    return start + 1 if start else 0


def lines_of(data: bytes) -> dict[str, list[int]]:
    """The line of each block that may stand several times, in order, by the block's name."""
    lines = data.decode().splitlines()
    headers = {name: _header(name) for name in BLOCKS}
    return {
        name: [number + 1 for number, line in enumerate(lines) if header.match(line)]
        for name, header in headers.items()
    }


def _block(lines: list[str], loc: tuple[int | str, ...]) -> tuple[int, tuple[int | str, ...]]:
    """Index of the header of the innermost table that ``loc`` lies in (0 for the top), and what is left of it."""
    start, end, name, left = 0, len(lines), "", loc
    while left and isinstance(left[0], str):
        name = f"{name}.{left[0]}" if name else left[0]
        rest = left[1:]
        which = rest[0] if rest and isinstance(rest[0], int) else 0
        header = _header(name)
        found = [number for number in range(start, end) if header.match(lines[number])]
        if which >= len(found):
            break
        start, end = found[which], found[which + 1] if which + 1 < len(found) else end
        left = rest[1:] if rest and isinstance(rest[0], int) else rest
    return start, left


def _header(name: str) -> re.Pattern[str]:
    return re.compile(rf"\s*\[\[?{re.escape(name)}\]\]?")


def _where(loc: tuple[int | str, ...]) -> str:
    named = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return f"{named}: " if named else ""
