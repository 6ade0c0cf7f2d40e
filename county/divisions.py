"""Starts a county from the statistical division codes: a JSON of counties with townships and villages.

Shape: ``{"<6 digits>": {"code", "name", "townships": [{"code", "name", "villages": [{"code", "name"}]}]}}``.
Names are taken as they are: two 团结 in one township stay two, since only codes are keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from county.files import BadCounty, Folder
from county.rows import Problem, decode
from county.sheets import SHEETS
from county.values import REGION_CODE, Region

FILE = "divisions.json"
_CURE = 'the shape is {"640999": {"code", "name", "townships": [{"code", "name", "villages": [{"code", "name"}]}]}}'
_START_POLICY = b"""# Limits to start with; every number is yours to change.
"""


def counties(data: bytes) -> dict[str, str]:
    """Code and name of every county in the file; ``BadCounty`` when it cannot be read."""
    return {code: str(county.get("name", "")) for code, county in _parsed(data).items()}


def regions(data: bytes, county: str) -> tuple[Region, ...]:
    """The tree of one county: county, township, its villages, next township…; ``BadCounty`` names what is wrong."""
    parsed = _parsed(data)
    if county not in parsed:
        raise BadCounty([Problem(FILE, 0, f"county {county!r} is not in the file", f"use one of {', '.join(parsed)}")])
    try:
        return tuple(_tree(parsed[county]))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadCounty([Problem(FILE, 0, f"county {county} lacks {error}", _CURE)]) from None


def start(data: bytes, county: str) -> Folder:
    """A folder to begin with: the regions, empty lists of people, duties and devices, and limits for each rung."""
    folder = {name: sheet.written(()) for name, sheet in SHEETS.items() if not sheet.spare}
    folder["regions.csv"] = SHEETS["regions.csv"].written(regions(data, county))
    folder["policy.toml"] = _START_POLICY + b"\n".join(_limits())
    return folder


def kind_of(code: str) -> str:
    """What the last three digits of a village code mean: 001-199 community, 200-399 village, above: the like."""
    number = int(code[9:12])
    return "community" if number < 200 else "village" if number < 400 else "other"


def _tree(county: dict[str, Any]) -> Iterator[Region]:
    yield Region(_code(county, 6), county["name"], kind="county")
    for township in county["townships"]:
        yield Region(_code(township, 9), township["name"], county["code"], "township")
        for village in township["villages"]:
            yield Region(_code(village, 12), village["name"], township["code"], kind_of(village["code"]))


def _code(node: dict[str, Any], length: int) -> str:
    code = str(node["code"])
    if len(code) != length or not REGION_CODE.fullmatch(code):
        raise BadCounty([Problem(FILE, 0, f"code {code!r} of {node.get('name')!r}", f"it must have {length} digits")])
    return code


def _parsed(data: bytes) -> dict[str, Any]:
    text, problem = decode(FILE, data)
    if text is None or problem is not None:
        raise BadCounty([problem] if problem else [])
    try:
        parsed = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadCounty([Problem(FILE, getattr(error, "lineno", 0), f"not JSON: {error}", _CURE)]) from None
    if not isinstance(parsed, dict) or not all(isinstance(county, dict) for county in parsed.values()):
        raise BadCounty([Problem(FILE, 1, "not an object of counties", _CURE)])
    return parsed


def _limits() -> Iterator[bytes]:
    for stage, level, value, unit in (
        ("accept", "village", 30, "minute"), ("accept", "township", 60, "minute"), ("accept", "county", 4, "hour"),
        ("handle", "village", 24, "hour"), ("handle", "township", 24, "hour"), ("handle", "county", 24, "hour"),
    ):  # fmt: skip
        yield f'[[limit]]\nstage = "{stage}"\nlevel = "{level}"\nvalue = {value}\nunit = "{unit}"\n'.encode()
