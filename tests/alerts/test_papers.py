"""Issuing a rectification notice on a ticket: who may, to whom, until when; numbers without gaps; kept as signed."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from alerts.alarms import rules
from alerts.papers import shelf as shelf_module
from alerts.papers.issuing import Wish, code_of, deadline, stands, terms, written
from alerts.papers.rectification import NotIssued, Standing
from alerts.papers.sheet import digest
from alerts.papers.shelf import Issued, Shelf
from alerts.papers.tables import PAPERS
from alerts.store.book import Book
from alerts.store.queries import Reader, Shot
from alerts.tickets import acts
from alerts.values import Status, Ticket
from county.snapshot import County
from county.staff import Leave, Unit, UnitKind
from county.values import Duty, Level, PersonKind
from tests.alerts.cases import accepted, after, checking, opened, ticket_of, to_verify
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.county.small import DUTIES, PEOPLE, TOWNSHIP, led_county, small_county

SHA = "c" * 64
BY_T1 = Wish("t1", at(6))


def filed(book: Book, county: County) -> UUID:
    """A ticket in the book that v1 has accepted at minute 5; its handling is due half an hour after."""
    seen = event(0, picture=SHA)
    found = county.spot(seen.device, seen.spot)
    assert found is not None
    with book.writing() as pen:
        pen.apply(rules.decide(pen.known(found, seen.what), seen, county, at(0)), "test", at(0))
        ticket = pen.open_at(found.ground)
        assert ticket is not None
        pen.apply(acts.do(ticket, "accept", doing(person(county, "v1"), 5), county), "act accept v1", at(5))
    return ticket.id


def papers_in(book: Book) -> list[str]:
    with book.store.read() as conn:
        return list(conn.execute(sa.select(PAPERS.c.number).order_by(PAPERS.c.issued_us, PAPERS.c.number)).scalars())


def test_a_notice_names_person_unit_place_problem_and_the_tickets_own_deadline(book: Book, county: County) -> None:
    ticket = filed(book, county)
    paper = Shelf(book).issue(ticket, county, BY_T1)
    text = "".join(one.head + one.text for one in paper.sheet.body)
    assert (paper.number, paper.person, paper.issuer) == ("青环整〔2026〕1号", "马村官", "田乡官")
    assert paper.due_at == at(35)
    assert paper.sheet.issuer == "柳林镇政府"
    assert paper.sheet.addressee == "石门村村委会 马村官："
    assert "二、整改期限：2026年11月21日10时35分前。" in text
    assert "发现柳林镇石门村村口垃圾点存在以下问题：暴露垃圾（等级：重要，工单号：GD-1121-0001）" in text
    assert paper.picture == SHA
    assert paper.sheet.photo is not None
    assert paper.sheet.photo.lines == ("地点：柳林镇石门村村口垃圾点", "拍摄设备：村口摄像机")
    assert paper.sha256 == digest(paper.sheet)
    assert Shelf(book).of(ticket) == [paper]


def test_issuing_is_a_note_in_the_history_and_extends_nothing(book: Book, county: County) -> None:
    ticket, reader = filed(book, county), Reader(book)
    before = reader.ticket(ticket)
    paper = Shelf(book).issue(ticket, county, replace(BY_T1, due_at=at(60 * 24 * 7)))
    now = reader.ticket(ticket)
    assert before is not None
    assert now == replace(before, version=before.version + 1)
    line = reader.history(ticket)[-1]
    assert (line.by, line.caused_by) == ("田乡官", f"paper {paper.number}")
    assert line.words == "田乡官签发《整改通知书》青环整〔2026〕1号,责任人马村官,期限2026年11月28日10时00分"


def test_the_same_ticket_person_and_deadline_give_the_same_paper_and_another_deadline_the_next_number(
    book: Book, county: County
) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    before = len(Reader(book).history(ticket))
    first = shelf.issue(ticket, county, BY_T1)
    again = shelf.issue(ticket, county, Wish("c1", at(500)))  # also by another, and after the deadline
    assert again == first
    assert len(Reader(book).history(ticket)) == before + 1
    second = shelf.issue(ticket, county, replace(BY_T1, due_at=at(600)))
    assert (second.number, second.due_at) == ("青环整〔2026〕2号", at(600))
    assert shelf.of(ticket) == [second, first]


def test_what_is_refused_uses_up_no_number(book: Book, county: County) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    for wrong in (Wish("v2", at(6)), Wish("nobody", at(6)), replace(BY_T1, due_at=at(6)), Wish("t1", at(36))):
        with pytest.raises(NotIssued):
            shelf.issue(ticket, county, wrong)
    with pytest.raises(NotIssued, match="工单不存在"):
        shelf.issue(uuid4(), county, BY_T1)
    assert papers_in(book) == []
    assert shelf.issue(ticket, county, BY_T1).number == "青环整〔2026〕1号"


def test_a_kill_before_the_commit_leaves_neither_paper_nor_number_nor_note(
    book: Book, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    before = Reader(book).history(ticket)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf_module, "hold_of", killed)  # the last thing that is written
        with pytest.raises(KeyboardInterrupt):
            shelf.issue(ticket, county, BY_T1)
    assert papers_in(book) == []
    assert Reader(book).history(ticket) == before
    assert shelf.issue(ticket, county, BY_T1).number == "青环整〔2026〕1号"


def test_ten_at_once_get_ten_numbers_without_a_gap_and_one_deadline_one_paper(book: Book, county: County) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    made: list[Issued] = []

    def issue(number: int) -> None:
        made.append(shelf.issue(ticket, county, replace(BY_T1, due_at=at(100 + number // 2))))

    threads = [threading.Thread(target=issue, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 20
    assert len({paper.id for paper in made}) == 10
    assert sorted(papers_in(book), key=lambda words: int(re.findall(r"〕(\d+)号", words)[0])) == [
        f"青环整〔2026〕{number}号" for number in range(1, 11)
    ]


def test_numbers_begin_anew_with_the_countys_year(book: Book, county: County) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    for seconds, number in ((0, "青环整〔2026〕1号"), (1, "青环整〔2027〕1号"), (2, "青环整〔2027〕2号")):
        now = last + timedelta(seconds=seconds)
        paper = shelf.issue(ticket, county, Wish("t1", now, now + timedelta(days=1)))
        assert paper.number == number


def test_the_photo_of_a_paper_is_held_beyond_the_ticket(book: Book, county: County) -> None:
    ticket = filed(book, county)
    paper = Shelf(book).issue(ticket, county, BY_T1)
    holds = [wish for _, wish in book.relay_holds() if wish.ticket == paper.id]
    assert [getattr(hold, "sha256", "") for hold in holds] == [SHA]


def test_a_paper_reads_as_it_was_signed_whatever_the_county_says_later(book: Book, county: County) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    paper = shelf.issue(ticket, county, BY_T1)
    other = small_county(paper={"code": "新环整", "issuer": "新单位", "demands": ["另外的要求"]})
    assert shelf.issue(ticket, other, BY_T1) == paper
    assert shelf.of(ticket)[0].sheet == paper.sheet
    second = shelf.issue(ticket, other, replace(BY_T1, due_at=at(90)))
    assert (second.number, second.sheet.issuer) == ("新环整〔2026〕2号", "新单位")
    assert second.sheet.body[3].text == "另外的要求。"


def test_a_ticket_is_found_by_its_number(book: Book, county: County) -> None:
    ticket, shelf = filed(book, county), Shelf(book)
    assert shelf.ticket_numbered("GD-1121-0001") == ticket
    assert shelf.ticket_numbered("GD-1121-0002") is None


@pytest.mark.parametrize(
    ("by", "why"),
    [("v1", "不是这个地点"), ("v1b", "不是这个地点"), ("v2", "不是这个地点"), ("x", "没有编号“x”"), ("", "没有编号")],
)
def test_only_who_answers_above_the_village_may_issue(county: County, by: str, why: str) -> None:
    with pytest.raises(NotIssued, match=why):
        terms(accepted(county), county, Wish(by, at(6)))
    for good in ("t1", "c1"):
        assert terms(accepted(county), county, Wish(good, at(6))).issuer.id == good


def test_a_duty_that_has_ended_or_lies_elsewhere_gives_no_right(county: County) -> None:
    ended = replace(DUTIES[3], valid_to=at(0).date())
    elsewhere = Duty("t1", "640999102", Level.TOWNSHIP, "包村干部")
    for duty in (ended, elsewhere):
        other = small_county(duties=(*DUTIES[:3], duty, DUTIES[4]))
        with pytest.raises(NotIssued, match="田乡官不是这个地点"):
            terms(accepted(county), other, BY_T1)
    spot = small_county(duties=(*DUTIES, Duty("v2", accepted(county).scene.spot, Level.TOWNSHIP, "督查员")))
    assert terms(accepted(county), spot, Wish("v2", at(6))).issuer.name == "何村官"


def test_who_is_away_helps_belongs_to_an_ended_unit_or_answers_for_other_categories_issues_nothing() -> None:
    before = date(2026, 1, 1)
    helper = tuple(replace(one, kind=PersonKind.VOLUNTEER) if one.id == "t1" else one for one in PEOPLE)
    in_unit = tuple(replace(one, unit="u1") if one.id == "t1" else one for one in PEOPLE)
    straw = replace(DUTIES[3], categories=("overflow",))
    for county in (
        small_county(leaves=(Leave("t1", before),)), small_county(people=helper),
        small_county(people=in_unit, units=(Unit("u1", "柳林镇旧所", UnitKind.GOVERNMENT, valid_to=before),)),
        small_county(duties=(*DUTIES[:3], straw, DUTIES[4])),
    ):  # fmt: skip
        with pytest.raises(NotIssued, match="不是这个地点"):
            terms(accepted(county), county, BY_T1)
        assert terms(accepted(county), county, Wish("c1", at(6))).issuer.id == "c1"


def test_a_leader_may_issue_too() -> None:
    led = led_county()
    assert terms(accepted(led), led, Wish("l1", at(6))).issuer.name == "李县长"


def test_who_issues_a_ticket_that_is_his_own_names_who_answers_below_him(county: County) -> None:
    climbed = replace(ticket_of(opened(county)), person=person(county, "t1"), level=Level.TOWNSHIP)
    agreed = terms(climbed, county, BY_T1)
    assert (agreed.issuer.id, agreed.person.id) == ("t1", "v1")
    assert terms(climbed, county, Wish("c1", at(6))).person.id == "t1"
    nobody = small_county(duties=[duty for duty in DUTIES if duty.level is not Level.VILLAGE])
    with pytest.raises(NotIssued, match="没有明确的整改责任人"):
        terms(climbed, nobody, BY_T1)


def test_the_duty_desk_is_no_named_person(county: County) -> None:
    lone = small_county(duties=(Duty("t1", TOWNSHIP, Level.TOWNSHIP, "包村干部"),))
    ticket = replace(accepted(county), person=replace(person(county, "v1"), id="duty-desk", name="县级值班室"))
    with pytest.raises(NotIssued, match="没有明确的整改责任人"):
        terms(ticket, lone, BY_T1)


def test_without_a_deadline_it_is_refused_and_an_endless_one_too(county: County) -> None:
    ticket = replace(accepted(county), due_at=None, due_clock=None)
    with pytest.raises(NotIssued, match="没有整改期限"):
        terms(ticket, county, BY_T1)
    assert terms(ticket, county, replace(BY_T1, due_at=at(99))).due_at == at(99)
    for wrong in (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 12, 1)):  # noqa: DTZ001 - refused
        with pytest.raises(NotIssued, match=r"整改期限最长一年|没有写明时区"):
            terms(ticket, county, replace(BY_T1, due_at=wrong))


def test_before_anybody_accepts_the_deadline_is_that_of_accepting_last_and_handling_then(county: County) -> None:
    ticket = ticket_of(opened(county))
    assert ticket.due_at == at(30)
    assert deadline(ticket, county) == at(60)
    assert deadline(accepted(county), county) == at(35)


def test_only_a_ticket_that_somebody_must_put_right_gets_a_notice(county: County) -> None:
    denied = after(county, ticket_of(opened(county)), ("not_true", "v1", 3))
    closed = replace(accepted(county), status=Status.CLOSED)
    for ticket, words in ((checking(county), "待核查"), (denied, "待核实"), (closed, "已结案")):
        with pytest.raises(NotIssued, match=f"工单{words}"):
            terms(ticket, county, BY_T1)
    arrived = after(county, accepted(county), ("arrive", "v1", 6))
    assert terms(arrived, county, BY_T1).person.id == "v1"


def test_how_a_notice_stands_follows_its_ticket(county: County) -> None:
    due = at(35)
    ticket = accepted(county)
    assert stands(due, ticket, due) is Standing.RUNNING
    assert stands(due, ticket, due + timedelta(seconds=1)) is Standing.LATE
    verified = acts.do(to_verify(county), "verify_ok", doing(person(county, "t1"), 200, photos=(PHOTO,)), county)
    assert stands(due, last_ticket(verified), at(999)) is Standing.DONE, "reported at minute 20, closed later"
    assert stands(at(19), last_ticket(verified), at(999)) is Standing.DONE_LATE
    for status in (Status.NOT_FILED, Status.FORCED, Status.DROPPED):
        assert stands(due, replace(ticket, status=status), at(999)) is Standing.DROPPED
    gone = replace(ticket, status=Status.CLOSED_UNAIDED, closed_at=at(9))
    assert stands(due, gone, at(999)) is Standing.DONE


def test_a_drawn_scene_says_so_and_a_ticket_of_several_kinds_names_them_all(county: County) -> None:
    ticket: Ticket = replace(accepted(county), rendered=True, kinds=("garbage", "overflow", "x"), number="GD-1")
    shot = Shot(ticket.id, SHA, at(0), "cam-9", "garbage", ())
    paper = written(ticket, county, terms(ticket, county, BY_T1), ("一号", at(6)), shot)
    assert paper.picture is not None
    assert paper.picture.remark == "（渲染画面，仅供演示）"
    assert paper.picture.device == "cam-9"
    assert paper.found.problem == "暴露垃圾、垃圾桶满溢、x"
    taken = written(ticket, county, terms(ticket, county, BY_T1), ("一号", at(6)), replace(shot, device="@report"))
    assert taken.picture is not None
    assert taken.picture.device == "", "who reported it stays hidden"
    bins = replace(ticket, kinds=("bin_full",))
    simulated = written(bins, county, terms(bins, county, BY_T1), ("一号", at(6)), shot).picture
    assert simulated is not None
    assert simulated.remark == "（模拟读数，仅供演示）"


def test_the_number_begins_with_the_countys_own_code() -> None:
    assert code_of(small_county()) == "青环整"
    assert code_of(small_county(paper={"code": "柳政整"})) == "柳政整"
    wrongs: list[dict[str, object]] = [
        {"code": "青〔1〕"}, {"issuer": "a\x00b"}, {"demands": []}, {"demands": ["a\nb"]}, {"kode": "x"},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(ValueError, match="paper"):
            small_county(paper=wrong)
