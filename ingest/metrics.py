"""What the door tells Prometheus. Pure but for the few counts that only the database knows."""

from __future__ import annotations

from collections.abc import Mapping

from broker.metrics import Sample
from ingest.door import DoorHealth, Tally


def door_samples(health: DoorHealth, tally: Tally, lags: Mapping[str, int]) -> list[Sample]:
    """The door's state and counts; ``lags`` is how many rows each reader has before it."""
    messages = {
        "stored": tally.stored, "duplicate": tally.duplicates, "refused": tally.refused, "latest": tally.newest,
        "left_to_be_resent": tally.overflowed,
    }  # fmt: skip
    return [
        Sample("ingest_open", "1 while the door takes messages", float(health.open)),
        Sample("ingest_connected", "1 while the broker is connected", float(health.connected)),
        Sample("ingest_waiting", "deliveries in memory that are not committed yet", health.waiting),
        Sample("ingest_dead_letters", "refused messages kept for the operator", health.dead_letters),
        Sample("ingest_series_answers", "1 while the series store answers", float(not health.series)),
        Sample("ingest_batches_total", "batches committed", tally.batches),
        Sample("ingest_faults_total", "messages that tripped a fault of ours", tally.faults),
        Sample("ingest_strays_total", "ids of a closed month or a wrong clock", tally.strays),
        Sample("ingest_receipts_unsent_total", "receipts that found no connection", tally.unsent_receipts),
        *(Sample("ingest_messages_total", "messages by what became of them", count, {"outcome": outcome})
          for outcome, count in messages.items()),
        *(Sample("ingest_reader_lag", "rows that a reader has not taken yet", lag, {"reader": reader})
          for reader, lag in sorted(lags.items())),
    ]  # fmt: skip
