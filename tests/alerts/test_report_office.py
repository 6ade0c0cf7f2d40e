"""Reports are verified by others, reporters stay hidden, rewards stand in a ledger; on both databases."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from alerts.alarms.grounds import Where
from alerts.asks import fairness_book
from alerts.asks.fairness import Deed as Logged
from alerts.desk import Desk, UnknownCode
from alerts.engine import Sweep
from alerts.office import Office
from alerts.reports.report_facts import reported_by, reported_with
from alerts.reports.report_office import Barred, NoReport, ReportOffice
from alerts.reports.report_tables import BARRED, REPORTERS, REWARDS, VERDICTS
from alerts.reports.reporters import Reporter
from alerts.reports.reports import Receipt, Reports
from alerts.reports.reward_office import RewardOffice
from alerts.reports.rewards import Deed
from alerts.reports.seal import BadSeal, Seal
from alerts.schema import METADATA
from alerts.store.book import Book
from alerts.store.queries import Reader
from alerts.store.tables import NOTICES
from alerts.tickets.acts import Data
from alerts.tickets.doing import Refused
from alerts.tickets.verdicts import Verdict
from alerts.values import Source, Who
from county.values import Duty, Level, Person, PersonKind
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, event, person
from tests.alerts.said import ALONE, GATE, SEAL, WANG, beside, report, reporting_county
from tests.county.small import DUTIES, PEOPLE, VILLAGE, limits

LI = Reporter("李四海", "13800001111")
DONE = Data(photos=(PHOTO,))


class Staff:
    """The whole of it around one book."""

    def __init__(self, book: Book, **policy: Any) -> None:
        self.county = reporting_county(**policy)
        self.room = Room(book, self.county)
        self.book = book
        self.reports = Reports(book, self.room.world, SEAL)
        self.office = ReportOffice(book, self.room.world, SEAL)
        self.rewards = RewardOffice(book, self.room.world, SEAL)
        self.keys = 0

    def who(self, person_id: str) -> Who:
        return person(self.county, person_id)

    def take(self, where: Any = ALONE, reporter: Reporter | None = WANG, **more: Any) -> Receipt:
        self.keys += 1
        self.room.minutes += 1
        return self.reports.take(report(where, reporter=reporter, **more), f"key-{self.keys}")

    def verified(self, where: Any = ALONE, reporter: Reporter | None = WANG, **more: Any) -> Receipt:
        receipt = self.take(where, reporter, **more)
        self.room.minutes += 1
        self.office.verify(receipt.report, Verdict.TRUE, self.who("t1"))
        return receipt


@pytest.fixture
def staff(book: Book) -> Staff:
    return Staff(book)


def everything(book: Book, but: set[str]) -> str:
    """All text that stands in the database, except in some tables."""
    with book.store.read() as conn:
        tables = [table for name, table in METADATA.tables.items() if name not in but]
        return json.dumps([[str(value) for value in row] for table in tables for row in conn.execute(sa.select(table))],
                          ensure_ascii=False)  # fmt: skip


def test_no_name_or_phone_of_a_reporter_stands_anywhere_but_sealed(
    staff: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    """Assignee's view, notices, history, log lines, and every table of the database, also the one with the sealed."""
    caplog.set_level(logging.DEBUG)
    words = "我叫王小明,139 1234 5678,请给我回电"
    receipt = staff.take(words=words)
    staff.room.post.step()
    code = staff.room.code()
    view = staff.room.desk.act(code, "accept")
    staff.room.desk.act(code, "done", DONE)
    staff.room.post.step()
    progress = staff.reports.progress(receipt.code)
    shown = "|".join([
        repr(view), repr(progress), repr(receipt), caplog.text, repr(staff.room.channel.letters),
        repr(staff.office.listed()), repr(Reader(staff.book).history(receipt.ticket)), everything(staff.book, set()),
    ])  # fmt: skip
    for secret in ("王小明", "小明", "139 1234 5678", "13912345678", "12345678"):
        assert secret not in shown
    assert "我叫***,***,请给我回电" in shown
    with staff.book.store.read() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(NOTICES)).scalar_one() > 0
        assert SEAL.open(conn.execute(sa.select(REPORTERS.c.sealed)).scalar_one()) == WANG


