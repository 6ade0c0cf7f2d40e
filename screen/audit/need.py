"""Whether somebody must say why before they see evidence (Reg. 799 art. 16(2)). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alerts.values import Ticket
from screen.access.viewer import Viewer

LASTS = timedelta(minutes=30)  # how long a reason that was given opens the evidence of one ticket or camera


class Looking(StrEnum):
    """As what somebody looks."""

    WORK = "work"  # at an open ticket that they handle, verify or answer for
    WATCH = "watch"  # at what the wall shows to everybody before it
    BEYOND = "beyond"  # at anything else: the reason is asked for


@dataclass(frozen=True, slots=True)
class Glance:
    """What is looked at: the tickets to which it belongs.

    ``on_wall``: asked for by the wall, which shows it now. ``moving``: a voice or a clip, which tells more of people
    than a still does.
    """

    tickets: Sequence[Ticket]
    on_wall: bool = False
    moving: bool = False


def looking(viewer: Viewer, glance: Glance) -> Looking:
    """As what a viewer looks; administrators and auditors have no work with evidence."""
    if work_of(viewer, glance.tickets) is not None:
        return Looking.WORK
    return Looking.WATCH if glance.on_wall and not glance.moving else Looking.BEYOND


def work_of(viewer: Viewer, tickets: Sequence[Ticket]) -> Ticket | None:
    """The open ticket of this person's part of the county: looking at its pictures is the work itself."""
    if viewer.person is None:
        return None
    return next((one for one in tickets if one.is_open and viewer.sees(one)), None)
