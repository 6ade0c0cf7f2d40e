"""The county's book on SQLite and PostgreSQL: revisions never change, two writers never share a number."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from county import credentials, office
from county.book import BookAway, CountyBook, NoCounty, Outrun
from county.credentials import NotADevice
from county.files import BadCounty, Folder, to_path
from county.values import Device, DeviceKind, LegalBasis
from tests.county.small import BIN, BOX, CAMERA, DEVICES, VILLAGE, small_county, small_folder

NOW = datetime(2026, 11, 21, 13, tzinfo=UTC)


def renamed(number: int) -> Folder:
    folder = small_folder()
    return {**folder, "people.csv": folder["people.csv"].replace("马村官".encode(), f"马{number}".encode())}


def test_an_empty_book_says_how_to_fill_it(book: CountyBook) -> None:
    assert book.counties() == []
    for asked in (book.current, book.history, book.folder, book.revision_number):
        with pytest.raises(NoCounty, match="jingcun county load FOLDER"):
            asked()
    assert book.revision_number("640999") == 0


def test_revisions_count_up_and_keep_their_bytes_author_and_reason(book: CountyBook, folder: Folder) -> None:
    assert book.save(folder, "郝", "first") == 1
    assert book.save(renamed(2), "田", "a new head") == 2
    assert [(r.number, r.author, r.reason) for r in book.history()] == [(2, "田", "a new head"), (1, "郝", "first")]
    assert all(r.at.utcoffset() is not None for r in book.history())
    assert book.folder(number=1) == folder
    assert book.folder() == renamed(2)
    assert book.current().people["v1"].name == "马2"
    assert book.current().revision == 2


def test_the_same_files_again_make_no_revision_but_old_ones_do(book: CountyBook, folder: Folder) -> None:
    assert [book.save(files, "a", "r") for files in (folder, folder, renamed(2), folder)] == [1, 1, 2, 3]
    assert book.folder(number=3) == folder


def test_a_broken_folder_never_gets_in(book: CountyBook, folder: Folder) -> None:
    with pytest.raises(BadCounty, match=r"duties\.csv"):
        book.save({**folder, "people.csv": b"id,name,phone,unit\n"}, "a", "r")
    assert book.counties() == []


@pytest.mark.parametrize(("author", "reason"), [("", "r"), ("a", "  ")])
def test_a_revision_needs_author_and_reason(book: CountyBook, folder: Folder, author: str, reason: str) -> None:
    with pytest.raises(ValueError, match="author and a reason"):
        book.save(folder, author, reason)


def test_the_snapshot_is_kept_until_somebody_saves(book: CountyBook, url: str, folder: Folder) -> None:
    book.save(folder, "a", "r")
    first = book.current()
    assert book.current() is first
    with CountyBook(url) as elsewhere:
        elsewhere.save(renamed(2), "b", "from another process")
    assert book.current().revision == 2


def test_a_load_that_was_outrun_is_refused(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    book.save(renamed(2), "b", "r", after=1)
    with pytest.raises(Outrun, match="revision 2 was saved meanwhile"):
        book.save(renamed(3), "c", "r", after=1)
    assert book.revision_number() == 2


def test_writers_at_once_get_a_number_each(url: str) -> None:
    numbers: list[int] = []

    def write(which: int) -> None:
        with CountyBook(url) as own:
            numbers.append(own.save(renamed(which), f"w{which}", "at once"))

    threads = [threading.Thread(target=write, args=(which,)) for which in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    with CountyBook(url) as book:
        assert {r.author: book.folder(number=r.number) for r in book.history()} == {
            f"w{which}": renamed(which) for which in range(6)
        }


def test_two_counties_must_be_named(book: CountyBook, folder: Folder) -> None:
    other = {name: data.replace(b"640999", b"640998") for name, data in folder.items()}
    book.save(folder, "a", "r")
    book.save(other, "a", "r")
    with pytest.raises(NoCounty, match="640998, 640999"):
        book.current()
    assert (book.current("640998").code, book.revision_number("640998")) == ("640998", 1)


def test_a_revision_that_is_not_there_is_named(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    with pytest.raises(NoCounty, match="no revision 7 of county 640999"):
        book.folder(number=7)


def test_a_database_out_of_reach_is_away_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "county.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(BookAway, match="check address"):
        CountyBook(f"sqlite:///{tmp_path / 'county.db'}")


def test_a_secret_is_shown_once_and_stored_as_a_hash(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    secret = office.add_device_secret(book, BOX, "郝", NOW)
    (stored,) = book.credentials("640999")
    assert (stored.device, stored.made_by, stored.made_at, stored.valid) == (BOX, "郝", NOW, True)
    assert secret not in repr(stored)
    assert len(secret) >= 40
    passwords, acl = credentials.broker_files(book.current(), book.credentials("640999"), server="ingest:$7$x")
    assert passwords == f"ingest:$7$x\n{BOX}:{stored.hash}\n"
    assert f"user {BOX}\n" in acl
    assert f"topic write jc/v1/640999/640999101/{VILLAGE}/{BOX}/event\n" in acl


def test_a_new_secret_ends_the_old_one_and_revoking_ends_all(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    secrets = {office.add_device_secret(book, BOX, "郝", NOW) for _ in range(3)}
    assert len(secrets) == 3
    assert [each.valid for each in book.credentials("640999")] == [False, False, True]
    office.revoke_device_secret(book, BOX, "stolen", NOW)
    last = book.credentials("640999")[-1]
    assert (last.revoked_at, last.revoked_why) == (NOW, "stolen")
    passwords, acl = credentials.broker_files(book.current(), book.credentials("640999"))
    assert (passwords, f"user {BOX}" in acl) == ("", False)
    with pytest.raises(NotADevice, match="no valid credential"):
        office.revoke_device_secret(book, BOX, "again", NOW)


def test_a_device_that_left_the_registry_leaves_the_broker_too(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    office.add_device_secret(book, BOX, "郝", NOW)
    gone = {**folder, "devices.csv": folder["devices.csv"].split(b"\n")[0] + b"\n", "spots.geojson": b""}
    book.save(gone, "a", "box taken down")
    assert credentials.broker_files(book.current(), book.credentials("640999"))[0] == ""


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("stranger", "not in devices.csv"),
        (CAMERA, f"through box {BOX}"),
        (BIN, f"through box {BOX}"),
        ("cam-9", "no box"),
    ],
)
def test_only_what_speaks_for_itself_gets_a_secret(device: str, text: str) -> None:
    lonely = Device("cam-9", DeviceKind.CAMERA, "孤机", VILLAGE, legal_basis=LegalBasis.ART7)
    with pytest.raises(NotADevice, match=text):
        credentials.speaker(small_county(devices=(*DEVICES, lonely)), device)


def test_a_truck_has_an_address_without_village() -> None:
    truck = Device("truck-1", DeviceKind.TRUCK, "清运车", "")
    county = small_county(devices=(*DEVICES, truck))
    assert credentials.address(county, credentials.speaker(county, "truck-1")).topic("position") == (
        "jc/v1/640999/-/-/truck-1/position"
    )


def test_load_shows_the_difference_and_export_gives_the_bytes_back(
    book: CountyBook, folder: Folder, tmp_path: Path
) -> None:
    to_path(folder, tmp_path / "one")
    to_path(renamed(2), tmp_path / "two")
    first = office.load_folder(book, tmp_path / "one", "郝", "first")
    assert (first.revision, [str(found) for found in first.differences]) == (
        1, ["+ regions.csv: 640999 青峦县, a county that is new to the book"],
    )  # fmt: skip
    expected = ["~ people.csv: v1 name: 马村官 → 马2"]
    assert [str(found) for found in office.diff(book, tmp_path / "two")] == expected
    assert book.revision_number() == 1, "looking changes nothing"
    assert office.load_folder(book, tmp_path / "two", "郝", "second").revision == 2
    assert office.export(book, tmp_path / "out", number=1) == sorted(folder)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == folder


def test_check_counts_and_names_problems_or_gaps(folder: Folder, tmp_path: Path) -> None:
    to_path(folder, tmp_path)
    good = office.check(tmp_path, NOW.date())
    assert (good.ok, good.name, good.counts["people"]) == (True, "青峦县 640999", 5)
    duties = folder["duties.csv"]
    (tmp_path / "duties.csv").write_bytes(duties.replace("v2,640999101201,village,村支书,0,,\n".encode(), b""))
    gap = office.check(tmp_path, NOW.date())
    assert (gap.ok, gap.problems, [each.village for each in gap.gaps]) == (False, (), ["640999101201"])
    (tmp_path / "duties.csv").write_bytes(duties + b"nobody,640999101201,village,x,1,,\n")
    bad = office.check(tmp_path, NOW.date())
    assert (bad.ok, [each.line for each in bad.problems], bad.gaps) == (False, [7], ())


def test_the_device_list_says_how_each_speaks(book: CountyBook, folder: Folder) -> None:
    book.save(folder, "a", "r")
    assert [(line.id, line.credential) for line in office.list_devices(book)] == [
        (BOX, "none"), (CAMERA, "box"), (BIN, "box"),
    ]  # fmt: skip
    office.add_device_secret(book, BOX, "郝", NOW)
    line = office.list_devices(book)[0]
    assert (line.credential, line.made_at, line.place) == ("valid", NOW, "柳林镇 石门村")
    office.revoke_device_secret(book, BOX, "lost", NOW)
    assert office.list_devices(book)[0].credential == "revoked"