def test_who_reported_is_shown_to_the_county_for_a_reason_that_is_written_down(staff: Staff) -> None:
    receipt = staff.take()
    for barred in ("v1", "t1"):
        with pytest.raises(Barred, match="只有县级可以查看反映人"):
            staff.office.reveal(receipt.report, staff.who(barred), "想知道")
    with pytest.raises(Refused, match="请写明原因"):
        staff.office.reveal(receipt.report, staff.who("c1"), "  ")
    assert fairness_book.lines(staff.book) == []
    assert staff.office.reveal(receipt.report, staff.who("c1"), "核对收款人") == WANG
    (line,) = fairness_book.lines(staff.book)
    assert (line.entry.deed, line.entry.author.name, line.entry.reason) == (Logged.REVEALED, "郝县官", "核对收款人")
    assert line.entry.ticket == receipt.ticket
    assert "王" not in repr(line)
    with pytest.raises(NoReport):
        staff.office.reveal(receipt.ticket, staff.who("c1"), "核对")


def test_a_server_with_another_key_shows_nobody(staff: Staff) -> None:
    receipt = staff.take()
    other = ReportOffice(staff.book, staff.room.world, Seal(b"b" * 43 + b"="))
    with pytest.raises(BadSeal):
        other.reveal(receipt.report, staff.who("c1"), "核对")


def test_who_reported_is_forgotten_on_request_here_and_wherever_the_same_phone_reported(staff: Staff) -> None:
    first, second = staff.take(), staff.take(beside(ALONE, 500))
    other = staff.take(beside(ALONE, 900), LI)
    with pytest.raises(Barred):
        staff.office.erase(first.report, staff.who("t1"), "本人要求")
    assert staff.office.erase(first.report, staff.who("c1"), "本人要求") == 2
    for gone in (first, second):
        assert staff.office.reveal(gone.report, staff.who("c1"), "核对") is None
    assert staff.office.reveal(other.report, staff.who("c1"), "核对") == LI
    assert [one.entry.deed for one in fairness_book.lines(staff.book)].count(Logged.ERASED) == 1
    with staff.book.store.read() as conn:
        rows = conn.execute(sa.select(REPORTERS.c.sealed, REPORTERS.c.mark, REPORTERS.c.staff)).all()
    assert sum(row == (None, None, None) for row in rows) == 2
    assert staff.reports.progress(first.code).state == "dispatched", "the report itself stays"


def test_the_holder_of_a_code_lets_their_own_name_be_forgotten(staff: Staff) -> None:
    receipt, other = staff.take(), staff.take(beside(ALONE, 500))
    staff.reports.forget(receipt.code)
    staff.reports.forget(receipt.code)
    assert staff.office.reveal(receipt.report, staff.who("c1"), "核对") is None
    assert staff.office.reveal(other.report, staff.who("c1"), "核对") == WANG
    with pytest.raises(UnknownCode):
        staff.reports.forget("aaaaaaaaaaaa")


def test_nobody_verifies_their_own_report(staff: Staff) -> None:
    cadre = staff.county.people["t1"]
    by_phone = staff.take(reporter=Reporter("随便写的名字", cadre.phone))
    by_id = staff.take(beside(ALONE, 500), Reporter("田乡官", "", "t1"), source=Source.PATROL)
    for receipt in (by_phone, by_id):
        with pytest.raises(Barred, match="不能核实自己的反映"):
            staff.office.verify(receipt.report, Verdict.TRUE, staff.who("t1"))
        held = staff.office.verify(receipt.report, Verdict.TRUE, staff.who("c1"))
        assert held is not None
        assert held.verdict is Verdict.TRUE


def test_a_new_phone_in_the_registry_lets_nobody_verify_what_they_reported_with_the_old_one(book: Book) -> None:
    staff = Staff(book)
    mine = staff.take(reporter=Reporter("随便写的名字", staff.county.people["t1"].phone))
    people = tuple(replace(one, phone="18800000000") if one.id == "t1" else one for one in PEOPLE)
    moved = Staff(book, people=people)
    moved.room.minutes = 10
    assert moved.who("t1").phone == "18800000000"
    with pytest.raises(Barred, match="不能核实自己的反映"):
        moved.office.verify(mine.report, Verdict.TRUE, moved.who("t1"))
    assert moved.office.verify(mine.report, Verdict.TRUE, moved.who("c1")) is not None


