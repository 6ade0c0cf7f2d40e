"""Reports in the book, on both databases: one open ticket for a piece of ground, whoever tells of it and how often."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alarms.grounds import Where
from alerts.reports import report_book
from alerts.reports.report_tables import PLACES, REPORTS
from alerts.reports.reporters import staffed
from alerts.reports.reports import Reports
from alerts.store.book import Book, Conflict
from alerts.store.queries import Reader
from alerts.store.tables import ALARMS, TICKETS, ticket_of
from alerts.tickets.acts import Data
from alerts.tickets.doing import Refused, Taken
from alerts.tickets.entitled import NotEntitled
from alerts.values import Source, Status, Ticket
from county.coordinates import Point
from county.values import Spot
from ingest.store import StoreAway
from tests.alerts.loop import Killed, Room
from tests.alerts.makes import PHOTO, at, event, reading
from tests.alerts.said import ALONE, GATE, SEAL, WANG, beside, report, reporting_county, reports_of
from tests.county.small import BIN, COUNTY, DEVICES, SPOT, SPOTS, VILLAGE
from tests.depth import depth

COUNTY_WITH_ALL = reporting_county()
DONE = Data(photos=(PHOTO,))


def tickets(book: Book) -> list[Ticket]:
    with book.store.read() as conn:
        return [ticket_of(row) for row in conn.execute(sa.select(TICKETS).order_by(TICKETS.c.opened_us, TICKETS.c.id))]


def count(book: Book, table: sa.Table) -> int:
    with book.store.read() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_patrols_entry_walks_through_the_same_states_as_a_cameras_alarm(book: Book) -> None:
    county = reporting_county()
    room = Room(book, county)
    Reports(book, room.world, SEAL).take(report(ALONE, source=Source.PATROL, what="illegal_building"), "key-1")
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept")
    view = room.desk.act(code, "done", DONE)
    assert (view.ticket.status, view.ticket.source.words) == (Status.TO_CHECK, "督查")
    room.minutes = 1
    room.post.step()
    room.desk.act(room.code(), "verify_ok")
    states = [line.new for line in room.reader.history(view.ticket.id)]
    assert list(dict.fromkeys(states)) == ["待核实", "已派遣(待接单)", "已接单", "待核查", "已结案"]
    assert room.reader.sources(view.ticket.id) == (Source.PATROL,)


def test_camera_bin_patrol_and_citizen_at_one_place_make_one_ticket_that_names_all(book: Book) -> None:
    bin_spot = Spot(BIN, BIN, "1号桶", VILLAGE, site="gate")
    room = Room(book, reporting_county(spots=(replace(SPOTS[0], site="gate"), bin_spot)))
    door = Reports(book, room.world, SEAL)
    citizen = door.take(report(beside(GATE, 20)), "key-citizen")
    room.minutes = 1
    room.feed(event(1))
    room.feed(*(reading(minute, 95) for minute in (2, 3, 4)))
    room.minutes = 5
    patrol = door.take(report(beside(GATE, 0, 25), source=Source.PATROL), "key-patrol")
    superior = door.take(report(SPOT, source=Source.SUPERIOR, what="illegal_building"), "key-superior")
    (ticket,) = tickets(book)
    assert {citizen.ticket, patrol.ticket, superior.ticket} == {ticket.id}
    assert (citizen.new, patrol.new, superior.new) == (True, False, False)
    assert Reader(book).sources(ticket.id) == (
        Source.REPORT, Source.CAMERA, Source.SENSOR, Source.PATROL, Source.SUPERIOR
    )  # fmt: skip
    assert set(ticket.kinds) == {"garbage", "bin_full", "illegal_building"}
    told = "".join(line.words for line in Reader(book).history(ticket.id))
    for words in ("随手拍反映", "督查发现", "上级交办"):
        assert words in told


def test_a_patrol_that_finds_it_dirty_during_the_check_is_believed_before_the_camera(book: Book) -> None:
    room = Room(book, reporting_county())
    room.feed(event(0))
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept")
    room.minutes = 5
    room.desk.act(code, "done", DONE)
    (checked,) = tickets(book)
    room.minutes = 6
    patrol = report(SPOT, source=Source.PATROL, words="没弄干净")
    Reports(book, room.world, SEAL).take(patrol, "key-patrol")
    room.minutes = 8
    room.feed(event(8, "clean", command=checked.command))
    (ticket,) = tickets(book)
    assert (ticket.status, ticket.reworks, ticket.is_open) == (Status.ON_SITE, 1, True)
    assert any("仍不干净:没弄干净,第1次返工" in line.words for line in room.reader.history(ticket.id))


def test_a_place_that_no_camera_sees_is_one_place_for_all_who_report_within_its_radius(book: Book) -> None:
    door = reports_of(book, reporting_county())
    first = door.take(report(ALONE), "key-1")
    inside = door.take(report(beside(ALONE, 29), source=Source.PATROL), "key-2")
    outside = door.take(report(beside(ALONE, 31)), "key-3")
    narrow = door.take(report(beside(ALONE, -20), what="illegal_building"), "key-4")
    assert first.ticket == inside.ticket
    assert len({first.ticket, outside.ticket, narrow.ticket}) == 3, "a building of 15 m is another matter"
    assert count(book, PLACES) == 3
    assert [one.scene.site.startswith("@site/r-") for one in tickets(book)] == [True] * 3
    assert {one.scene.village for one in tickets(book)} == {VILLAGE}


def test_a_closed_place_reported_again_opens_the_next_ticket_of_the_same_place(book: Book) -> None:
    room = Room(book, reporting_county())
    door = Reports(book, room.world, SEAL)
    first = door.take(report(ALONE), "key-1")
    code = room.desk.mint(first.ticket)
    room.desk.act(code, "accept")
    room.desk.act(code, "done", DONE)
    room.minutes = 1
    room.desk.act(room.desk.mint(first.ticket), "verify_ok")
    room.minutes = 60
    again = door.take(report(beside(ALONE, 5)), "key-2")
    old, new = tickets(book)
    assert (again.new, new.earlier, new.relapse, old.status) == (True, old.id, 1, Status.CLOSED)
    assert count(book, PLACES) == 1


def test_a_patrol_or_an_order_is_entered_by_who_answers_for_the_place_or_stands_above_it(book: Book) -> None:
    county = reporting_county()
    door = reports_of(book, county)

    def enters(who: str, source: Source, key: str, **more: bool) -> Source:
        named = staffed(county.people[who], None)
        door.take(report(SPOT, source=source, reporter=named, **more), key)
        return report_book.newest(book, 1)[0].source

    for source in (Source.PATROL, Source.SUPERIOR):
        with pytest.raises(NotEntitled, match=f"不归您负责,不能录入{source.words};可以作为随手拍上报"):
            enters("v2", source, f"key-{source}")
        assert count(book, REPORTS) == 0, "nothing of it is kept"
    assert enters("v2", Source.PATROL, "key-page", unsaid=True) is Source.REPORT, "what any citizen may report"
    door = reports_of(book, county, 1)
    assert enters("v1", Source.PATROL, "key-own") is Source.PATROL
    door = reports_of(book, county, 2)
    assert enters("c1", Source.SUPERIOR, "key-above") is Source.SUPERIOR


def test_the_same_key_again_gives_the_same_receipt_and_changes_nothing(book: Book) -> None:
    door = reports_of(book, reporting_county())
    first, again = (door.take(report(ALONE, reporter=WANG), "key-1") for _ in range(2))
    assert first == again
    assert (len(tickets(book)), count(book, REPORTS)) == (1, 1)
    assert len(Reader(book).history(first.ticket)) == 3
    assert reports_of(book, reporting_county(), 99).take(report(ALONE, reporter=WANG), "key-1").code == first.code


def test_who_missed_the_answer_and_sends_other_words_gets_the_code_of_the_report_that_is_in(book: Book) -> None:
    door = reports_of(book, reporting_county())
    first = door.take(report(ALONE, reporter=WANG), "key-1")
    for edited in (report(ALONE, words="别的话", reporter=WANG), report(ALONE), report(GATE, what="illegal_building")):
        again = door.take(edited, "key-1")
        assert (again.code, again.number, again.ticket) == (first.code, first.number, first.ticket)
        assert (
            again.words
            == "您反映的暴露垃圾上一次提交时已经收到,按那一次的内容办理;后来改动的没有记入,要补充请再反映一次。"
        )
    assert (len(tickets(book)), count(book, REPORTS)) == (1, 1)
    assert door.progress(again.code).what_name == "暴露垃圾"
    assert len(Reader(book).history(first.ticket)) == 3


def test_a_refused_report_leaves_nothing_and_its_key_free(book: Book) -> None:
    door = reports_of(book, reporting_county())
    with pytest.raises(Refused):
        door.take(report(ALONE, what="gold"), "key-1")
    with pytest.raises(Refused):
        door.take(report("no-such-spot"), "key-1")
    assert (tickets(book), count(book, REPORTS), count(book, PLACES)) == ([], 0, 0)
    assert door.take(report(ALONE), "key-1").new


def test_a_report_killed_before_its_commit_did_not_happen(sqlite_book: Book) -> None:
    room = Room(sqlite_book, reporting_county())
    door = Reports(sqlite_book, room.world, SEAL)
    room.kill_at = "alerts.before_commit"
    with pytest.raises(Killed):
        door.take(report(ALONE, reporter=WANG), "key-1")
    assert (tickets(sqlite_book), count(sqlite_book, REPORTS)) == ([], 0)
    room.kill_at = "alerts.after_commit"
    with pytest.raises(Killed):
        door.take(report(ALONE, reporter=WANG), "key-1")
    assert not room.kill_at
    assert door.take(report(ALONE, reporter=WANG), "key-1").new
    assert (len(tickets(sqlite_book)), count(sqlite_book, REPORTS)) == (1, 1)


def test_photos_of_a_report_belong_to_its_ticket_and_are_held_as_evidence(sqlite_book: Book) -> None:
    room = Room(sqlite_book, reporting_county())
    taken = Taken(PHOTO, longitude=106.25, latitude=36.15, crs="CGCS2000", taken_at=at(-200))
    receipt = Reports(sqlite_book, room.world, SEAL).take(report(ALONE, photos=(taken,)), "key-1")
    (photo,) = room.reader.photos(receipt.ticket)
    assert (photo.phase, photo.crs, photo.taken_at, photo.person) == ("before", "WGS-84", at(-200), "随手拍")
    assert photo.doubts == ("拍摄时间比提交时间早3.3小时",)
    assert room.reader.shows(receipt.ticket, PHOTO)
    room.relay.step_holds()
    assert room.holds.held() == {PHOTO}, "and nothing is held for an event that never was"


def arrive(door: Reports, points: Sequence[Point], errors: list[Exception]) -> None:
    gate = threading.Barrier(len(points))

    def one(number: int, point: Point) -> None:
        gate.wait()
        try:
            door.take(report(point, source=(Source.REPORT, Source.PATROL)[number % 2]), f"key-{number}")
        except (Conflict, StoreAway, sa.exc.SQLAlchemyError) as fault:
            errors.append(fault)

    threads = [threading.Thread(target=one, args=each) for each in enumerate(points)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_fifty_reports_of_one_place_at_once_open_one_ticket(book: Book) -> None:
    """Fifty threads, one new place that nobody knew: 1 ticket, 1 place, 50 reports, 2 alarms (one a source)."""
    errors: list[Exception] = []
    arrive(
        reports_of(book, reporting_county()), [beside(ALONE, number % 7, number % 5) for number in range(50)], errors
    )
    assert errors == []
    (ticket,) = tickets(book)
    assert (count(book, PLACES), count(book, REPORTS), count(book, ALARMS)) == (1, 50, 2)
    with book.store.read() as conn:
        merged = {row.source: row.merged for row in conn.execute(sa.select(ALARMS.c.source, ALARMS.c.merged))}
        opened = conn.execute(sa.select(sa.func.count()).where(REPORTS.c.opened)).scalar_one()
    assert merged == {"report": 25, "patrol": 25}
    assert opened == 1
    assert len(Reader(book).history(ticket.id)) == 3 + 49


# Three pieces of ground, hundreds of metres apart: the camera's, the bin's, and one that no device sees.
GROUNDS = (GATE, Point(106.21, 36.11), ALONE)
arrival = st.tuples(
    st.sampled_from(["camera", "sensor", "patrol", "report", "superior"]), st.integers(0, 2),
    st.floats(-10, 10), st.floats(-10, 10), st.sampled_from(["garbage", "overflow", "illegal_building"]),
)  # fmt: skip


@settings(max_examples=depth(60), deadline=None)
@given(st.lists(arrival, min_size=1, max_size=14))
def test_whatever_arrives_in_whatever_order_one_ticket_is_open_for_a_piece_of_ground(
    arrivals: list[tuple[str, int, float, float, str]],
) -> None:
    assert DEVICES[2].longitude == GROUNDS[1].longitude
    with TemporaryDirectory() as folder:
        book = Book(f"sqlite:///{Path(folder) / 'book.db'}", COUNTY)
        room = Room(book, COUNTY_WITH_ALL)
        door = Reports(book, room.world, SEAL)
        told: dict[int, set[Source]] = {}
        for number, (source, anywhere, east, north, what) in enumerate(arrivals):
            room.minutes = number
            ground = {"camera": 0, "sensor": 1}.get(source, anywhere)
            if source == "camera":
                room.feed(event(number, what="garbage" if what == "illegal_building" else what))
            elif source == "sensor":
                room.feed(*(reading(number + step / 10, 95) for step in range(3)))
            else:
                point = beside(GROUNDS[ground], east / 2, north / 2)
                door.take(report(point, source=Source(source), what=what), f"key-{number}")
            told.setdefault(ground, set()).add(Source(source))
        found = room.tickets()
        open_at = Counter(one.scene.site for one in found if one.is_open)
        assert len(found) == len(open_at) == len(told)
        assert set(open_at.values()) == {1}
        named = {frozenset(room.reader.sources(one.id)) for one in found}
        assert named == {frozenset(each) for each in told.values()}
        book.close()


def test_a_report_of_a_described_place_is_found_again_by_its_words(book: Book) -> None:
    door = reports_of(book, reporting_county())
    where = Where(region=VILLAGE, words="小学门口")
    first, again = (door.take(report(where, words=words), f"key-{words}") for words in ("一堆", "两堆"))
    other = door.take(report(Where(region=VILLAGE, words="卫生院门口")), "key-3")
    assert first.ticket == again.ticket != other.ticket
    assert {one.scene.spot_name for one in tickets(book)} == {"小学门口", "卫生院门口"}
