"""Evidence goes when its time is over, never while an open ticket holds it; what went, and what was touched, shows."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Clip, Picture
from ingest.evidence import Evidence, EvidenceAway, Shelf
from ingest.evidence.files import Folder
from ingest.evidence.holds import Hold, HoldBook, Holding, Release
from ingest.evidence.keeper import Heads, Keeper, Round
from ingest.evidence.keeping import NAME, Keeping
from ingest.evidence.ledger import CHAIN, EVIDENCE, Ledger
from ingest.evidence.periods import Period, Policy, Standing, why_go
from ingest.evidence.verify import Verdict, verify
from ingest.inbox import Inbox
from ingest.lease import Lease
from ingest.store import Store, StoreAway
from tests.county.small import BOX, COUNTY
from tests.ingest.makes import NOON, event, incoming, reading
from tests.ingest.test_evidence import Trusting
from tests.servers import wait_until

DAY = timedelta(days=1)


class Killed(BaseException):
    """The process was killed at a named point."""


@dataclass
class Cellar:
    """Evidence, ledger, holds and keeper on one store, with a clock that the test turns."""

    store: Store
    root: Path
    policy: Policy = field(default_factory=Policy)
    now: datetime = NOON
    kill_at: str = ""

    def __post_init__(self) -> None:
        self.ledger, self.holds, self.files = (
            Ledger(self.store, COUNTY),
            HoldBook(self.store, COUNTY),
            Folder(self.root),
        )
        self.evidence = Evidence(
            self.root, Trusting(), shelf=Shelf(self.files, self.ledger, self.policy.quota, self.clock)
        )
        self.keeper = self.open_keeper(self.policy)

    def open_keeper(self, policy: Policy) -> Keeper:
        return Keeper(self.ledger, self.files, policy, self.root / "heads.txt", self._crash)

    def clock(self) -> datetime:
        return self.now

    def bring(self, data: bytes, kind: str = "picture", event_id: UUID | None = None) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        shape = {"picture": Picture, "clip": Clip}[kind]
        for index in range(0, len(data), CHUNK_BYTES):
            self.evidence.chunk(shape(
                message_id=new_id(), device=BOX, at=self.now, sha256=sha256, size=len(data),
                index=index // CHUNK_BYTES, chunks=-(-len(data) // CHUNK_BYTES), event_id=event_id,
                data=data[index : index + CHUNK_BYTES], blurred=2,
            ))  # fmt: skip
        return sha256

    def hold(self, subject: str | UUID, ticket: UUID) -> Hold:
        named = {"event_id": subject} if isinstance(subject, UUID) else {"sha256": subject}
        hold = Hold.model_validate({"id": uuid4(), "ticket": ticket, "at": self.now, **named})
        self.holds.hold(hold)
        return hold

    def release(self, ticket: UUID) -> int:
        return self.holds.release(Release(id=uuid4(), ticket=ticket, at=self.now))

    def after(self, days: float) -> Round:
        self.now = NOON + days * DAY
        return self.keeper.round(self.now)

    def verify(self) -> Verdict:
        return verify(self.ledger, self.files, Heads(self.root / "heads.txt").read()[0])

    def acts(self, sha256: str) -> list[object]:
        return [link.facts["act"] for link in self.ledger.links(sha256)]

    def _crash(self, point: str) -> None:
        if point == self.kill_at:
            self.kill_at = ""
            raise Killed(point)


@pytest.fixture
def cellar(store: Store, tmp_path: Path) -> Cellar:
    return Cellar(store, tmp_path / "evidence")


@pytest.mark.parametrize(
    ("kind", "days", "holding", "crowded", "goes"),
    [
        ("picture", 89.9, Holding(False), False, ""),
        ("picture", 90, Holding(False), False, "retention: pictures are kept 90 days"),
        ("picture", 400, Holding(True), True, ""),
        ("picture", 100, Holding(False, NOON - 20 * DAY), False, ""),
        ("picture", 200, Holding(False, NOON - 90 * DAY), False, "retention"),
        ("clip", 29.9, Holding(False), True, ""),
        ("clip", 30, Holding(False), False, "retention: clips"),
        ("picture", 29.9, Holding(False), True, ""),
        ("picture", 30, Holding(False), True, "room: the store is full"),
        ("photo", 89, Holding(False), True, ""),
        ("photo", 90, Holding(False), True, "room"),
        ("photo", 364, Holding(False), False, ""),
    ],
)
def test_when_a_file_goes(kind: str, days: float, holding: Holding, crowded: bool, goes: str) -> None:
    why = why_go(Standing(kind, NOON - days * DAY, holding), Policy(), NOON, crowded)
    assert why.startswith(goes)
    assert bool(why) == bool(goes)


def test_a_period_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="least must not be more"):
        Period(2 * DAY, DAY)


def test_a_picture_stays_ninety_days_a_clip_thirty_and_each_deletion_is_told(
    cellar: Cellar, caplog: pytest.LogCaptureFixture
) -> None:
    picture, clip, photo = cellar.bring(b"picture"), cellar.bring(b"clip", "clip"), cellar.evidence.put(b"photo")
    assert cellar.after(29.9).gone == 0
    with caplog.at_level(logging.INFO):
        assert cellar.after(30) == Round(1, 4)
    assert clip in caplog.text
    assert "clips are kept 30 days" in caplog.text
    assert (cellar.files.has(clip), cellar.files.has(picture)) == (False, True)
    assert cellar.after(90).gone == 1
    assert (cellar.files.has(picture), cellar.files.has(photo)) == (False, True)
    assert cellar.after(365).gone == 1
    last = list(cellar.ledger.links(picture))[-1].facts
    assert (last["act"], last["size"], last["why"]) == ("deleted", 7, "retention: pictures are kept 90 days")
    assert (last["kept_at"], last["at"]) == (NOON.isoformat(), (NOON + 90 * DAY).isoformat())
    assert cellar.verify().sound
    assert cellar.after(366) == Round()


def test_what_an_open_ticket_rests_on_is_never_deleted(cellar: Cellar) -> None:
    happened, ticket = uuid4(), uuid4()
    cellar.hold(happened, ticket)  # before its clip has come
    picture, clip = cellar.bring(b"picture"), cellar.bring(b"clip", "clip", happened)
    cellar.hold(picture, ticket)
    assert cellar.after(4000) == Round()
    assert cellar.release(ticket) == 2
    assert cellar.after(4029).gone == 0
    assert cellar.after(4030).gone == 1  # the clip: thirty days after it was let go
    assert (cellar.files.has(clip), cellar.files.has(picture)) == (False, True)
    assert cellar.after(4090).gone == 1


def test_two_tickets_hold_one_picture_until_both_are_closed(cellar: Cellar) -> None:
    picture, first, second = cellar.bring(b"picture"), uuid4(), uuid4()
    cellar.hold(picture, first)
    cellar.hold(picture, second)
    cellar.release(first)
    assert cellar.after(1000).gone == 0
    cellar.release(second)
    assert cellar.after(1090).gone == 1


def test_a_hold_handed_over_twice_counts_once_also_after_its_release(cellar: Cellar) -> None:
    picture, ticket = cellar.bring(b"picture"), uuid4()
    hold = cellar.hold(picture, ticket)
    assert cellar.holds.hold(hold) is False
    assert (cellar.release(ticket), cellar.release(ticket)) == (1, 0)
    assert cellar.holds.hold(hold) is False  # the relay was killed and hands over again
    assert cellar.holds.open_count() == 0


@pytest.mark.parametrize("point", ["evidence.before_delete", "evidence.after_delete"])
def test_killed_in_the_middle_of_a_deletion_nothing_lies(cellar: Cellar, point: str) -> None:
    picture = cellar.bring(b"picture")
    cellar.kill_at = point
    with pytest.raises(Killed):
        cellar.after(90)
    assert cellar.ledger.going() == [picture]
    assert cellar.verify().sound  # a row that is going promises nothing about its file
    assert cellar.after(90).gone == 1
    assert cellar.acts(picture) == ["kept", "deleted"]
    assert not cellar.files.has(picture)
    assert cellar.verify().sound


def test_a_hold_that_comes_after_the_deletion_began_wins(cellar: Cellar) -> None:
    picture = cellar.bring(b"picture")
    cellar.kill_at = "evidence.before_delete"
    with pytest.raises(Killed):
        cellar.after(90)
    cellar.hold(picture, uuid4())
    assert cellar.after(91) == Round(spared=1)
    assert cellar.acts(picture) == ["kept"]
    assert cellar.verify().sound


def test_a_hold_that_comes_when_the_file_is_gone_already_is_told_the_truth(cellar: Cellar) -> None:
    picture = cellar.bring(b"picture")
    cellar.kill_at = "evidence.after_delete"
    with pytest.raises(Killed):
        cellar.after(90)
    cellar.hold(picture, uuid4())
    assert cellar.after(91).gone == 1
    assert list(cellar.ledger.links(picture))[-1].facts["why"] == "its deletion had begun before it was held"


def test_a_longer_period_spares_what_was_about_to_go(cellar: Cellar) -> None:
    picture = cellar.bring(b"picture")
    cellar.kill_at = "evidence.before_delete"
    with pytest.raises(Killed):
        cellar.after(90)
    longer = {**Policy().periods, "picture": Period(30 * DAY, 180 * DAY)}
    cellar.keeper = cellar.open_keeper(Policy(longer))
    assert cellar.after(91) == Round(spared=1)
    assert cellar.files.has(picture)


def test_when_room_is_needed_the_oldest_of_what_no_ticket_ever_held_goes_first(store: Store, tmp_path: Path) -> None:
    cellar = Cellar(store, tmp_path / "evidence", Policy(quota=10_000))
    ticket, names = uuid4(), dict[str, str]()
    for number, (name, kind) in enumerate([("held", "picture"), ("once held", "picture"), ("a", "picture"),
                                           ("b", "picture"), ("young", "picture")]):  # fmt: skip
        cellar.now = NOON + (31 if name == "young" else number / 24) * DAY
        names[name] = cellar.bring(name.encode() * (1950 // len(name)), kind)
    cellar.hold(names["held"], uuid4())
    cellar.hold(names["once held"], ticket)
    cellar.release(ticket)
    done = cellar.after(32)
    assert done.gone == 1
    assert [name for name, sha256 in names.items() if not cellar.files.has(sha256)] == ["a"]
    last = list(cellar.ledger.links(names["a"]))[-1].facts
    assert str(last["why"]).startswith("room: the store is full")


def test_a_store_full_of_held_and_young_things_shuts_the_door_and_says_why(store: Store, tmp_path: Path) -> None:
    cellar = Cellar(store, tmp_path / "evidence", Policy(quota=10_000))
    held = cellar.bring(b"h" * 6000)
    cellar.hold(held, uuid4())
    cellar.bring(b"y" * 3900)
    assert cellar.after(1) == Round()
    with pytest.raises(EvidenceAway, match="raise quota_gb"):
        cellar.bring(b"z" * 200)
    with pytest.raises(EvidenceAway, match="held by open tickets"):
        cellar.evidence.put(b"z" * 200)
    assert cellar.files.has(held)


def test_room_that_was_made_opens_the_door_again(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.evidence.COUNTED_EVERY_S", 0.0)
    cellar = Cellar(store, tmp_path / "evidence", Policy(quota=10_000))
    cellar.bring(b"o" * 9900)
    with pytest.raises(EvidenceAway):
        cellar.bring(b"z" * 200)
    assert cellar.after(31).gone == 1
    assert cellar.files.has(cellar.bring(b"z" * 200))


def test_a_file_sent_again_after_its_deletion_is_kept_anew(cellar: Cellar) -> None:
    picture = cellar.bring(b"picture")
    cellar.after(90)
    assert cellar.bring(b"picture") == picture
    assert cellar.acts(picture) == ["kept", "deleted", "kept"]
    assert cellar.after(179).gone == 0
    assert cellar.verify().sound


def test_a_file_that_came_before_there_was_a_ledger_gets_a_row(cellar: Cellar, tmp_path: Path) -> None:
    before = Evidence(tmp_path / "evidence", Trusting())
    data = b"\xff\xd8\xff old"
    before.files.put(sha256 := hashlib.sha256(data).hexdigest(), data)
    assert cellar.keeper.adopt(datetime.now(NOON.tzinfo)) == 0  # somebody may just be bringing it
    late = datetime.now(NOON.tzinfo) + 2 * DAY
    assert (cellar.keeper.adopt(late), cellar.keeper.adopt(late)) == (1, 0)
    facts = next(iter(cellar.ledger.links(sha256))).facts
    assert (facts["kind"], facts["found"]) == ("picture", True)


def test_an_event_says_with_what_its_picture_was_judged_once_and_in_any_order(cellar: Cellar) -> None:
    inbox = Inbox(cellar.store, COUNTY)
    fence = Lease(cellar.store, COUNTY).take("test", NOON)
    assert fence is not None
    sha256 = hashlib.sha256(b"picture").hexdigest()
    said = event(picture=sha256, model="0123456789ab", config="7-cafe", clock="rtc", score=0.75)
    inbox.append([incoming(said), incoming(event())], fence)
    keeping = Keeping(inbox, cellar.ledger, cellar.keeper, cellar.clock)
    assert (keeping.step(), keeping.step()) == (2, 0)
    inbox.move(NAME, inbox.cursor(NAME), 0)  # killed between link and cursor
    keeping.step()
    cellar.bring(b"picture")
    told, kept = (link.facts for link in cellar.ledger.links(sha256))
    assert (told["act"], told["model"], told["config"], told["clock"]) == ("told", "0123456789ab", "7-cafe", "rtc")
    assert (told["device"], told["at"], told["event_id"]) == (BOX, NOON.isoformat(), str(said.event_id))
    assert (kept["act"], kept["device"], kept["clock"], kept["blurred"]) == ("kept", BOX, "ntp", 2)
    assert cellar.verify().sound


def test_only_a_count_that_its_sender_gave_says_that_a_blurring_pass_ran(cellar: Cellar) -> None:
    def bring(data: bytes, **more: int) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        cellar.evidence.chunk(Picture(
            message_id=new_id(), device=BOX, at=NOON, sha256=sha256, size=len(data), index=0, chunks=1, data=data,
            **more,
        ))  # fmt: skip
        return sha256

    told = {name: cellar.evidence.blurred(sha256) for name, sha256 in {
        "none found": bring(b"one", blurred=0), "two": bring(b"two", blurred=2), "untold": bring(b"three"),
        "by hand": cellar.evidence.put(b"four"), "unknown": "a" * 64,
    }.items()}  # fmt: skip
    assert told == {"none found": True, "two": True, "untold": False, "by hand": False, "unknown": False}
    assert not Evidence(cellar.root, Trusting()).blurred(bring(b"one", blurred=0)), "without a ledger nothing is known"


def test_the_loop_reads_and_deletes_until_it_is_told_to_stop(cellar: Cellar) -> None:
    picture = cellar.bring(b"picture")
    inbox = Inbox(cellar.store, COUNTY)
    fence = Lease(cellar.store, COUNTY).take("test", NOON)
    assert fence is not None
    inbox.append([incoming(event(picture=picture)), incoming(reading())], fence)
    cellar.now = NOON + 90 * DAY
    stop = threading.Event()
    loop = Keeping(inbox, cellar.ledger, cellar.keeper, cellar.clock)
    thread = threading.Thread(target=loop.run, args=(stop, 0.01, 0.01))
    thread.start()
    wait_until(lambda: cellar.acts(picture) == ["kept", "told", "deleted"], "the picture is gone")
    wait_until(lambda: inbox.cursor(NAME) == inbox.last(), "it has passed what is no event too")
    stop.set()
    thread.join(20)


def altered_file(cellar: Cellar, sha256: str) -> None:
    place = cellar.files.path(sha256)
    assert place is not None
    place.write_bytes(b"forged")


def missing_file(cellar: Cellar, sha256: str) -> None:
    cellar.files.delete(sha256)


def missing_row(cellar: Cellar, sha256: str) -> None:
    with cellar.store.write() as conn:
        conn.execute(EVIDENCE.delete().where(EVIDENCE.c.sha256 == sha256))


def slipped_in(cellar: Cellar, sha256: str) -> None:
    with cellar.store.write() as conn:
        row = conn.execute(sa.select(EVIDENCE).where(EVIDENCE.c.sha256 == sha256)).one()
        forged = hashlib.sha256(b"forged").hexdigest()
        conn.execute(EVIDENCE.insert().values({**row._mapping, "sha256": forged}))


def come_back(cellar: Cellar, sha256: str) -> None:
    cellar.after(90)
    cellar.files.put(sha256, b"picture")


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        (altered_file, "does not give its hash"), (missing_file, "the file is missing"),
        (missing_row, "its row is missing"), (slipped_in, "no link says that it was kept"),
        (come_back, "but the file is here"),
    ],
)  # fmt: skip
def test_what_was_touched_is_named(cellar: Cellar, touch: Callable[[Cellar, str], None], words: str) -> None:
    picture = cellar.bring(b"picture")
    assert cellar.verify().sound
    touch(cellar, picture)
    verdict = cellar.verify()
    assert verdict.broken is None
    assert len(verdict.findings) == 1
    assert words in verdict.findings[0].words
    assert not verdict.sound


def test_an_altered_link_is_named_and_the_files_behind_it_are_still_looked_at(cellar: Cellar) -> None:
    names = [cellar.bring(bytes([number])) for number in range(5)]
    with cellar.store.write() as conn:
        forged = CHAIN.update().where(CHAIN.c.n == 2)
        conn.execute(forged.values(body=sa.func.replace(CHAIN.c.body, BOX, "box-9")))
    cellar.files.delete(names[4])
    verdict = cellar.verify()
    assert verdict.broken is not None
    assert (verdict.broken.n, verdict.links) == (2, 5)
    assert [finding.sha256 for finding in verdict.findings] == [names[4]]


def test_links_cut_off_at_the_end_are_found_by_the_noted_heads(cellar: Cellar) -> None:
    for number in range(3):
        cellar.bring(bytes([number]))
    cellar.after(0)  # notes the head
    with cellar.store.write() as conn:
        last = conn.execute(sa.select(CHAIN.c.sha256).where(CHAIN.c.n == 3)).scalar_one()
        conn.execute(CHAIN.delete().where(CHAIN.c.n == 3))
        conn.execute(EVIDENCE.delete().where(EVIDENCE.c.sha256 == last))
    verdict = cellar.verify()
    assert verdict.broken is not None
    assert verdict.broken.n == 3


def test_heads_are_noted_at_most_hourly_and_a_damaged_line_is_counted(tmp_path: Path) -> None:
    from ingest.evidence.chain import Head

    heads = Heads(tmp_path / "deep" / "heads.txt")
    for minute, number in ((0, 0), (1, 1), (30, 2), (61, 3), (130, 3)):
        heads.note(Head(number, "ab" * 32), NOON + timedelta(minutes=minute))
    assert [head.n for head in heads.read()[0]] == [1, 3]
    with (tmp_path / "deep" / "heads.txt").open("a") as file:
        file.write("2026-11-21T04:00:00+00:00 4:dead")
    assert heads.read()[1] == 1


def test_counties_in_one_database_have_chains_of_their_own(store: Store, tmp_path: Path) -> None:
    here, there = Cellar(store, tmp_path / "a"), Ledger(store, "640998")
    here.bring(b"picture")
    assert there.head().n == 0
    assert there.used() == 0
    assert here.ledger.head().n == 1


def test_many_writers_at_once_leave_one_chain_without_gaps(store: Store, tmp_path: Path) -> None:
    cellar = Cellar(store, tmp_path / "evidence")
    faults: list[BaseException] = []

    def bring(first: int) -> None:
        try:
            for number in range(5):
                cellar.bring(f"{first}-{number}".encode())
        except (EvidenceAway, StoreAway) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=bring, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    verdict = cellar.verify()
    assert (verdict.sound, verdict.links, verdict.files) == (True, 20, 20)