def test_a_helper_reports_and_confirms_and_calls_nothing_untrue(book: Book) -> None:
    helper = Person("h1", "小赵", "19900000077", kind=PersonKind.VOLUNTEER)
    staff = Staff(book, people=(*PEOPLE, helper))
    who = Who("h1", "小赵", "19900000077", Level.VILLAGE)
    own = staff.take(reporter=Reporter("小赵", helper.phone, "h1"))
    with pytest.raises(Barred, match="不能核实自己的反映"):
        staff.office.verify(own.report, Verdict.TRUE, who)
    other = staff.take(beside(ALONE, 500))
    with pytest.raises(Barred, match="不属实请由干部核实"):
        staff.office.verify(other.report, Verdict.FALSE, who, "没有看到")
    held = staff.office.verify(other.report, Verdict.TRUE, who)
    assert held is not None
    assert held.verdict is Verdict.TRUE
    for barred in (staff.rewards.approve, staff.rewards.pay):
        with pytest.raises(Barred):
            barred(other.ticket, who, "发放")


def test_who_found_it_gone_says_why_and_two_who_disagree_leave_it_open(staff: Staff) -> None:
    receipt = staff.take()
    with pytest.raises(Refused, match="请写明为什么不属实"):
        staff.office.verify(receipt.report, Verdict.FALSE, staff.who("t1"))
    staff.room.minutes += 1
    held = staff.office.verify(receipt.report, Verdict.FALSE, staff.who("t1"), "没有看到垃圾")
    assert held is not None
    assert held.verdict is Verdict.FALSE
    assert staff.reports.progress(receipt.code).verdict_words == "经核实,您反映的情况不属实。"
    staff.room.minutes += 1
    both = staff.office.verify(receipt.report, Verdict.TRUE, staff.who("c1"))
    assert both is not None
    assert both.verdict is Verdict.UNCLEAR
    staff.room.minutes += 1
    corrected = staff.office.verify(receipt.report, Verdict.TRUE, staff.who("t1"))
    assert corrected is not None
    assert corrected.verdict is Verdict.TRUE, "who corrects themselves is heard once"


def test_a_report_whose_ticket_was_dealt_with_and_closed_was_true(staff: Staff) -> None:
    receipt = staff.take()
    code = staff.room.desk.mint(receipt.ticket)
    staff.room.minutes += 1
    staff.room.desk.act(code, "accept")
    staff.room.desk.act(code, "done", DONE)
    assert staff.reports.progress(receipt.code).verdict_words == ""
    staff.room.minutes += 1
    staff.room.desk.act(staff.room.desk.mint(receipt.ticket), "verify_ok")
    told = staff.reports.progress(receipt.code)
    assert told.state_words == "已处理完毕,核查通过"
    assert told.verdict_words == "您反映的情况已核实属实,谢谢!"
    assert told.reward_words == "可以获得奖励10元,等待县级批准"


def test_what_the_reporter_did_with_the_ticket_proves_nothing_about_the_report(staff: Staff) -> None:
    receipt = staff.take(reporter=Reporter("马村官", staff.county.people["v1"].phone))
    code = staff.room.desk.mint(receipt.ticket)
    staff.room.desk.act(code, "accept")
    staff.room.desk.act(code, "done", DONE)
    staff.room.minutes += 1
    staff.room.desk.act(staff.room.desk.mint(receipt.ticket), "verify_ok")
    assert staff.reports.progress(receipt.code).verdict_words == ""
    assert staff.rewards.awards() == []


