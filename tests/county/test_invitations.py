"""A one-time code opens one credential, once, for a while, and not to who guesses."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.acl import hash_matches
from county.book import CountyBook
from county.credentials import TRIES, NotADevice, make
from county.invitations import LIFE, Asked, BadCode, claim, invite
from county.snapshot import County
from county.values import Device, DeviceKind
from tests.county.small import BOX, CAMERA, COUNTY, DEVICES, small_folder

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[CountyBook]:
    with CountyBook(f"sqlite:///{tmp_path / 'county.db'}") as opened:
        opened.save(small_folder(), "test", "first")
        yield opened


@pytest.fixture
def county(book: CountyBook) -> County:
    return book.current()


def secret() -> str:
    return secrets.token_urlsafe(32)


def valid(book: CountyBook) -> list[str]:
    return [each.hash for each in book.credentials(COUNTY) if each.valid]


def test_a_code_gives_the_box_its_own_secret_once(book: CountyBook, county: County) -> None:
    code, expires = invite(book, BOX, "installer", NOW)
    mine = secret()
    place = claim(book, county, Asked(BOX, code, mine), SOON)
    assert (place.device, place.county, expires) == (BOX, COUNTY, NOW + LIFE)
    (known,) = valid(book)
    assert hash_matches(mine, known)
    assert not hash_matches(secret(), known)
    assert book.credentials(COUNTY)[0].made_by == "invited by installer"


def test_the_same_claim_again_is_answered_alike_for_the_first_answer_may_be_lost(
    book: CountyBook, county: County
) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    asked = Asked(BOX, code, secret())
    assert claim(book, county, asked, SOON) == claim(book, county, asked, SOON)
    assert len(book.credentials(COUNTY)) == 1


def test_a_used_code_opens_nothing_to_another_secret(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    mine = secret()
    claim(book, county, Asked(BOX, code, mine), SOON)
    with pytest.raises(BadCode, match="used already"):
        claim(book, county, Asked(BOX, code, secret()), SOON)
    assert hash_matches(mine, valid(book)[0])


def test_a_replayed_claim_of_a_revoked_device_stays_outside(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    asked = Asked(BOX, code, secret())
    claim(book, county, asked, SOON)
    book.revoke_credential(COUNTY, BOX, SOON, "lost")
    with pytest.raises(BadCode):
        claim(book, county, asked, SOON)
    assert valid(book) == []


def test_a_code_typed_with_spaces_and_capitals_is_the_same_code(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    assert claim(book, county, Asked(BOX, f" {code.upper().replace('-', ' ')} ", secret()), SOON).device == BOX


def test_a_code_ends_with_time_and_with_a_newer_one(book: CountyBook, county: County) -> None:
    old, _ = invite(book, BOX, "a", NOW)
    new, _ = invite(book, BOX, "a", NOW)
    for code, when in ((old, SOON), (new, NOW + LIFE)):
        with pytest.raises(BadCode):
            claim(book, county, Asked(BOX, code, secret()), when)
    assert claim(book, county, Asked(BOX, new, secret()), NOW + LIFE - timedelta(seconds=1))


def test_after_ten_guesses_even_the_right_code_opens_nothing(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    for number in range(TRIES):
        with pytest.raises(BadCode):
            claim(book, county, Asked(BOX, f"aaaa-bbbb-{number:04d}", secret()), SOON)
    with pytest.raises(BadCode, match="no open invitation"):
        claim(book, county, Asked(BOX, code, secret()), SOON)


def test_a_code_of_one_device_opens_no_other_and_no_stranger(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    for device in (CAMERA, "stranger"):
        with pytest.raises(BadCode):
            claim(book, county, Asked(device, code, secret()), SOON)
    with pytest.raises(NotADevice, match="talks through box"):
        invite(book, CAMERA, "a", NOW)


def test_a_device_that_has_left_the_registry_claims_nothing(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    left = County(type(county.content)(**{
        name: getattr(county.content, name) for name in county.content.__slots__
    } | {"devices": tuple(each for each in DEVICES if BOX not in (each.id, each.box)), "spots": ()}), 2)  # fmt: skip
    with pytest.raises(BadCode):
        claim(book, left, Asked(BOX, code, secret()), SOON)


@pytest.mark.parametrize("weak", ["", "short", "x" * 500])
def test_a_secret_that_can_be_guessed_is_refused(book: CountyBook, county: County, weak: str) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    with pytest.raises(BadCode, match="characters"):
        claim(book, county, Asked(BOX, code, weak), SOON)
    assert claim(book, county, Asked(BOX, code, secret()), SOON).device == BOX


def test_of_many_claims_at_once_one_wins(book: CountyBook, county: County) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    won: list[str] = []

    def race() -> None:
        mine = secret()
        try:
            claim(book, county, Asked(BOX, code, mine), SOON)
        except BadCode:
            return
        won.append(mine)

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1
    assert hash_matches(won[0], valid(book)[0])


def test_the_code_itself_is_nowhere_in_the_book(book: CountyBook, tmp_path: Path) -> None:
    code, _ = invite(book, BOX, "a", NOW)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


def test_an_older_secret_ends_when_the_new_one_is_claimed(book: CountyBook, county: County) -> None:
    _, old = make(Device(BOX, DeviceKind.BOX, "", ""), "a", NOW)
    book.put_credential(COUNTY, old)
    code, _ = invite(book, BOX, "a", NOW)
    assert valid(book) == [old.hash]  # an invitation alone changes nothing
    claim(book, county, Asked(BOX, code, secret()), SOON)
    assert old.hash not in valid(book)
