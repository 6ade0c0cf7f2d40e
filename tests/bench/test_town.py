"""The people of a chaos run: whose letters they take up, and that a book that is away costs them none."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from alerts.channels import Letter
from alerts.channels.file import File
from alerts.store.queries import Reader
from bench.town import CAMERA, MOST_LETTERS, Town
from ingest.store import StoreAway
from jingcun.demo.stage import Stage


@dataclass
class Book:
    """Tickets by number with their places; ``away`` counts the questions that it does not answer."""

    places: dict[str, str] = field(default_factory=dict)
    away: int = 0
    ids: dict[str, UUID] = field(default_factory=dict)

    def recent(self, _limit: int) -> list[Any]:
        if self.away:
            self.away -= 1
            raise StoreAway("it was killed")
        return [SimpleNamespace(id=self.ids.setdefault(number, uuid4()), number=number) for number in self.places]

    def ticket(self, ticket: UUID) -> Any:
        number = next(number for number, one in self.ids.items() if one == ticket)
        return SimpleNamespace(scene=SimpleNamespace(place=self.places[number]))

    def queue(self, _filters: object) -> list[Any]:
        return []


class Coin(random.Random):
    """A coin that always falls on the same side."""

    def __init__(self, side: float) -> None:
        super().__init__(1)
        self.side = side

    def random(self) -> float:
        return self.side


TAKES, LEAVES = 0.1, 0.9


def town_of(folder: Path, book: Book, side: float) -> Town:
    stage = SimpleNamespace(notices=folder / "notices.jsonl", url="http://127.0.0.1:1")
    return Town(cast(Stage, stage), cast(Reader, book), Coin(side))


def write(folder: Path, *told: tuple[str, str]) -> None:
    channel = File(folder / "notices.jsonl")
    for number, purpose in told:
        channel.send(Letter(uuid4().hex, number, purpose, "village", 0, "王", "138", "请处理", "http://x/t/abc"))


def taken(town: Town) -> list[tuple[str, str]]:
    return [(letter.number, letter.purpose) for letter in town._letters]


@pytest.mark.parametrize(
    ("place", "purpose", "side", "wanted"),
    [
        ("bin", "dispatch", TAKES, True),
        ("bin", "dispatch", LEAVES, False),
        (CAMERA, "dispatch", LEAVES, True),
        ("bin", "verify", LEAVES, True),
        ("bin", "rework", LEAVES, True),
        ("bin", "overdue", TAKES, False),
    ],
)
def test_half_of_the_tickets_all_of_the_camera_s_and_every_check_are_dealt_with(
    tmp_path: Path, place: str, purpose: str, side: float, wanted: bool
) -> None:
    write(tmp_path, ("GD-1", purpose))
    town = town_of(tmp_path, Book({"GD-1": place}), side)
    town.step()
    assert taken(town) == ([("GD-1", purpose)] if wanted else [])
    town.step()
    assert len(taken(town)) == wanted, "a letter is read once"


def test_a_ticket_left_alone_stays_so_when_it_climbs(tmp_path: Path) -> None:
    town = town_of(tmp_path, Book({"GD-1": "bin"}), LEAVES)
    write(tmp_path, ("GD-1", "dispatch"))
    town.step()
    cast(Coin, town._dice).side = TAKES
    write(tmp_path, ("GD-1", "climb"))
    town.step()
    assert taken(town) == []


def test_nobody_takes_more_than_a_hand_can_hold(tmp_path: Path) -> None:
    numbers = [f"GD-{number}" for number in range(MOST_LETTERS + 3)]
    write(tmp_path, *((number, "dispatch") for number in numbers), ("GD-0", "verify"))
    town = town_of(tmp_path, Book(dict.fromkeys(numbers, "bin")), TAKES)
    town.step()
    assert taken(town) == [(number, "dispatch") for number in numbers[:MOST_LETTERS]]


def test_a_letter_read_while_the_book_is_away_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, ("GD-1", "dispatch"), ("GD-2", "dispatch"))
    town = town_of(tmp_path, Book({"GD-1": CAMERA, "GD-2": "bin"}, away=1), LEAVES)
    with pytest.raises(StoreAway):
        town.step()
    assert taken(town) == []
    town.step()
    assert taken(town) == [("GD-1", "dispatch")]


def test_somebody_at_the_phone_waits_for_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book({"GD-1": CAMERA}, away=2)
    town = town_of(tmp_path, book, TAKES)
    monkeypatch.setattr(town._stop, "wait", lambda _s: False)
    assert town._patiently(lambda: town._place_of("GD-1")) == CAMERA
    assert book.away == 0