def test_one_problem_is_rewarded_once_and_only_after_it_was_verified(staff: Staff) -> None:
    first = staff.take()
    second = staff.take(beside(ALONE, 5), LI)
    assert (first.ticket, second.new) == (second.ticket, False)
    with pytest.raises(Refused, match="还没有核实"):
        staff.rewards.approve(first.ticket, staff.who("c1"))
    staff.office.verify(first.report, Verdict.TRUE, staff.who("t1"))
    staff.office.verify(second.report, Verdict.TRUE, staff.who("t1"))
    ((ticket, worth),) = staff.rewards.awards()
    assert (ticket, worth.amount, worth.report) == (first.ticket, Decimal(10), first.report)
    with pytest.raises(Barred, match="奖励由县级批准"):
        staff.rewards.approve(first.ticket, staff.who("t1"))
    entry = staff.rewards.approve(first.ticket, staff.who("c1"), "十一月第一批")
    assert (entry.amount, entry.deed, entry.month) == (Decimal(10), Deed.APPROVED, "2026-11")
    with pytest.raises(Refused, match="一个问题只奖励一次"):
        staff.rewards.approve(first.ticket, staff.who("c1"))
    assert staff.rewards.awards() == []
    assert staff.reports.progress(first.code).reward_words == "奖励已批准,等待发放"
    assert "奖励给最先反映的人" in staff.reports.progress(second.code).reward_words
    assert "感谢" in staff.reports.progress(second.code).reward_words


def test_a_relapse_is_a_new_problem_with_a_reward_of_its_own(staff: Staff) -> None:
    first = staff.verified()
    staff.rewards.approve(first.ticket, staff.who("c1"))
    code = staff.room.desk.mint(first.ticket)
    staff.room.desk.act(code, "accept")
    staff.room.desk.act(code, "done", DONE)
    staff.room.desk.act(staff.room.desk.mint(first.ticket), "verify_ok")
    again = staff.verified(beside(ALONE, 2), LI)
    assert again.new
    assert staff.rewards.approve(again.ticket, staff.who("c1")).amount == 10
    assert [one.deed for one in staff.rewards.ledger()] == [Deed.APPROVED, Deed.APPROVED]


def test_a_person_is_known_again_by_their_phone_and_capped_for_the_month(staff: Staff) -> None:
    """Cap 25, three reports of 10 by one phone under three names: 10, 10, 5, then nothing; the next month anew."""
    names = [Reporter(name, phone) for name, phone in (
        ("王小明", "13912345678"), ("王大明", "139-1234-5678"), ("王老明", "+86 13912345678"), ("王明", "13912345678")
    )]  # fmt: skip
    amounts = []
    for number, name in enumerate(names[:3]):
        receipt = staff.verified(beside(ALONE, 500 * number), name)
        amounts.append(staff.rewards.approve(receipt.ticket, staff.who("c1")).amount)
    assert amounts == [10, 10, 5]
    fourth = staff.verified(beside(ALONE, 5000), names[3])
    with pytest.raises(Refused, match="当月奖励以25"):
        staff.rewards.approve(fourth.ticket, staff.who("c1"))
    neighbour = staff.verified(beside(ALONE, 6000), LI)
    assert staff.rewards.approve(neighbour.ticket, staff.who("c1")).amount == 10
    staff.room.minutes += 15 * 24 * 60
    december = staff.verified(beside(ALONE, 7000), names[0])
    assert staff.rewards.approve(december.ticket, staff.who("c1")).month == "2026-12"


def test_a_reward_is_paid_once_or_taken_back_before(staff: Staff) -> None:
    one, other = staff.verified(), staff.verified(beside(ALONE, 500), LI)
    with pytest.raises(NoReport):
        staff.rewards.pay(one.ticket, staff.who("c1"), "转账 1")
    for receipt in (one, other):
        staff.rewards.approve(receipt.ticket, staff.who("c1"))
    with pytest.raises(Barred):
        staff.rewards.pay(one.ticket, staff.who("v1"), "转账 1")
    with pytest.raises(Refused, match="请写明发放凭证号"):
        staff.rewards.pay(one.ticket, staff.who("c1"), "")
    assert staff.rewards.pay(one.ticket, staff.who("c1"), "转账 202612010001").deed is Deed.PAID
    assert staff.reports.progress(one.code).reward_words == "奖励已发放"
    for late in (staff.rewards.pay, staff.rewards.withdraw):
        with pytest.raises(Refused, match="已发放,不能再改"):
            late(one.ticket, staff.who("c1"), "再来一次")
    staff.rewards.withdraw(other.ticket, staff.who("c1"), "重复登记")
    with pytest.raises(Refused, match="只奖励一次"):
        staff.rewards.approve(other.ticket, staff.who("c1"))
    assert [(e.deed, e.by, e.words) for e in staff.rewards.ledger("2026-11")][2:] == [
        (Deed.PAID, "郝县官", "转账 202612010001"), (Deed.WITHDRAWN, "郝县官", "重复登记")
    ]  # fmt: skip
    assert staff.rewards.ledger("2026-12") == []


