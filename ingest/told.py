"""What the door's log says of a batch: what was refused, what strayed, what came twice. The rest needs no line."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from broker.downward import Outcome, ReceiptLine
from broker.journal import about
from ingest.judge import Accepted, Refused

log = logging.getLogger(__name__)


def tell(accepted: Sequence[Accepted], lines: Sequence[ReceiptLine], refused: Iterable[Refused]) -> None:
    """``lines`` answers ``accepted`` one to one."""
    for one in refused:
        extra = about(one.address, message_id=one.message_id)
        log.warning("message refused, kept as a dead letter: %s", one.reason, extra=extra)
    for verdict, line in zip(accepted, lines, strict=True):
        if not line.reason and line.outcome is Outcome.STORED:
            continue
        row = verdict.incoming
        extra = about(device=row.device, village=row.village, message_id=row.message_id)
        if line.reason:
            log.warning("%s %s: %s", row.kind, line.outcome, line.reason, extra=extra)
        else:
            log.info("%s came again; it is stored already", row.kind, extra=extra)
