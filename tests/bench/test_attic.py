"""Evidence from long ago: the real keeper deletes what is loose, and one that took what is held is found out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.attic import LAY_EVERY_S, Attic
from ingest.evidence.files import Folder
from ingest.evidence.keeper import Keeper
from ingest.evidence.ledger import Ledger
from ingest.evidence.periods import Policy
from ingest.store import StoreAway
from tests.county.small import COUNTY


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[Attic]:
    with closing(Attic(f"sqlite:///{tmp_path / 'inbox.db'}", COUNTY, tmp_path / "evidence", random.Random(3))) as one:
        yield one


def one_round(folder: Path) -> int:
    with closing(Ledger(f"sqlite:///{folder / 'inbox.db'}", COUNTY)) as ledger:
        keeper = Keeper(ledger, Folder(folder / "evidence"), Policy(), folder / "evidence" / "chain-heads.txt")
        return keeper.round(datetime.now(UTC)).gone


def filled(attic: Attic, pieces: int = 40) -> None:
    for number in range(pieces):
        attic.step(number * LAY_EVERY_S)
    attic.step(1e6, more=False)
    assert attic.finished


def test_loose_pieces_go_and_held_ones_stay(attic: Attic, tmp_path: Path) -> None:
    filled(attic)
    gone = one_round(tmp_path)
    assert gone > 0
    assert gone + len(attic.must_stay) == 40
    assert attic.held_deleted() == 0
    verdict = attic.verify()
    assert (verdict.sound, verdict.deleted) == (True, gone)


def test_a_hold_that_comes_after_its_piece_has_gone_asks_for_nothing(attic: Attic, tmp_path: Path) -> None:
    for number in range(40):
        attic.step(number * LAY_EVERY_S)
        one_round(tmp_path)
    attic.step(1e6, more=False)
    assert attic.held_deleted() == 0
    assert attic.verify().sound


def test_a_held_piece_that_went_is_counted_and_the_chain_says_so(attic: Attic, tmp_path: Path) -> None:
    filled(attic)
    Folder(tmp_path / "evidence").delete(min(attic.must_stay))
    assert attic.held_deleted() == 1
    assert not attic.verify().sound


def test_a_database_that_goes_away_leaves_no_piece_half_laid(
    attic: Attic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for method in ("kept", "hold", "release"):
        owner = attic._ledger if method == "kept" else attic._holds
        real, away = getattr(owner, method), iter([True])

        def broken(*given: object, real: object = real, away: Iterator[bool] = away) -> object:
            assert callable(real)
            answer = real(*given)  # it was committed, and the answer got lost
            if next(away, False):
                raise StoreAway("the database went away")
            return answer

        monkeypatch.setattr(owner, method, broken)
    faults = 0
    for number in range(40):
        try:
            attic.step(number * LAY_EVERY_S)
        except StoreAway:
            faults += 1
    attic.step(1e6, more=False)
    assert (faults, attic.finished) == (3, True)
    one_round(tmp_path)
    assert attic.held_deleted() == 0
    assert attic.verify().sound