def test_nobody_grants_a_reward_to_themselves(staff: Staff) -> None:
    receipt = staff.verified(reporter=Reporter("郝县官", staff.county.people["c1"].phone))
    with pytest.raises(Barred, match="不能批准给自己"):
        staff.rewards.approve(receipt.ticket, staff.who("c1"))


def test_the_same_heap_is_rewarded_once_though_its_ticket_was_forced_shut(staff: Staff) -> None:
    first = staff.verified(GATE)
    staff.rewards.approve(first.ticket, staff.who("c1"))
    office = Office(staff.book, staff.room.world)
    office.act(first.ticket, "force_close", staff.county.people["t1"], Data("先结了"))
    office.answer(office.waiting()[0].ask.id, True, staff.county.people["c1"], Data("行"))
    again = staff.verified(GATE, LI)
    assert again.new
    with pytest.raises(Refused, match="强制结案后还没有解决"):
        staff.rewards.approve(again.ticket, staff.who("c1"))


def test_who_lets_their_name_be_forgotten_stays_capped_for_the_month(staff: Staff) -> None:
    for number in range(3):
        one = staff.verified(beside(ALONE, 500 * number))
        staff.rewards.approve(one.ticket, staff.who("c1"))
        staff.reports.forget(one.code)
    fourth = staff.verified(beside(ALONE, 5000))
    with pytest.raises(Refused, match="当月奖励以25"):
        staff.rewards.approve(fourth.ticket, staff.who("c1"))


def test_a_reporter_does_not_judge_the_ticket_of_their_own_report(sqlite_book: Book) -> None:
    helper = Person("h1", "于协管", "19900000009", kind=PersonKind.VOLUNTEER)
    staff = Staff(
        sqlite_book, people=(*PEOPLE, helper), duties=(*DUTIES, Duty("h1", VILLAGE, Level.VILLAGE, "协管员", 2)),
        triage={"when": [{"sources": ["report"]}]},
        limits=[*limits(), {"stage": "triage", "level": "township", "value": 30, "unit": "minute"}],
    )  # fmt: skip
    world = replace(
        staff.room.world, reported=lambda conn, ticket, who: reported_by(conn, ticket, who, staff.county, SEAL)
    )
    office, desk = Office(staff.book, world), Desk(staff.book, world)
    by_phone, by_id = Reporter("张三", helper.phone), Reporter("于协管", "", "h1")
    for reporter, place in ((by_phone, GATE), (by_id, Where(region=VILLAGE, words="桥头"))):
        own = staff.take(place, reporter)
        with pytest.raises(Refused, match="您本人反映的问题"):
            office.act(own.ticket, "confirm_true", helper)
        with pytest.raises(Refused, match="您本人反映的问题"):
            desk.act(desk.mint(own.ticket, Who("h1", "于协管", helper.phone, Level.VILLAGE)), "confirm_true")
        staff.reports.forget(own.code)
        with pytest.raises(Refused, match="您本人反映的问题"):
            office.act(own.ticket, "confirm_true", helper)
        office.act(own.ticket, "confirm_true", staff.county.people["t1"], DONE)


def asked(book: Book, ticket: UUID) -> str:
    """Who must act on a ticket now."""
    found = Reader(book).ticket(ticket)
    assert found is not None
    return found.person.id


