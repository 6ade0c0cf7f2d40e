"""What the screen says while something behind it is away, full, or faster than the person."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

import screen.app
from alerts.desk import Desk, TicketView
from alerts.store.book import Conflict
from alerts.store.figures import Figures
from alerts.store.queries import Reader
from ingest.evidence import Evidence, EvidenceAway
from ingest.latest import LatestValue
from ingest.series import SeriesAway
from ingest.series.sqlite import SqliteSeries
from ingest.store import StoreAway
from screen.app import serve
from screen.desk.uploads import MOST_PHOTOS
from tests.county.small import BOX, COUNTY, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.servers import free_port, wait_until


def raising(fault: Exception) -> Any:
    def gone(*_: object, **__: object) -> None:
        raise fault

    return gone


def upload(client: TestClient, code: str) -> Any:
    headers = {"Idempotency-Key": f"key-{uuid4()}"}
    return client.post(f"/api/v1/desk/{code}/photo", files={"file": ("p.jpg", b"x", "image/jpeg")}, headers=headers)


def test_a_database_that_is_away_is_503_and_worth_a_retry(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.signed_in() as client:
        for where, name in ((Reader, "number"), (Figures, "counts")):
            monkeypatch.setattr(where, name, raising(StoreAway("disk I/O error at /secret/path")))
        for path in ("/healthz", "/api/v1/wall"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.headers["content-type"] == "application/problem+json"
            assert "secret" not in answer.text
        monkeypatch.undo()
        assert client.get("/api/v1/wall").status_code == 200


def test_a_database_that_is_away_when_the_screen_starts_is_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(screen.app, "RETRY_S", 0.05)
    gone = site.folder / "gone.db"
    gone.write_bytes(b"this is no database" * 100)
    settings = replace(site.settings, inbox_url=f"sqlite:///{gone}", port=free_port())
    stop, told = threading.Event(), list[str]()
    thread = threading.Thread(target=serve, args=(settings, stop, told.append))
    thread.start()
    try:
        wait_until(lambda: "screen waits: the database refused" in caplog.text, "it says what it waits for")
        assert told == []
        gone.unlink()
        wait_until(lambda: f"http://127.0.0.1:{settings.port}/" in told, "the address")
    finally:
        stop.set()
        thread.join(30)
    assert caplog.text.count("screen waits") == 1, "said once"


def test_an_evidence_bucket_that_is_away_is_503_and_worth_a_retry(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.ticket(picture="a" * 64)
    monkeypatch.setattr(Evidence, "path", raising(EvidenceAway("the evidence bucket cannot be used: /secret")))
    with site.signed_in() as client:
        answer = client.get(f"/api/v1/evidence/{'a' * 64}?on=wall")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "secret" not in answer.text


def test_a_series_store_that_is_away_takes_nothing_from_the_wall(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.alive()
    site.fill(10, 20)
    monkeypatch.setattr(SqliteSeries, "range", raising(SeriesAway("gone")))
    monkeypatch.setattr(SqliteSeries, "last", raising(SeriesAway("gone")))
    with site.signed_in() as client:
        shown = client.get("/api/v1/wall").json()
    assert [point[1] for point in shown["bins"]["series"][0]["points"]] == [10, 20]
    assert shown["links"]["boxes_online"] == 1


def test_what_an_older_box_said_is_left_out(site: Site) -> None:
    site.alive()
    old = LatestValue(COUNTY, VILLAGE, BOX, "health", site.now, site.now, b'{"schema": 0}')
    broken = LatestValue(COUNTY, VILLAGE, "ingest", "door", site.now, site.now, b"{}")
    site.latest.put([old, broken])
    with site.signed_in() as client:
        shown = client.get("/api/v1/wall").json()
    assert (shown["devices"]["cameras_online"], shown["links"]["channel"]) == (0, "down")


def test_a_full_disk_asks_the_phone_to_come_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    code = site.code()
    monkeypatch.setattr(Evidence, "put", raising(EvidenceAway("full")))
    with site.client() as client:
        answer = upload(client, code)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert answer.json()["detail"] == "服务器暂时存不下照片，请稍后再传"


def test_a_ticket_takes_so_many_photos_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    code = site.code()
    numbers = iter(range(MOST_PHOTOS + 1))
    monkeypatch.setattr(Evidence, "put", lambda _self, _data: f"{next(numbers):064d}")
    with site.client() as client:
        answers = [upload(client, code).status_code for _ in range(MOST_PHOTOS + 1)]
    assert answers == [200] * MOST_PHOTOS + [409]


@pytest.mark.parametrize(("lost", "status"), [(1, 200), (2, 409)])
def test_an_act_that_meets_another_change_is_tried_once_more(
    site: Site, monkeypatch: pytest.MonkeyPatch, lost: int, status: int
) -> None:
    code = site.code()
    real, calls = Desk.act, iter(range(10))

    def act(desk: Desk, *given: Any) -> TicketView:
        if next(calls) < lost:
            raise Conflict("somebody was first")
        return real(desk, *given)

    monkeypatch.setattr(Desk, "act", act)
    with site.client() as client:
        answer = client.post(f"/api/v1/desk/{code}/accept", json={}, headers={"Idempotency-Key": "key-00000001"})
    assert answer.status_code == status
