"""A red and black list step by step: who may, when, and why not; the window for objections; what is public of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alerts.lists import list_acts as acts
from alerts.lists.list_board import Shot, on_board
from alerts.lists.list_rights import By
from alerts.lists.reckoning import Draft
from alerts.lists.village_list import State, VillageList
from alerts.tickets.doing import Refused
from alerts.tickets.entitled import NotEntitled
from alerts.values import Source, Status
from county.calendar import Calendar, Day
from county.policy.lists import Lists
from tests.alerts.cases import checking
from tests.alerts.list_cases import MONDAY, MONTH, THIRD, by, drafted, handed_in, listing_county
from tests.county.small import CAMERA, COUNTY, DEVICES, OTHER_VILLAGE, TOWNSHIP, VILLAGE, small_county

OVER = MONDAY + timedelta(days=4)
CLOSED = replace(checking(small_county()), status=Status.CLOSED)
SHOT = Shot("a" * 64, True, [CLOSED])


def published(at: datetime = OVER) -> VillageList:
    return acts.published(acts.approved(handed_in(), by("c1", OVER)), by("t1", at))


def test_a_list_goes_from_the_draft_over_objection_and_approval_to_the_board() -> None:
    one = drafted()
    assert [(line.name, line.colour.words, line.place, line.points) for line in one.standing] == [
        ("石门村", "红榜", 1, 100.0), ("上河村", "黑榜", 1, 40.0),
    ]  # fmt: skip
    assert one.left_out == (("下河村", "本月可评的工单只有2件，不足5件，不评"),)
    done = published()
    assert (done.state, done.published_at, done.revision) == (State.PUBLISHED, OVER, 4)
    assert [(step.name, step.act.words) for step in done.history] == [
        ("田乡官", "拟榜"), ("田乡官", "提交"), ("郝县官", "批准"), ("田乡官", "发布"),
    ]  # fmt: skip


def test_the_window_is_whole_working_days_of_the_countys_calendar_from_tomorrow_on() -> None:
    tuesday, saturday = date(2026, 12, 8), date(2026, 12, 12)
    feast = Calendar({tuesday: Day(tuesday, works=False), saturday: Day(saturday, works=True)})
    ends = [acts.window_end(MONDAY, 3, Calendar()), acts.window_end(MONDAY, 5, feast), handed_in().until]
    assert [f"{end:%m-%d %H:%M %z}" for end in ends if end] == [
        "12-10 16:00 +0000", "12-14 16:00 +0000", "12-10 16:00 +0000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: acts.proposed(by("t1", county=small_county()), TOWNSHIP, MONTH, Draft((), ())), "没有启用红黑榜"),
        (lambda: acts.proposed(by("t1"), VILLAGE, MONTH, Draft((), ())), "按县或乡镇"),
        (lambda: acts.proposed(by("t1"), "640999109", MONTH, Draft((), ())), "按县或乡镇"),
        (lambda: acts.proposed(by("t1"), COUNTY, MONTH, Draft((), ())), "只有负责整个这一片"),
        (lambda: acts.proposed(by("v1"), TOWNSHIP, MONTH, Draft((), ())), "只有负责整个这一片"),
        (lambda: acts.proposed(by("t1"), TOWNSHIP, "2026-12", Draft((), ())), "还没有过完"),
        (lambda: acts.removed(drafted(), by("v2"), OTHER_VILLAGE, "不服"), "只有负责整个这一片"),
        (lambda: acts.removed(drafted(), by("t1"), OTHER_VILLAGE, " \u200b"), "请写明原因"),
        (lambda: acts.removed(drafted(), by("t1"), THIRD, "错"), "榜上没有这个村"),
        (lambda: acts.removed(handed_in(), by("t1"), VILLAGE, "错"), "异议期待批"),
        (lambda: acts.corrected(drafted(), by("t1"), VILLAGE, 80, "错"), "不在红榜的范围里"),
        (lambda: acts.corrected(drafted(), by("t1"), OTHER_VILLAGE, 71, "错"), "不在黑榜的范围里"),
        (lambda: acts.approved(drafted(), by("c1", OVER)), "草拟"),
        (lambda: acts.approved(handed_in(), by("t1", OVER)), "自己拟的或改过的榜不能自己批"),
        (lambda: acts.approved(handed_in(), by("t2", OVER)), "级人员批准"),
        (lambda: acts.approved(handed_in(), by("c1", OVER - timedelta(days=1))), "异议期还没有过"),
        (lambda: acts.refused(handed_in(), by("c1"), ""), "请写明原因"),
        (lambda: acts.published(handed_in(), by("t1", OVER)), "异议期待批"),
        (lambda: acts.objected(handed_in(), by("v2", OVER), OTHER_VILLAGE, "不服"), "异议期已经过了"),
        (lambda: acts.objected(handed_in(), by("v1"), OTHER_VILLAGE, "不服"), "只有这个村和它的上级"),
        (lambda: acts.withdrawn(published(), by("v1"), "错"), "只有负责整个这一片"),
        (lambda: acts.withdrawn(acts.withdrawn(published(), by("t2"), "错"), by("t1"), "错"), "已撤回"),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_in_plain_words(act: Callable[[], Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        act()


def test_whoever_edited_a_list_cannot_approve_it_whatever_their_level() -> None:
    edited = acts.submitted(acts.corrected(drafted(), by("c1"), VILLAGE, 95, "一件记错了村"), by("t1"))
    assert (edited.standing[0].points, edited.standing[0].note) == (95.0, "原100分，一件记错了村")
    with pytest.raises(NotEntitled, match="不能自己批"):
        acts.approved(edited, by("c1", OVER))


def test_an_objection_holds_the_approval_up_until_somebody_else_answers_it() -> None:
    one = acts.objected(handed_in(), by("v2"), OTHER_VILLAGE, "三件是邻村的")
    with pytest.raises(Refused, match="还有异议没有答复"):
        acts.approved(one, by("c1", OVER))
    own = acts.objected(handed_in(), by("t2"), OTHER_VILLAGE, "算错了")
    with pytest.raises(NotEntitled, match="自己提的异议"):
        acts.answered(own, by("t2"), 1, True, "对")
    kept = acts.answered(one, by("t2", OVER), 1, False, "已逐件核对")
    assert acts.approved(kept, by("c1", OVER)).state is State.APPROVED
    gone = acts.answered(one, by("t2", OVER), 1, True, "确属邻村")
    assert [line.name for line in gone.standing] == ["石门村"]
    assert gone.lines[1].removed == "异议成立：确属邻村"
    with pytest.raises(Refused, match="没有这条待答复的异议"):
        acts.answered(gone, by("t2", OVER), 1, False, "再答")


def test_a_list_that_was_sent_back_is_edited_and_has_its_whole_window_again() -> None:
    back = acts.refused(handed_in(), by("c1"), "黑榜再核一遍")
    assert (back.state, back.until) == (State.DRAFT, None)
    again = acts.submitted(acts.removed(back, by("t1"), OTHER_VILLAGE, "核实为邻村"), by("t1", OVER))
    assert again.until is not None
    assert again.until > OVER + timedelta(days=4), "a weekend lies between"
    with pytest.raises(Refused, match="一个村也没有"):
        acts.submitted(acts.removed(acts.refused(again, by("c1"), "空"), by("t1"), VILLAGE, "空"), by("t1"))


@pytest.mark.parametrize(
    ("shot", "words"),
    [
        (replace(SHOT, blurred=False), "没有人脸和车牌打码的记录"),
        (replace(SHOT, tickets=[]), "已结案"), (replace(SHOT, tickets=[checking(small_county())]), "已结案"),
        (replace(SHOT, tickets=[replace(CLOSED, scene=replace(CLOSED.scene, region=OTHER_VILLAGE))]), "这个村"),
        (replace(SHOT, tickets=[replace(CLOSED, scene=replace(CLOSED.scene, zone="yard"))]), "农户庭院"),
        (replace(SHOT, tickets=[replace(CLOSED, source=Source.REPORT)]), "公共地方摄像机"),
    ],
)  # fmt: skip
def test_a_picture_that_not_everybody_may_see_never_stands_on_a_list(shot: Shot, words: str) -> None:
    with pytest.raises(Refused, match=words):
        acts.pictured(drafted(), by("t1"), VILLAGE, shot, "配图")


def test_a_blurred_picture_of_a_closed_ticket_is_put_to_a_line_and_taken_away_again() -> None:
    one = acts.pictured(drafted(), by("t1"), VILLAGE, SHOT, "配图")
    assert (one.standing[0].picture, one.standing[0].ticket) == ("a" * 64, CLOSED.number)
    assert acts.pictured(one, by("t1"), VILLAGE, None, "不合适").standing[0].picture is None
    kept = replace(listing_county().content, devices=tuple(replace(each, viewers=("county",)) for each in DEVICES))
    with pytest.raises(Refused, match="只给部分人看"):
        acts.pictured(drafted(), By(by("t1").person, type(listing_county())(kept, 2), MONDAY), VILLAGE, SHOT, "配图")
    assert CLOSED.scene.place == CAMERA


def test_only_the_newest_published_list_is_public_within_its_days_and_black_only_by_the_policy() -> None:
    rule, one = Lists(on=True), published()
    before = [drafted(), handed_in(), acts.approved(handed_in(), by("c1", OVER))]
    assert on_board(before, rule, OVER) == []
    assert [line.name for line in on_board([one], rule, OVER)[0].lines] == ["石门村"]
    assert len(on_board([one], Lists(on=True, black_public=True), OVER)[0].lines) == 2
    assert on_board([one], Lists(), OVER) == [], "the county has switched them off"
    assert on_board([one], rule, OVER + timedelta(days=31)) == []
    older = replace(one, month="2026-10", number=7)
    assert [each.month for each in on_board([one, older], rule, OVER)] == [MONTH]
    assert on_board([acts.withdrawn(one, by("t1", OVER), "有错"), older], rule, OVER) == []


def test_each_is_told_what_may_be_done_now() -> None:
    one = handed_in()
    told = {who: acts.may(one, by(who)) for who in ("t1", "c1", "v2")}
    assert told == {"t1": ["object", "withdraw"], "c1": ["object", "refuse", "withdraw"], "v2": ["object"]}
    assert acts.may(drafted(), by("t1")) == ["edit", "submit", "withdraw"]
    assert acts.may(acts.objected(one, by("v2"), OTHER_VILLAGE, "不服"), by("t1", OVER)) == ["answer", "withdraw"]
