"""The JSON of voice notes: what a phone hands in, what a ticket shows, and what comes with an act of the desk."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from alerts.tickets.voice_book import Spoken


class VoiceShown(BaseModel):
    """A voice note of a ticket: who spoke it, with which act, and how many seconds it lasts."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    at: datetime
    person: str
    act: str
    act_name: str
    kind: str
    seconds: float


def shown(spoken: Spoken, act_name: str) -> VoiceShown:
    """A voice note of a ticket as JSON."""
    voice = spoken.voice
    return VoiceShown(
        sha256=voice.sha256, at=spoken.at, person=spoken.person, act=spoken.act, act_name=act_name, kind=voice.kind,
        seconds=round(voice.seconds, 1),
    )  # fmt: skip
