"""What the door tells Prometheus is what its health and its tally say."""

from ingest.door import DoorHealth, Tally
from ingest.metrics import door_samples
from tests.ingest.makes import NOON


def test_every_count_of_the_door_is_told() -> None:
    health = DoorHealth(
        at=NOON, open=False, reason="database", connected=True, waiting=5, dead_letters=6, stored=1, duplicates=2,
        refused=3, overflowed=4, series="away",
    )  # fmt: skip
    tally = Tally(stored=1, duplicates=2, refused=3, newest=9, overflowed=4, strays=7, batches=8)
    told = {(one.name, *one.labels.values()): one.value for one in door_samples(health, tally, {"alerts": 12})}
    assert told["ingest_open",] == 0
    assert told["ingest_connected",] == 1
    assert told["ingest_series_answers",] == 0
    assert told["ingest_waiting",] == 5
    assert told["ingest_dead_letters",] == 6
    assert [told["ingest_messages_total", name] for name in ("stored", "duplicate", "refused", "latest")] == [
        1,
        2,
        3,
        9,
    ]
    assert told["ingest_messages_total", "left_to_be_resent"] == 4
    assert told["ingest_reader_lag", "alerts"] == 12
    assert told["ingest_strays_total",] == 7
