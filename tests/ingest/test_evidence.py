"""Evidence is whole, checked, and on disk before it can be found; foreign bytes are read in a child only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Clip, Picture
from detect.blur import encode
from detect.boxes import Found
from detect.errors import BadPicture
from detect.privacy import Privacy
from ingest import picture_child, pictures
from ingest.evidence import Evidence, EvidenceAway
from ingest.pictures import BadEvidence, PictureProcess
from tests.county.small import BOX
from tests.ingest.makes import NOON


class Trusting:
    """A reader that believes everything; ``clean`` marks what it was given."""

    def check(self, data: bytes, content_type: str) -> None:
        del data, content_type

    def clean(self, data: bytes) -> bytes:
        return b"clean " + data

    def small(self, data: bytes) -> bytes:
        return b"small " + data

    def close(self) -> None:
        pass


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(tmp_path / "evidence", Trusting())


@pytest.fixture(scope="module")
def child() -> Iterator[PictureProcess]:
    process = PictureProcess()
    yield process
    process.close()


def noise(width: int = 320, height: int = 240) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)


def jpeg() -> bytes:
    return bytes(cv2.imencode(".jpg", noise())[1])


def decoded(data: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def chunks(data: bytes, size: int = CHUNK_BYTES, sha256: str | None = None) -> list[Picture]:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return [
        Picture(
            message_id=new_id(), device=BOX, at=NOON, sha256=sha256 or hashlib.sha256(data).hexdigest(),
            size=len(data), index=index, chunks=len(parts), data=part,
        )
        for index, part in enumerate(parts)
    ]  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=400), order=st.randoms())
def test_chunks_in_any_order_and_twice_give_the_file(evidence: Evidence, data: bytes, order: object) -> None:
    parts = chunks(data, 37)
    sent = parts + parts[:2]
    order.shuffle(sent)  # type: ignore[attr-defined]
    found = [evidence.chunk(part) for part in sent]
    assert found[-1] is not None
    assert found[-1].read_bytes() == data
    assert evidence.path(parts[0].sha256) == found[-1]


def test_a_restart_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    first, second, third = chunks(b"x" * 90, 30)
    before = Evidence(tmp_path, Trusting())
    assert before.chunk(first) is None
    assert before.chunk(third) is None
    assert before.path(first.sha256) is None
    found = Evidence(tmp_path, Trusting()).chunk(second)
    assert found is not None
    assert found.read_bytes() == b"x" * 90
    assert list((tmp_path / "partial").iterdir()) == []


def test_a_wrong_hash_is_refused_and_the_chunks_are_forgotten(evidence: Evidence) -> None:
    first, second = chunks(b"y" * 60, 30, sha256="0" * 64)
    assert evidence.chunk(first) is None
    with pytest.raises(BadEvidence, match="SHA-256"):
        evidence.chunk(second)
    assert evidence.path("0" * 64) is None
    assert evidence.chunk(second) is None  # a resend starts anew


@pytest.mark.parametrize("name", ["../../etc/passwd", "0" * 63, "0" * 64 + "\n", "G" * 64, ""])
def test_only_a_hash_is_ever_looked_up(evidence: Evidence, name: str) -> None:
    assert evidence.path(name) is None


def test_a_full_disk_is_named_and_nothing_is_taken(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Trusting(), least_free=1 << 60)
    part = chunks(b"z")[0]
    with pytest.raises(EvidenceAway, match="disk is full"):
        evidence.chunk(part)
    assert evidence.path(part.sha256) is None


def test_an_unfinished_file_is_thrown_away_after_a_week(evidence: Evidence) -> None:
    evidence.chunk(chunks(b"w" * 60, 30)[0])
    now = datetime.now(UTC)
    assert evidence.sweep(now + timedelta(days=6)) == 0
    assert evidence.sweep(now + timedelta(days=8)) == 1


def test_an_upload_is_kept_under_the_hash_of_its_clean_form(evidence: Evidence) -> None:
    sha256 = evidence.put(b"photo")
    found = evidence.path(sha256)
    assert found is not None
    assert found.read_bytes() == b"clean photo"


def test_the_child_reads_a_jpeg_and_refuses_what_is_none(child: PictureProcess) -> None:
    good = jpeg()
    child.check(good, "image/jpeg")
    png = bytes(cv2.imencode(".png", noise())[1])
    for bad in (png, good[: len(good) // 2], b"\xff\xd8\xff" + b"\x00" * 500, b""):
        with pytest.raises(BadEvidence):
            child.check(bad, "image/jpeg")
    with pytest.raises(BadEvidence, match="not kept"):
        child.check(good, "text/html")
    child.check(good, "image/jpeg")  # still there


def test_the_child_reads_a_clip_and_refuses_what_is_none(child: PictureProcess, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 5, (64, 48))
    for _ in range(5):
        out.write(noise(64, 48))
    out.release()
    child.check(path.read_bytes(), "video/mp4")
    for bad in (jpeg(), b"\x00\x00\x00\x20ftypisom" + os.urandom(4000)):
        with pytest.raises(BadEvidence):
            child.check(bad, "video/mp4")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 5000), junk=st.binary(max_size=60))
def test_damaged_pictures_never_end_more_than_the_child(child: PictureProcess, cut: int, junk: bytes) -> None:
    good = jpeg()
    with suppress(BadEvidence):
        child.check(good[:cut] + junk + good[cut + len(junk) :], "image/jpeg")
    child.check(good, "image/jpeg")


def test_a_picture_that_claims_to_be_enormous_is_refused_before_it_is_decoded(child: PictureProcess) -> None:
    bomb = bytearray(cv2.imencode(".png", noise(8, 8))[1].tobytes())
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(BadEvidence, match="pixels"):
        child.clean(bytes(bomb))


def test_a_child_that_hangs_or_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = PictureProcess(patience_s=0.0)
    with pytest.raises(BadEvidence, match="took too long"):
        slow.check(jpeg(), "image/jpeg")
    monkeypatch.setattr(pictures, "MOST_SERVED", 1)
    process = PictureProcess()
    process.check(jpeg(), "image/jpeg")
    first = process._child
    process.check(jpeg(), "image/jpeg")
    assert first is not None
    assert first.poll() is not None
    assert process._child is not None
    process._child.kill()
    process._served = 0
    with pytest.raises(BadEvidence, match="ended the process"):
        process.check(jpeg(), "image/jpeg")
    process.check(jpeg(), "image/jpeg")
    process.close()


def test_a_photo_larger_than_a_phone_makes_is_refused(child: PictureProcess) -> None:
    with pytest.raises(BadEvidence, match="send a smaller one"):
        child.clean(b"\xff" * (pictures.MOST_UPLOAD + 1))


def test_a_clip_chunk_fits_the_same_road(evidence: Evidence) -> None:
    data = b"clip"
    part = Clip(
        message_id=new_id(), device=BOX, at=NOON, sha256=hashlib.sha256(data).hexdigest(), size=4, index=0, chunks=1,
        data=data,
    )  # fmt: skip
    assert evidence.chunk(part) is not None


def test_an_upload_keeps_nothing_but_its_picture(child: PictureProcess) -> None:
    """Metadata (a phone writes where it was taken) and bytes behind the picture do not survive."""
    good = jpeg()
    where = b"\xff\xe1" + (2 + 24).to_bytes(2, "big") + b"Exif\x00\x00GPS 35.9N 105.6E.."
    clean = child.clean(good[:2] + where + good[2:] + b"<?php system($_GET['c']); ?>")
    assert b"GPS" not in clean
    assert b"php" not in clean
    assert decoded(clean).shape == (240, 320, 3)


def test_persons_in_an_upload_are_made_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnePerson:
        names = ("person", "garbage")

        def find(self, _picture: object) -> list[Found]:
            return [Found("person", 0.9, 100, 40, 160, 200), Found("garbage", 0.9, 10, 10, 60, 60)]

    monkeypatch.setattr(picture_child, "_privacy", lambda: Privacy(OnePerson()))
    before = decoded(jpeg())
    data = picture_child.answer_to(pictures.CLEAN, jpeg())
    after = decoded(data)
    assert after[45:85, 105:155].std() < 15 < before[45:85, 105:155].std()
    assert after[10:60, 10:60].std() > 40


def test_the_mark_of_a_photo_stays_readable_where_a_person_above_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Standing:
        names = ("person",)

        def find(self, _picture: object) -> list[Found]:
            return [Found("person", 0.9, 100, 20, 160, 150)]

    monkeypatch.setattr(picture_child, "_privacy", lambda: Privacy(Standing()))
    marked = decoded(jpeg())
    marked[190:] = (18, 22, 6)
    cv2.putText(marked, "GD-1121-0048 36.10010", (6, 222), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2)
    after = decoded(picture_child.answer_to(pictures.CLEAN, encode(marked, 90)))
    assert after[25:60, 105:155].std() < 15 < marked[25:60, 105:155].std()
    assert np.corrcoef(after[192:].ravel(), marked[192:].ravel())[0, 1] > 0.98


def test_a_huge_photo_is_kept_no_larger_than_the_evidence_needs(child: PictureProcess) -> None:
    large = cv2.resize(noise(), (2600, 1950), interpolation=cv2.INTER_NEAREST)
    assert decoded(child.clean(cv2.imencode(".jpg", large)[1].tobytes())).shape == (1440, 1920, 3)


def test_what_the_child_cannot_look_for_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    process = PictureProcess()
    for _ in range(2):
        process.clean(jpeg())
    process.close()
    weakness = picture_child.answer_to(pictures.WEAKNESS, b"").decode()
    assert [one.getMessage() for one in caplog.records if one.name == "ingest.pictures"] == [weakness] * bool(weakness)


def test_a_picture_that_cannot_be_searched_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        def find(self, _picture: object) -> list[Found]:
            raise BadPicture("the picture cannot be searched for faces")

    class Nobody:
        names = ("person",)

        def find(self, _picture: object) -> list[Found]:
            return []

    monkeypatch.setattr(picture_child, "_privacy", lambda: Privacy(Nobody(), Blind()))
    with pytest.raises(BadPicture, match="searched"):
        picture_child.answer_to(pictures.CLEAN, jpeg())


def test_an_unknown_request_is_refused_by_the_child() -> None:
    with pytest.raises(picture_child.Unreadable, match="unknown request"):
        picture_child.answer_to(b"?", b"")


def test_a_kept_picture_becomes_small_enough_for_paper_and_what_is_none_is_refused(
    evidence: Evidence, child: PictureProcess
) -> None:
    large = cv2.imencode(".jpg", noise(4000, 3000))[1].tobytes()
    assert decoded(child.small(large)).shape == (1200, pictures.MOST_PRINTED, 3)
    assert decoded(child.small(jpeg())).shape == (240, 320, 3)
    with pytest.raises(BadEvidence):
        child.small(b"no picture")
    assert evidence.small(evidence.put(b"photo")) == b"small clean photo"
    assert evidence.small("a" * 64) is None