def test_who_reported_is_not_asked_to_judge_it_and_the_next_person_is(book: Book) -> None:
    staff = Staff(
        book, triage={"when": [{"sources": ["report"]}]},
        limits=[*limits(), {"stage": "triage", "level": "township", "value": 30, "unit": "minute"}],
    )  # fmt: skip
    own = Reporter("随便写的名字", staff.county.people["t1"].phone)
    staff.take(ALONE, own)
    staff.take(beside(ALONE, 900), LI)
    assert [one.person.id for one in staff.room.tickets()] == ["c1", "t1"]
    rows = [line.words for one in staff.room.tickets() for line in staff.room.reader.history(one.id)]
    assert not any("回避" in words or "反映人" in words for words in rows), "nobody is told why"


def test_who_reported_is_not_asked_to_verify_that_it_is_clean(book: Book) -> None:
    staff = Staff(book)
    world = replace(
        staff.room.world, reported=lambda conn, ticket, who: reported_by(conn, ticket, who, staff.county, SEAL)
    )
    desk, sweep = Desk(book, world), Sweep(book, world)
    for place, reporter, verifier in ((ALONE, staff.county.people["t1"].phone, "c1"), (beside(ALONE, 900), "", "t1")):
        ticket = staff.take(place, Reporter("某人", reporter)).ticket
        code = desk.mint(ticket, staff.who("v1"))
        desk.act(code, "accept")
        desk.act(code, "done", DONE)
        assert asked(book, ticket) == verifier
    late = staff.take(beside(ALONE, 1800), Reporter("某人", staff.county.people["c1"].phone)).ticket
    code = desk.mint(late, staff.who("v1"))
    desk.act(code, "accept")
    desk.act(code, "done", DONE)
    staff.room.minutes += 24 * 60
    sweep.step()
    assert asked(book, late) == "t1", "nor does it climb to who reported it"


def test_the_sweep_of_another_process_knows_by_the_key_in_the_folder_who_reported(book: Book, tmp_path: Path) -> None:
    staff = Staff(book)
    ticket = staff.take(ALONE, Reporter("某人", staff.county.people["t1"].phone)).ticket
    reported = reported_with(tmp_path, lambda: staff.county)

    def known() -> list[bool]:
        with book.store.read() as conn:
            return [reported(conn, ticket, person) for person in ("t1", "c1")]

    assert known() == [False, False]
    assert not (tmp_path / "reporters.key").exists(), "it makes no key"
    (tmp_path / "reporters.key").write_bytes(b"damaged")
    assert known() == [False, False]
    (tmp_path / "reporters.key").write_bytes(base64.urlsafe_b64encode(b"k" * 32))
    assert known() == [True, False]


def test_neither_phone_nor_office_offers_to_judge_ones_own_report_also_after_it_was_forgotten(book: Book) -> None:
    staff = Staff(
        book, triage={"when": [{"sources": ["report"]}]},
        limits=[*limits(), {"stage": "triage", "level": "township", "value": 30, "unit": "minute"}],
    )  # fmt: skip
    world = replace(
        staff.room.world, reported=lambda conn, ticket, who: reported_by(conn, ticket, who, staff.county, SEAL)
    )
    office, desk = Office(book, world), Desk(book, world)
    cadre, judging = staff.county.people["t1"], {"confirm_true", "confirm_false", "confirm_unclear"}
    own = staff.take(GATE, Reporter("张三", cadre.phone))
    code = desk.mint(own.ticket, staff.who("t1"))
    for _ in range(2):
        assert judging.isdisjoint(desk.open_code(code).acts)
        assert judging.isdisjoint(office.choices(desk.open_code(code).ticket, cadre).acts)
        staff.reports.forget(own.code)
    alike = staff.take(beside(ALONE, 900), LI)
    ticket = desk.open_code(desk.mint(alike.ticket, staff.who("t1")))
    assert judging <= set(ticket.acts), "who did not report it judges it"


