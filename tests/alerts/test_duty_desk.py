"""Where nobody but the handler is registered, the county's duty desk checks the work, and the words say why."""

from __future__ import annotations

import pytest

from alerts.store.book import Book
from alerts.tickets.acts import Refused, do
from alerts.tickets.checking import ask_person
from alerts.tickets.moves import desk
from alerts.values import Check, Purpose, Status
from county.values import Level
from tests.alerts.cases import checking
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.alerts.said import ALONE, report, reports_of
from tests.county.small import DUTIES, small_county

ALONE_THERE = small_county(duties=DUTIES[:1])  # v1's: nobody else answers for the village, on any rung


def test_where_only_the_handler_is_registered_the_duty_desk_checks_and_the_words_say_why() -> None:
    made = ask_person(checking(ALONE_THERE), ALONE_THERE, at(25), "没有镜头能看到这里")
    words = "没有镜头能看到这里,这里除处理人外没有别的责任人,由县级值班室核查"
    assert (made.reason, made.history and made.history.why) == (words, words)
    ticket = last_ticket([made])
    assert (ticket.person, ticket.level, ticket.check) == (desk(ALONE_THERE), Level.COUNTY, Check.PERSON)
    (letter,) = made.notices
    assert (letter.person.name, letter.purpose) == ("县级值班室", Purpose.VERIFY)
    assert "请于11月21日 10:55前到现场核查" in letter.words
    with pytest.raises(Refused):
        do(ticket, "verify_ok", doing(person(ALONE_THERE, "v1"), 26, "干净", (PHOTO,)), ALONE_THERE)


def test_where_somebody_else_is_registered_there_is_no_word_of_it() -> None:
    county = small_county()
    assert (
        ask_person(checking(county), county, at(25), "没有镜头能看到这里").reason == "没有镜头能看到这里,由田乡官核查"
    )


def test_the_history_of_what_no_camera_sees_names_the_gap_and_the_auditor_finds_it(book: Book) -> None:
    room = Room(book, ALONE_THERE)
    reports_of(book, ALONE_THERE).take(report(ALONE), "key-1")
    room.post.step()
    code = room.code()
    room.desk.act(code, "accept", doing(person(ALONE_THERE, "v1"), 1).data, "k1")
    room.desk.act(code, "done", doing(person(ALONE_THERE, "v1"), 2, photos=(PHOTO,)).data, "k2")
    (ticket,) = room.tickets()
    assert (ticket.status, ticket.person.name) == (Status.TO_CHECK, "县级值班室")
    assert room.reader.history(ticket.id)[-1].words.endswith("这里除处理人外没有别的责任人,由县级值班室核查")
    assert [one.words for one in room.reader.findings(room.world.now())] == [
        "没有登记责任人,由县级值班室代管:请在 duties.csv 里补上"
    ]
    room.feed(event(3, "clean"))
    assert room.tickets()[0].is_open, "and no camera elsewhere ends it"
