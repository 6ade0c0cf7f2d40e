"""What the ingest program and its series process say to each other: JSON lines.

In: the plan, then a line for each crash point that was told and passed. Out: how the store is, log lines, and crash
points. When the input ends the ingest program is gone, and so is the process.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from broker.messages import Frozen
from ingest.series.influx import InfluxSettings


class Plan(Frozen):
    """Where the rows are, where the points go, and how much to say."""

    inbox_url: str
    county: str
    series: InfluxSettings | Path
    log_level: int


class Standing(Frozen):
    """Why the series store is away, "" while it answers."""

    away: str


class Word(Frozen):
    """A line for the log of the ingest program."""

    level: int
    name: str
    text: str


class Reached(Frozen):
    """A named point at which the program may be told to die."""

    point: str


Said: TypeAdapter[Standing | Word | Reached] = TypeAdapter(Standing | Word | Reached)
