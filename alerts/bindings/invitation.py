"""What the page of somebody who begins shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invitation:
    """What to scan, as the text of a code. ``link``: the same as a link that opens inside the app, else empty."""

    scan: str
    link: str = ""
