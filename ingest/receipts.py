"""Receipts: what became of every id of one batch, gathered per device. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from broker.downward import Outcome, ReceiptLine
from broker.topics import Address
from ingest.judge import Accepted, Refused

REASON = 150  # characters of a refusal that travel back; the dead letter keeps all of them
LINES = 300  # a receipt stays far below every broker's packet limit


def gather(
    accepted: Sequence[Accepted], lines: Sequence[ReceiptLine], refused: Iterable[Refused]
) -> list[tuple[Address, tuple[ReceiptLine, ...]]]:
    """Return one receipt per device with every id it sent, duplicates and refused ones included.

    ``lines`` answers ``accepted`` one to one. Only a device with more than ``LINES`` ids in one batch gets a second.
    """
    by_device: dict[Address, list[ReceiptLine]] = defaultdict(list)
    for verdict, line in zip(accepted, lines, strict=True):
        by_device[verdict.address].append(line)
    for stayed_out in refused:
        if stayed_out.address is not None and stayed_out.message_id is not None:
            by_device[stayed_out.address].append(_refusal(stayed_out))
    return [
        (address, tuple(told[start : start + LINES]))
        for address, told in by_device.items()
        for start in range(0, len(told), LINES)
    ]


def _refusal(verdict: Refused) -> ReceiptLine:
    assert verdict.message_id is not None
    return ReceiptLine(message_id=verdict.message_id, outcome=Outcome.REFUSED, reason=verdict.reason[:REASON])
