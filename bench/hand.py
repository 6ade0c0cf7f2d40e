"""An inbox that lies in this process: what a bench hands to the engine without a door."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from broker.messages import Message
from broker.parse import dump
from broker.topics import Address
from ingest.inbox import Row


@dataclass
class Hand:
    """Rows in the order in which they were added, with the engine's way of reading."""

    rows: list[Row] = field(default_factory=list)

    def add(self, message: Message, address: Address) -> None:
        """Take one message as if it had arrived now."""
        where, now = (address.county, address.village, message.device), datetime.now(UTC)
        self.rows.append(Row(message.message_id, *where, message.kind, now, now, dump(message), len(self.rows) + 1))

    def read(self, after: int, limit: int, kinds: Collection[str] | None = None) -> list[Row]:
        """Rows above a number, lowest first."""
        found = self.rows[after : after + limit]
        return [row for row in found if kinds is None or row.kind in kinds]
