"""三级 telling by severity: who gets a copy at dispatch, overdue and close, each once, and who need not act."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.channels import Result
from alerts.ladder import overdue_step
from alerts.store.book import Book
from alerts.tickets.acts import Data
from alerts.values import Decision, Known, Notice, Purpose, Status
from county.policy.telling import Tell, levels_told
from county.snapshot import County
from county.values import Level
from tests.alerts.cases import accepted, after, checking, decide, opened, ticket_of, to_verify
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, doing, event, last_ticket, person
from tests.county.small import DUTIES, limits, small_county, small_policy

ALL = {"severity": "urgent", "levels": ["township", "county"]}
SOME = {"severity": "major", "levels": ["township"], "when": ["close"]}


def telling(*rows: dict[str, Any], **more: Any) -> County:
    return small_county(tell=rows or (ALL, SOME), **more)


def copies(decisions: list[Decision]) -> list[str]:
    return [one.person.id for decision in decisions for one in decision.notices if one.purpose is Purpose.COPY]


def notices(decisions: list[Decision]) -> list[Notice]:
    return [one for decision in decisions for one in decision.notices]


@pytest.mark.parametrize(
    ("severity", "moment", "told"),
    [
        ("urgent", "dispatch", (Level.TOWNSHIP, Level.COUNTY)),
        ("urgent", "close", (Level.TOWNSHIP, Level.COUNTY)),
        ("major", "dispatch", ()),
        ("major", "close", (Level.TOWNSHIP,)),
        ("minor", "close", ()),
    ],
)
def test_severity_and_moment_say_who_is_told(severity: Any, moment: Any, told: tuple[Level, ...]) -> None:
    rows = [Tell.model_validate(ALL), Tell.model_validate(SOME), Tell.model_validate(ALL)]
    assert levels_told(rows, severity, moment) == told


def test_something_urgent_is_told_to_three_levels_when_it_is_sent() -> None:
    decisions = decide(Known(), event(0, what="dumped"), telling(), at(0))
    assert [(one.person.id, one.purpose) for one in notices(decisions)] == [
        ("v1", Purpose.DISPATCH), ("t1", Purpose.COPY), ("c1", Purpose.COPY)
    ]  # fmt: skip
    assert "抄送:已派给马村官" in notices(decisions)[1].words
    assert copies(decide(Known(), event(0), telling(), at(0))) == [], "what is not urgent is not"


def test_each_copy_goes_by_the_channels_of_who_gets_it() -> None:
    county = telling(channels={"village": ["console"], "township": ["webhook", "file"], "county": ["file"]})
    decisions = decide(Known(), event(0, what="dumped"), county, at(0))
    assert [(one.person.id, one.route) for one in notices(decisions)] == [
        ("v1", "console"), ("t1", "webhook"), ("t1", "file"), ("c1", "file")
    ]  # fmt: skip


def test_what_is_overdue_is_told_and_whoever_must_act_gets_no_copy_beside() -> None:
    county = telling()
    known = opened(county, event(0, what="dumped"))
    climbed = overdue_step(ticket_of(known), county, at(30))
    assert [(one.person.id, one.purpose) for one in notices(climbed)] == [
        ("t1", Purpose.CLIMB), ("c1", Purpose.COPY)
    ]  # fmt: skip
    working = after(county, ticket_of(known), ("accept", "v1", 5))
    late = overdue_step(working, county, at(35))
    assert [(one.person.id, one.purpose) for one in notices(late)] == [
        ("t1", Purpose.OVERDUE), ("c1", Purpose.COPY)
    ]  # fmt: skip


def test_a_check_that_waits_for_another_person_is_no_overdue_to_tell_of() -> None:
    county = telling({"severity": "major", "levels": ["county"]})
    ticket = to_verify(county)
    assert ticket.due_at is not None
    assert copies(overdue_step(ticket, county, ticket.due_at)) == []


def test_the_end_is_told_in_a_round_of_its_own() -> None:
    county = telling({"severity": "major", "levels": ["township", "county"]})
    ticket = checking(county)
    end = decide(Known(ticket=ticket), event(22, "clean", command=ticket.command), county, at(22))
    assert copies(end) == ["t1", "c1"]
    assert last_ticket(end).round == ticket.round + 1
    assert "抄送:工单已结案" in notices(end)[0].words
    gone = decide(opened(county), event(5, "clean"), county, at(5))
    assert (last_ticket(gone).status, copies(gone)) == (Status.CLOSED_UNAIDED, ["t1", "c1"])


def test_nobody_on_a_level_is_no_copy() -> None:
    county = telling(duties=tuple(duty for duty in DUTIES if duty.level is not Level.COUNTY))
    assert copies(decide(Known(), event(0, what="dumped"), county, at(0))) == ["t1"]


def test_a_copy_is_sent_even_after_acceptance_and_after_the_end_and_once(book: Book) -> None:
    room = Room(book, telling(limits=limits(3, "day")), Result.DELIVERED)
    room.feed(event(0, what="dumped"))
    code = room.desk.mint(room.tickets()[0].id)
    room.desk.act(code, "accept")
    room.post.drop_unwanted()
    room.post.step()
    assert {(one.person, one.purpose) for one in room.channel.letters} == {("田乡官", "copy"), ("郝县官", "copy")}
    assert "查看:https://desk.example/t/" in room.channel.letters[0].text
    room.minutes = 20
    command = room.desk.act(code, "done", Data("", (PHOTO,))).ticket.command
    room.minutes = 22
    room.feed(event(22, "clean", what="dumped", command=command))
    assert room.tickets()[0].status is Status.CLOSED
    for _ in range(2):
        room.post.drop_unwanted()
        room.post.step()
    assert sorted(one.person for one in room.channel.letters) == ["田乡官"] * 2 + ["郝县官"] * 2
    assert len({one.id for one in room.channel.letters}) == 4


def test_what_is_sent_again_after_a_judgement_is_told_again(county: County) -> None:
    county = telling({"severity": "major", "levels": ["county"], "when": ["dispatch"]})
    doubted = after(county, accepted(county), ("not_true", "v1", 9))
    from alerts.tickets.acts import do

    again = do(doubted, "confirm_true", doing(person(county, "t1"), 12, "有"), county)
    assert copies(again) == ["c1"]


@pytest.mark.parametrize("row", [{"severity": "grave", "levels": ["county"]}, {"severity": "major", "levels": []},
                                 {"severity": "major", "levels": ["moon"]}, {"severity": "major", "levels": ["county"],
                                                                             "when": ["birth"]}])  # fmt: skip
def test_a_row_that_says_nothing_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="tell"):
        small_policy(tell=[row])
