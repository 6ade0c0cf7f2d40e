"""A POST that comes twice with one Idempotency-Key has one effect and one answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from alerts.store.book import Book
from ingest.store import StoreAway
from screen.once.kept import ANSWERS, SILENT_S, KeptAnswers, Said, State
from tests.alerts.makes import at, event
from tests.county.small import BOX, COUNTY
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed, do
from tests.screen.test_api_office import two_townships
from tests.screen.test_api_silences import URL, asked, numbers

DAY = 24 * 60


@pytest.fixture(params=["sqlite", "postgres"])
def book_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'one-book.db'}"
    url: Any = request.getfixturevalue("real_postgres")
    return str(url)


@pytest.fixture
def staffed(tmp_path: Path, book_url: str) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships(), book_url)
    yield made
    made.close()


def post(client: TestClient, key: str, body: dict[str, Any] | None = None, url: str = URL) -> httpx.Response:
    told = asked() if body is None else body
    answer: httpx.Response = client.post(url, json=told, headers={"Idempotency-Key": key})
    return answer


def test_the_same_key_and_body_again_has_no_effect_and_the_same_answer(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "t2") as clients:
        first, again = (post(clients["t1"], "key-of-a-mute") for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200), first.text
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert again.headers["content-type"] == first.headers["content-type"]
        assert numbers(clients["t1"]) == [1]


def test_the_same_key_with_another_body_or_address_is_refused(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        post(clients["t1"], "key-of-a-mute")
        for answer in (
            post(clients["t1"], "key-of-a-mute", asked(9)),
            post(clients["t1"], "key-of-a-mute", {"words": "完工"}, f"{URL}/1/end"),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
            assert "已经用于另一个请求" in answer.json()["detail"]
        assert numbers(clients["t1"]) == [1]


def test_an_act_keeps_its_key_with_the_deed_and_answers_with_what_is_true_now(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1") as clients:
        key = f"key-{uuid4()}"
        first = do(clients["v1"], ticket, "accept", key)
        assert (first.status_code, first.json()["state"]) == (200, "accepted"), first.text
        assert do(clients["v1"], ticket, "arrive").status_code == 200
        again = do(clients["v1"], ticket, "accept", key)
        assert (again.status_code, again.json()["state"]) != (200, "accepted")
        assert do(clients["v1"], ticket, "accept", key, words="别的话").status_code == 422


def test_doubles_at_the_same_moment_have_one_effect(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients, ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda _: post(clients["t1"], "key-of-many"), range(12)))
        done = [one.json() for one in answers if one.status_code == 200]
        waits = [one for one in answers if one.status_code == 409]
        assert len(done) + len(waits) == 12
        assert done
        assert all(one == done[0] for one in done)
        assert all(one.headers["retry-after"] == "1" for one in waits)
        assert numbers(clients["t1"]) == [1]


def test_each_person_has_keys_of_their_own(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "v1") as clients:
        post(clients["t1"], "key-of-anybody")
        assert post(clients["v1"], "key-of-anybody", asked(3)).status_code != 422


def test_what_was_refused_leaves_its_key_free(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        assert post(clients["t1"], "key-with-fault", asked(reason="")).status_code == 409
        assert post(clients["t1"], "key-with-fault").status_code == 200


def test_what_is_shown_once_is_done_once_and_not_kept(staffed: Staffed) -> None:
    with staffed.signed_in("admin") as clients:
        url = f"/api/v1/devices/{BOX}/secret"
        first, again = (post(clients["admin"], "key-of-a-secret", {}, url) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 409), first.text
        assert "只显示一次" in again.json()["detail"]
    with staffed.book.store.read() as conn:
        assert first.json()["secret"].encode() not in repr(conn.execute(sa.select(ANSWERS)).all()).encode()


def test_a_bad_key_and_a_body_too_large_are_refused_in_words(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        for bad in ("short", "k" * 65, "键" * 10, "../../../etc", "key with blanks", "'; DROP TABLE--"):
            answer = clients["t1"].post(URL, json=asked(), headers={"Idempotency-Key": bad.encode()})
            assert (answer.status_code, "8 到 64" in answer.json()["detail"]) == (422, True)
        chunks = (b"x" * 40_000 for _ in range(3))
        large = clients["t1"].post(URL, content=chunks, headers={"Idempotency-Key": "key-of-a-mass"})
        assert (large.status_code, large.headers["content-type"]) == (413, "application/problem+json")


def test_where_keys_cannot_be_kept_nothing_is_done(staffed: Staffed) -> None:
    class Away:
        def claim(self, *_: object) -> None:
            raise StoreAway("away")

    with staffed.signed_in("t1") as clients:
        kept = clients["t1"].wired.state.kept
        clients["t1"].wired.state.kept = Away()
        assert post(clients["t1"], "key-of-a-mute").status_code == 503
        clients["t1"].wired.state.kept = kept
        assert numbers(clients["t1"]) == []


def test_a_claim_that_nobody_renews_is_free_soon_and_one_that_is_renewed_never(book_url: str) -> None:
    book, seconds = Book(book_url, COUNTY), [0.0]
    kept = KeptAnswers(book.store, lambda: seconds[0])

    def again(after_s: float) -> State:
        seconds[0] += after_s
        return kept.claim("k", "r", at(0)).state

    claimed = kept.claim("k", "r", at(-1)).claimed_us
    assert [again(0), again(SILENT_S - 1)] == [State.RUNS, State.RUNS]
    renewed = kept.renewed("k", claimed, at(0.1))
    assert renewed is not None
    assert kept.renewed("k", claimed, at(0.2)) is None, "the claim is somebody else's"
    assert [again(SILENT_S), again(SILENT_S - 1), again(1), again(SILENT_S)] == [
        State.RUNS, State.RUNS, State.NEW, State.RUNS,
    ]  # fmt: skip
    assert kept.renewed("k", renewed, at(0.3)) is None, "who was taken for dead does not keep others waiting"
    book.close()


def test_a_deed_that_takes_long_renews_its_claim(staffed: Staffed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screen.once.door.BEAT_S", 0.01)
    with staffed.signed_in("t1") as clients:
        kept = clients["t1"].wired.state.kept
        answered, renewals = kept.answered, Event()
        monkeypatch.setattr(kept, "renewed", lambda *_: renewals.set())
        monkeypatch.setattr(kept, "answered", lambda *told: renewals.wait(5) and answered(*told))
        assert post(clients["t1"], "key-of-a-long-deed").status_code == 200
    assert renewals.is_set()


def test_a_key_is_known_for_two_days_and_a_deed_that_never_ended_for_five_minutes(book_url: str) -> None:
    book = Book(book_url, COUNTY)
    kept = KeptAnswers(book.store)
    assert kept.claim("k", "r", at(0)).state is State.NEW
    assert kept.claim("k", "r", at(4)).state is State.RUNS
    assert kept.claim("k", "r", at(6)).state is State.NEW
    kept.answered("k", Said(200, "application/json", b"{}"))
    assert kept.claim("k", "r", at(DAY + 10)).said == Said(200, "application/json", b"{}")
    assert kept.claim("k", "other", at(2 * DAY)).state is State.OTHER
    kept.released("k")  # an answered key stays
    assert kept.claim("k", "r", at(2 * DAY)).state is State.DONE
    assert kept.claim("k", "r", at(2 * DAY + 7)).state is State.NEW
    book.close()
