"""What the alert engine tells Prometheus, from the book as it stands."""

from alerts.channels import Result
from alerts.metrics import book_samples, engine_samples
from alerts.store.book import Book
from county.snapshot import County
from tests.alerts.loop import Room
from tests.alerts.makes import at, event


def told(book: Book, minutes: float) -> dict[tuple[str, ...], float]:
    return {(one.name, *one.labels.values()): one.value for one in book_samples(book, at(minutes))}


def test_open_tickets_unsent_notices_and_a_sweep_that_hangs_are_told(book: Book, county: County) -> None:
    room = Room(book, county, Result.FAILED)
    assert told(book, 0) == {("alerts_tickets_overdue",): 0, ("alerts_sweep_behind_seconds",): 0}
    room.minutes = 1
    room.feed(event(1))
    fresh = told(book, 2)
    assert fresh["alerts_tickets_open", "dispatched"] == 1
    assert fresh["alerts_notices", "console", "waiting"] >= 1
    room.post.step()
    assert told(book, 2)["alerts_notices", "console", "failed"] == 1
    assert told(book, 90)["alerts_sweep_behind_seconds",] > 1800
    room.minutes = 90
    room.sweep.step()
    late = told(book, 90)
    assert late["alerts_tickets_overdue",] == 1
    assert late["alerts_sweep_behind_seconds",] == 0
    with book.writing() as pen:
        pen.audited(at(80))
    assert told(book, 90)["alerts_audit_age_seconds",] == 600


def test_counts_of_the_process_are_told_with_the_loop_they_belong_to() -> None:
    found = {(one.name, *one.labels.values()): one.value for one in engine_samples(5, 1, {"engine": 2, "post": 0})}
    assert found["alerts_decided_total",] == 5
    assert found["alerts_stuck_total",] == 1
    assert found["alerts_loop_faults_total", "engine"] == 2
