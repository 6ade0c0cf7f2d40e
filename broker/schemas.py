"""Two schema numbers on the wire during an upgrade: a message of the one before is lifted, a later one is told apart.

The server is upgraded before the boxes. ``OLDER`` holds a function for each former number that is still read:
it takes the JSON object of a message of that number (with its kind) and returns the one of the next number. Rows that
were stored before the upgrade are read the same way (docs/decisions/0011-schemas.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from broker.messages import SCHEMA, UPWARD, Message

Lift = Callable[[str, dict[str, Any]], dict[str, Any]]
OLDER: dict[int, Lift] = {}  # {1: lift_1_to_2} once SCHEMA is 2; the one before that is no longer read


def read_up(kind: str, payload: bytes) -> Message:
    """Read an upward message of this schema or one still read; pydantic's ``ValidationError`` when it is neither.

    ``kind`` is one of ``UPWARD``.
    """
    model = UPWARD[kind]
    try:
        return model.model_validate_json(payload)
    except ValidationError as problem:
        lifted = _lifted(kind, payload) if OLDER and foreign_schema(problem) else None
        if lifted is None:
            raise
        return model.model_validate_json(lifted)


def foreign_schema(problem: ValidationError) -> bool:
    """Whether what is wrong is the schema number."""
    return any(error["loc"] == ("schema",) and error["type"] == "literal_error" for error in _errors(problem))


def refusal(problem: ValidationError) -> str:
    """Say in plain words which schema came and who must be upgraded; "" when something else is wrong."""
    for error in _errors(problem):
        if error["loc"] == ("schema",) and error["type"] == "literal_error":
            came = error["input"]
            if isinstance(came, int) and SCHEMA < came < 10_000:
                return f"schema {came} is newer than this server, which reads {_reads()}: upgrade it, then replay"
            return f"unknown schema number; this server reads schema {_reads()}: upgrade the device"
    return ""


def _lifted(kind: str, payload: bytes) -> bytes | None:
    value = from_json(payload)
    number = value.get("schema")
    while isinstance(number, int) and not isinstance(number, bool) and number in OLDER:
        value = OLDER[number](kind, value)
        number += 1
        value["schema"] = number
    return to_json(value) if number == SCHEMA else None


def _reads() -> str:
    return " and ".join(str(number) for number in (*sorted(OLDER), SCHEMA))


def _errors(problem: ValidationError) -> list[Any]:
    return list(problem.errors(include_url=False, include_context=False))
