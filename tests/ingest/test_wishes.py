"""Desired configurations: every version kept, the newest published retained, after each connection anew."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.downward import Config
from county.snapshot import County
from ingest.store import Store
from ingest.wishes import MOST_BYTES, BadWish, WishBook, Wishes
from tests.county.small import BIN, BOX, small_county
from tests.ingest.makes import NOON, topic
from tests.ingest.test_door import Wire

SAID = ("王工", "镜头换了位置", NOON)


def bodies(wire: Wire) -> list[tuple[int, dict[str, Any]]]:
    for name, _, retained in wire.sent:
        assert (name, retained) == (topic("config"), True)
    configs = [Config.model_validate_json(payload) for _, payload, _ in wire.sent]
    return [(one.version, one.body) for one in configs]


@pytest.fixture
def county() -> County:
    return small_county()


def test_versions_rise_per_box_above_what_it_runs_by_itself_and_all_are_kept(store: Store) -> None:
    book = WishBook(store)
    assert book.put(BOX, {"health_s": 5}, SAID, least=7).version == 8
    assert book.put(BOX, {"health_s": 6}, SAID, least=0).version == 9
    assert book.put("box-2", {}, SAID).version == 1
    assert [(one.version, one.body, one.author, one.reason, one.at) for one in book.history(BOX)] == [
        (9, {"health_s": 6}, *SAID), (8, {"health_s": 5}, *SAID),
    ]  # fmt: skip
    assert book.versions() == {BOX: 9, "box-2": 1}


def test_going_back_is_a_new_version_of_the_one_before(store: Store) -> None:
    book = WishBook(store)
    with pytest.raises(BadWish, match="nothing to go back to"):
        book.back(BOX, SAID)
    for seconds in (5, 6):
        book.put(BOX, {"health_s": seconds}, SAID)
    later = ("王工", "退回", NOON + timedelta(hours=1))
    assert (book.back(BOX, later).version, book.history(BOX)[0].body) == (3, {"health_s": 5})


def test_only_the_newest_is_published_once_per_connection(store: Store, county: County) -> None:
    book, wire = WishBook(store), Wire()
    wishes = Wishes(book, lambda: county)
    book.put(BOX, {"health_s": 5}, SAID)
    book.put(BOX, {"health_s": 6}, SAID)
    book.put("stranger", {}, SAID)
    book.put(BIN, {}, SAID)
    wire.down = True
    assert wishes.send(wire) == 0
    wire.down = False
    assert wishes.send(wire) == 1
    assert bodies(wire) == [(2, {"health_s": 6})]
    wire.sent.clear()
    assert wishes.send(wire) == 0
    book.put(BOX, {"health_s": 7}, SAID)
    assert wishes.send(wire) == 1
    assert bodies(wire) == [(3, {"health_s": 7})]
    wishes.forget()
    assert wishes.send(wire) == 1


@pytest.mark.parametrize(
    ("body", "said", "words"),
    [
        ({"x": float("nan")}, SAID, "JSON"),
        ({"x": NOON}, SAID, "JSON"),
        ({"x": "a" * MOST_BYTES}, SAID, "at most"),
        ({"x": "a\x00b"}, SAID, "NUL"),
        ({}, ("", "why", NOON), "who wishes"),
        ({}, ("who", " ", NOON), "who wishes"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    store: Store, body: dict[str, Any], said: tuple[str, str, Any], words: str
) -> None:
    with pytest.raises(BadWish, match=words):
        WishBook(store).put(BOX, body, said)
    assert WishBook(store).versions() == {}


def test_twenty_at_once_get_twenty_versions(url: str, tmp_path: Path) -> None:
    store = Store(url)
    book, versions = WishBook(store), list[int]()
    threads = [threading.Thread(target=lambda: versions.append(book.put(BOX, {}, SAID).version)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert sorted(versions) == list(range(1, 21))
