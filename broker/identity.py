"""Who a message is: time-ordered ids, minted once, and the id hidden in MQTT 5 correlation data.

A ``message_id`` is a UUIDv7 (RFC 9562): its first 48 bits are Unix milliseconds, so the inbox can be partitioned
by the id's own time and a late resend still meets its first copy.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import uuid6

# Without a real clock a box starts at the epoch; an id outside this window names no usable time.
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
_BEYOND_MS = 253_402_300_800_000  # the year 10000; 48 bits reach 10889, which no calendar here can name


def new_id() -> UUID:
    """Mint a UUIDv7 from the system clock."""
    return UUID(int=uuid6.uuid7().int)


def id_of(at: datetime, content: bytes) -> UUID:
    """Return the UUIDv7 of this time (aware) that this content always gets, so that it cannot come in twice."""
    chance = int.from_bytes(hashlib.sha256(content).digest()[:10], "big")
    milliseconds = int(at.timestamp() * 1000)
    high = (milliseconds << 16) | 0x7000 | (chance >> 62 & 0xFFF)
    return UUID(int=(high << 64) | (0b10 << 62) | (chance & ((1 << 62) - 1)))


def time_of(message_id: UUID) -> datetime | None:
    """Return the time inside a UUIDv7 (UTC, ms), or None for any other id or one before 2024."""
    if message_id.version != 7 or message_id.int >> 80 >= _BEYOND_MS:
        return None
    moment = datetime.fromtimestamp((message_id.int >> 80) / 1000, tz=UTC)
    return moment if moment >= EARLIEST else None


def from_correlation(data: bytes | None) -> UUID | None:
    """Read the message id from MQTT 5 correlation data (16 bytes), None when it is not one."""
    return UUID(bytes=data) if data is not None and len(data) == 16 else None
