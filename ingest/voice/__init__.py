"""Voice notes: what a phone's recorder hands in, taken only where every byte of it is sound in a container we know.

A file is read as its own container says, from the first byte to the last, and nothing else may stand in it: no video,
no attachment, no page or script before, between or behind. What is inside is never decoded here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.pictures import BadEvidence
from ingest.voice import mp4, ogg, webm
from ingest.voice.errors import NoVoice

MOST_BYTES = 500_000
MOST_SECONDS = 60.0
GRACE_S = 3.0  # a recorder that was stopped at the limit writes a little more
LEAST_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Heard:
    """The media type of a voice note, and how long it is, in seconds."""

    kind: str
    seconds: float


_READERS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], float]], ...] = (
    ("audio/webm", lambda data: data.startswith(b"\x1a\x45\xdf\xa3"), webm.seconds),
    ("audio/ogg", lambda data: data.startswith(b"OggS"), ogg.seconds),
    ("audio/mp4", lambda data: data[4:8] == b"ftyp", mp4.seconds),
)


def heard(data: bytes) -> Heard:
    """Read a voice note; ``BadEvidence`` where it is none, too large or too long."""
    if len(data) > MOST_BYTES:
        raise BadEvidence(f"the voice note has more than {MOST_BYTES} bytes")
    for kind, begins, read in _READERS:
        if begins(data):
            try:
                length = read(data)
            except NoVoice as fault:
                raise BadEvidence(f"no voice note ({kind}): {fault}") from fault
            if not LEAST_SECONDS <= length <= MOST_SECONDS + GRACE_S:
                raise BadEvidence(f"the voice note is {length:.1f} s long; it may be {MOST_SECONDS:.0f} s")
            return Heard(kind, length)
    raise BadEvidence("no voice note: neither WebM, Ogg nor MP4")
