"""``jingcun version``: what runs here."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version as installed
from typing import Annotated

import typer

from broker.messages import SCHEMA


def version(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Print the version of the program, of the wire contract and of Python."""
    facts = {"jingcun": installed("jingcun"), "schema": SCHEMA, "python": platform.python_version()}
    print(json.dumps(facts) if as_json else "  ".join(f"{name} {value}" for name, value in facts.items()))
