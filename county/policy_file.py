"""policy.toml to a policy, with problems that name the line."""

from __future__ import annotations

import re
import tomllib

from pydantic import ValidationError

from county.policy import Policy
from county.rows import Problem, decode

FILE = "policy.toml"
_TOML_LINE = re.compile(r"line (\d+)")
_CURES = {
    "literal_error": "use one of the listed words",
    "enum": "use one of the listed words",
    "extra_forbidden": "remove it or correct its spelling",
    "missing": "add it",
    "greater_than": "write a number above 0",
}


def read_policy(data: bytes) -> tuple[Policy | None, list[Problem]]:
    """The policy, or None with what is wrong with the file."""
    text, problem = decode(FILE, data)
    if text is None or problem is not None:
        return None, [problem] if problem else []
    try:
        return Policy.model_validate(tomllib.loads(text)), []
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        return None, [Problem(FILE, line, f"not TOML: {error}", "see toml.io; texts stand in double quotes")]
    except ValidationError as error:
        return None, [
            Problem(FILE, line_of(text, wrong["loc"]), f"{_where(wrong['loc'])}{wrong['msg']}",
                    _CURES.get(wrong["type"], "correct the value as the message says"))
            for wrong in error.errors()
            if wrong["type"] != "too_short" or error.error_count() == 1
        ]  # fmt: skip


def line_of(text: str, loc: tuple[int | str, ...]) -> int:
    """The line that a pydantic location points at, 0 when it has none (a block that is missing)."""
    lines = text.splitlines()
    start = _block(lines, loc)
    key = next((part for part in reversed(loc) if isinstance(part, str) and part not in ("limit", "category")), "")
    for number in range(start, len(lines)):
        if number > start and lines[number].startswith("["):
            break
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[number]):
            return number + 1
    return start + 1 if start else 0


def _block(lines: list[str], loc: tuple[int | str, ...]) -> int:
    """Index of the header of the table that ``loc`` lies in; 0 for the top."""
    if not loc:
        return 0
    which = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    header = re.compile(rf"\s*\[\[?{re.escape(str(loc[0]))}\]\]?")
    found = [number for number, line in enumerate(lines) if header.match(line)]
    return found[which] if which < len(found) else 0


def _where(loc: tuple[int | str, ...]) -> str:
    named = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return f"{named}: " if named else ""
