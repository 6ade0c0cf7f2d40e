"""The silence of the auditor is itself an alarm: who is told, when, once, and by whom."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.channels import Answer, By, Letter, Result
from alerts.deadman import DeadMan, silence, top_of, watching
from alerts.devices import equipment_book
from alerts.store.book import Book
from alerts.world import World
from county.snapshot import County
from county.values import Duty, Level
from tests.alerts.makes import T0, at
from tests.county.small import COUNTY, DUTIES, TOWNSHIP, small_county
from tests.servers import wait_until

LIMIT = timedelta(minutes=5)


class Recorder:
    by = By.PHONE

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return Answer(Result.DELIVERED)

    def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def told() -> County:
    return small_county(channels={level: ["rec"] for level in ("village", "township", "county")})


class Watch:
    """A watcher, its clock and what it sent."""

    def __init__(self, book: Book, county: County, minutes: float = 0) -> None:
        self.minutes = minutes
        self.recorder = Recorder()
        self.man = DeadMan(book, {"rec": self.recorder}, World(lambda: county, lambda: at(self.minutes)), LIMIT)

    def look(self, minutes: float) -> list[str]:
        self.minutes = minutes
        before = len(self.recorder.letters)
        self.man.step()
        return [letter.text for letter in self.recorder.letters[before:]]


def audit(book: Book, minutes: float) -> None:
    with book.writing() as pen:
        pen.audited(at(minutes))


@pytest.mark.parametrize(
    ("audited", "watching_since", "now", "silent"),
    [
        (0, 0, 5, False), (0, 0, 5.1, True), (None, 0, 5, False), (None, 0, 6, True),
        (0, 60, 64, False),  # the watcher has just come: the engine may be starting too
        (0, 60, 66, True), (60, 0, 61, False),
    ],
)  # fmt: skip
def test_silence_is_told_after_the_limit_and_never_by_a_watcher_that_has_just_come(
    audited: float | None, watching_since: float, now: float, silent: bool
) -> None:
    found = silence(at(audited) if audited is not None else None, at(watching_since), at(now), LIMIT)
    assert (found is not None) is silent


def test_the_top_of_the_ladder_is_told_once_and_again_when_the_auditor_is_back(book: Book, told: County) -> None:
    watch = Watch(book, told)
    audit(book, 0)
    assert watch.look(4) == []
    (words,) = watch.look(6)
    assert "青峦县" in words
    assert "6 分钟没有巡检" in words
    assert watch.recorder.letters[0].person == "郝县官"
    assert watch.look(30) == []
    audit(book, 31)
    (back,) = watch.look(32)
    assert "已恢复" in back
    assert watch.look(33) == []


def test_a_county_in_which_no_device_is_heard_is_told_like_a_silent_auditor(book: Book, told: County) -> None:
    watch = Watch(book, told)
    for minute in range(40):
        audit(book, minute)
        with book.writing() as pen:
            equipment_book.note_deaf(pen, 10 <= minute < 30, at(minute))
        letters = watch.look(minute)
        if minute == 16:
            assert "已 6 分钟收不到全县任何设备的数据" in letters[0]
        elif minute == 30:
            assert "又能收到设备的数据了" in letters[0]
        else:
            assert letters == []


def test_of_two_watchers_one_tells(book: Book, told: County) -> None:
    audit(book, 0)
    one, two = Watch(book, told), Watch(book, told)
    assert [len(one.look(6)), len(two.look(6))] == [1, 0]
    audit(book, 7)
    assert [len(two.look(8)), len(one.look(8))] == [1, 0]


def test_a_watcher_that_was_restarted_tells_the_end_and_not_the_beginning_again(book: Book, told: County) -> None:
    audit(book, 0)
    assert len(Watch(book, told).look(6)) == 1
    again = Watch(book, told, minutes=7)
    assert again.look(20) == []
    audit(book, 21)
    assert len(again.look(22)) == 1


def test_a_second_silence_is_told_anew(book: Book, told: County) -> None:
    watch = Watch(book, told)
    for begin in (0, 100):
        audit(book, begin)
        watch.look(begin + 1)
        assert len(watch.look(begin + 6)) == 1


def test_a_book_that_cannot_be_read_is_a_silence_too(tmp_path: Path, told: County) -> None:
    book = Book(f"sqlite:///{tmp_path / 'book.db'}", COUNTY)
    audit(book, 0)
    watch = Watch(book, told)
    assert watch.look(1) == []
    (tmp_path / "book.db").rename(tmp_path / "away.db")
    assert watch.look(3) == []
    assert len(watch.look(6)) == 1
    assert watch.look(7) == []
    book.close()


def test_everybody_on_the_top_rung_today_is_told_once() -> None:
    duties = (
        *DUTIES, Duty("c1", COUNTY, Level.COUNTY, "值班"), Duty("t1", COUNTY, Level.COUNTY, "值班", 1),
        Duty("v2", TOWNSHIP, Level.COUNTY, "旧", 2, valid_to=at(0).date()),
    )  # fmt: skip
    assert [who.name for who in top_of(small_county(duties=duties), T0)] == ["郝县官", "田乡官"]


def test_without_anybody_on_the_top_rung_the_log_says_that_nobody_was_told(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    county = small_county(duties=[duty for duty in DUTIES if duty.level is not Level.COUNTY])
    audit(book, 0)
    assert Watch(book, county).look(6) == []
    assert "nobody was told" in caplog.text


def test_it_watches_in_a_thread_of_its_own_as_soon_as_the_book_is_there(sqlite_book: Book, told: County) -> None:
    watch = Watch(sqlite_book, told)
    audit(sqlite_book, 0)
    watch.minutes = 6
    with watching(lambda _stack: watch.man, every_s=0.01):
        wait_until(lambda: len(watch.recorder.letters) == 1, "the silence is told", 20)


def test_who_is_told_by_one_way_and_else_by_another_is_told_by_the_first_that_takes_it(book: Book) -> None:
    county = small_county(channels={"county": ["sms > rec", "rec"]})
    watch = Watch(book, county)
    audit(book, 0)
    assert len(watch.look(6)) == 2, "nothing is called sms here, so that route went on"
