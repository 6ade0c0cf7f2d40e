"""Voice notes: what a recorder makes is taken, whatever holds anything else is not."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pictures import BadEvidence
from ingest.voice import MOST_BYTES, heard
from tests.ingest.recorded import recorded, with_video

KINDS = ["audio/webm", "audio/ogg", "audio/mp4"]
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [1.0, 12.0])
def test_what_a_phone_records_is_read_with_its_length(kind: str, seconds: float) -> None:
    voice = heard(recorded(kind, seconds))
    assert voice.kind == kind
    assert voice.seconds == pytest.approx(seconds, abs=0.15)


def test_a_recording_in_fragments_is_as_long_as_all_of_them() -> None:
    assert heard(recorded("audio/mp4", 5.0, fragments=True)).seconds == pytest.approx(5, abs=0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_before_behind_or_within_is_refused(kind: str) -> None:
    good = recorded(kind)
    middle = len(good) // 2
    for bad in (PAGE + good, good + PAGE, good[:middle] + PAGE + good[middle:], good[:16] + PAGE):
        with pytest.raises(BadEvidence):
            heard(bad)


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_recording_and_one_that_is_too_long_are_refused(kind: str) -> None:
    good = recorded(kind)
    with pytest.raises(BadEvidence):
        heard(good[: len(good) // 2 - 3])
    with pytest.raises(BadEvidence, match="may be 60 s"):
        heard(recorded(kind, 70.0))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", PAGE, b"OggS", b"OggS<script>alert(1)</script>" + bytes(40), b"\x1a\x45\xdf\xa3" + PAGE,
        b"\x1a\x45\xdf\xa3\x80", b"\0\0\0\x18ftypisom" + PAGE, b"\xff\xd8\xff" + bytes(100), b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\x08mdat", b"ID3" + bytes(100), b"/*" + b"OggS" + b"*/alert(1)",
        b"\0\0\0\x08ftyp" + b"\0\0\xff\xffmoov" + b"\0\0\0\x10trak" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_voice_is_refused(data: bytes) -> None:
    with pytest.raises(BadEvidence):
        heard(data)


def spliced(data: bytes, mark: bytes, length: int, instead: bytes) -> bytes:
    """The file with other bytes where ``mark`` begins."""
    at = data.index(mark)
    return data[:at] + instead + data[at + length :]


def test_numbers_that_are_too_long_to_reckon_with_are_refused() -> None:
    good, long = recorded("audio/webm"), (0x10000000 | 400).to_bytes(4, "big") + b"\xff" * 400
    cluster = good.index(b"\x1f\x43\xb6\x75")
    time = good.index(b"\xe7", cluster)
    for bad in (
        good[:time] + b"\xe7" + long + good[time + 2 + (good[time + 1] & 0x7F) :],
        spliced(good, b"\x2a\xd7\xb1", 4 + (good[good.index(b"\x2a\xd7\xb1") + 3] & 0x7F), b"\x2a\xd7\xb1" + long),
    ):
        with pytest.raises(BadEvidence, match="too long"):
            heard(bad)


def test_a_recording_whose_sound_lies_at_an_address_is_refused() -> None:
    good = recorded("audio/mp4")
    here = b"\0\0\0\x0curl \0\0\0\1"
    assert here in good
    away = b"\0\0\0\x0curl \0\0\0\0"
    counted = struct.pack(">I", 400_000_000)
    for bad in (
        spliced(good, here, 12, away), spliced(good, here, 12, b"\0\0\0\x0durl \0\0\0\1"),
        spliced(good, b"\0\0\0\1" + here, 4, counted), spliced(good, b"\0\0\0\1" + here, 4, bytes(4)),
    ):  # fmt: skip
        with pytest.raises(BadEvidence):
            heard(bad)


def test_a_clip_is_no_voice_and_neither_is_a_huge_file() -> None:
    with pytest.raises(BadEvidence, match="not one track of sound"):
        heard(with_video())
    with pytest.raises(BadEvidence, match="more than 500000 bytes"):
        heard(recorded("audio/webm") + bytes(MOST_BYTES))


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_broken_in_a_recording_it_is_read_or_refused_and_nothing_else(
    kind: str, data: st.DataObject
) -> None:
    broken = bytearray(recorded(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, min(len(broken), 700) - 1))] = data.draw(st.integers(0, 255))
    try:
        heard(bytes(broken))
    except BadEvidence:
        return