@pytest.mark.parametrize("by_county", [False, True])
def test_who_is_forgotten_still_neither_verifies_nor_approves_and_only_a_mark_of_their_id_is_left(
    staff: Staff, by_county: bool
) -> None:
    cadre = staff.county.people["c1"]
    by_phone = staff.take(reporter=Reporter("随便写的名字", cadre.phone))
    by_id = staff.take(beside(ALONE, 500), Reporter("郝县官", "13511112222", "c1"))
    staff.rewards.approve(staff.verified(beside(ALONE, 1500), LI).ticket, staff.who("c1"))
    for one in (by_phone, by_id):
        staff.office.verify(one.report, Verdict.TRUE, staff.who("t1"))
        if by_county:
            staff.office.erase(one.report, staff.who("c1"), "本人要求")
        else:
            staff.reports.forget(one.code)
        with pytest.raises(Barred, match="不能核实自己的反映"):
            staff.office.verify(one.report, Verdict.TRUE, staff.who("c1"))
        with pytest.raises(Refused, match="不能奖励"):
            staff.rewards.approve(one.ticket, staff.who("c1"))
    with staff.book.store.read() as conn:
        kept = {(row.reporter, row.mark) for row in conn.execute(sa.select(BARRED))}
        rows = conn.execute(sa.select(REPORTERS).where(REPORTERS.c.erased_us.is_not(None))).all()
    assert [(row.sealed, row.mark, row.staff) for row in rows] == [(None, None, None)] * 2
    assert kept == {(row.id, SEAL.mark("person", "c1")) for row in rows}


def test_a_citizen_who_is_forgotten_leaves_no_mark(staff: Staff) -> None:
    staff.reports.forget(staff.take().code)
    with staff.book.store.read() as conn:
        assert conn.execute(sa.select(BARRED)).all() == []


def test_one_official_alone_does_not_verify_and_grant(staff: Staff) -> None:
    receipt = staff.take()
    staff.room.minutes += 1
    staff.office.verify(receipt.report, Verdict.TRUE, staff.who("c1"))
    with pytest.raises(Barred, match="只有您本人核实过"):
        staff.rewards.approve(receipt.ticket, staff.who("c1"))
    staff.office.verify(receipt.report, Verdict.TRUE, staff.who("t1"))
    assert staff.rewards.approve(receipt.ticket, staff.who("c1")).amount == 10


def test_what_a_camera_found_before_is_thanked_for_and_not_paid(staff: Staff) -> None:
    staff.room.feed(event(0))
    receipt = staff.verified(GATE)
    assert staff.reports.progress(receipt.code).reward_words == "没有奖励:此前已由摄像机发现"
    with pytest.raises(Refused, match="此前已由摄像机发现"):
        staff.rewards.approve(receipt.ticket, staff.who("c1"))


def test_a_nameless_report_is_taken_and_told_of_and_not_paid(staff: Staff) -> None:
    receipt = staff.verified(reporter=None)
    assert staff.reports.progress(receipt.code).reward_words == "没有奖励:没有留下联系方式"
    assert staff.office.reveal(receipt.report, staff.who("c1"), "核对") is None
    with pytest.raises(NoReport):
        staff.rewards.approve(receipt.report, staff.who("c1"))


@pytest.mark.parametrize("table", [VERDICTS, REWARDS], ids=lambda table: table.name)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_was_said_or_granted(
    staff: Staff, table: sa.Table, verb: str
) -> None:
    receipt = staff.verified()
    staff.rewards.approve(receipt.ticket, staff.who("c1"))
    change = table.update().values(words="x") if verb == "update" else table.delete()
    with pytest.raises(Exception, match="only added to"), staff.book.store.write() as conn:
        conn.execute(change)


def test_progress_speaks_plainly_and_names_nobody(staff: Staff) -> None:
    receipt = staff.take()
    told = staff.reports.progress(receipt.code)
    assert (told.what_name, told.place, told.state_words) == ("暴露垃圾", "柳林镇 石门村", "已派人处理,等待接单")
    assert (told.verdict_words, told.reward_words, told.new) == ("", "", True)
    for person_of_county in staff.county.people.values():
        assert person_of_county.name not in repr(told)
    for wrong in ("", "aaaaaaaaaaaa", "' OR 1=1 --", receipt.code[:-1]):
        with pytest.raises(UnknownCode):
            staff.reports.progress(wrong)


@pytest.fixture(autouse=True)
def _no_secret_in_any_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    for secret in ("王小明", "13912345678", "李四海", "13800001111"):
        assert secret not in caplog.text
