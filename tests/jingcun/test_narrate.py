"""What the demo tells: news in plain words, silence about readings that change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from alerts.values import Decision, Word
from broker.identity import new_id
from broker.messages import Event, Kind, Message, Phase, Reading, State
from broker.parse import dump
from ingest.inbox import Row
from jingcun.narrate import lines

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def row(message: Message) -> Row:
    return Row(message.message_id, "640999", "640999101200", "qx-box-01", message.kind, AT, AT, dump(message), 1)


def event(state: State) -> Event:
    return Event(
        message_id=new_id(), device="qx-box-01", at=AT, event_id=uuid4(), revision=0, phase=Phase.NEW,
        spot="qx-cam-03.spot-1", what=Kind.GARBAGE, state=state, reason="画面太暗",
    )  # fmt: skip


def test_an_event_without_consequence_says_so() -> None:
    told = lines(row(event(State.UNKNOWN)), [Decision(Word.IGNORED, "没有告警")], AT + timedelta(seconds=1.5))
    assert told == [
        "08:00:01  qx-box-01 说  qx-cam-03.spot-1 未知：画面太暗（1.5 秒前）",
        "          判断  没有告警，不动工单",
    ]


def test_an_event_that_is_told_again_with_its_picture_is_no_news() -> None:
    again = event(State.DIRTY).model_copy(update={"looks": 0, "picture": "a" * 64})
    assert lines(row(again), [Decision(Word.PICTURED, "告警的图片已生成")], AT) == []


@pytest.mark.parametrize("word", [Word.IGNORED, Word.UPDATED, Word.NOTED])
def test_a_reading_that_changes_nothing_is_not_told(word: Word) -> None:
    reading = Reading(message_id=new_id(), device="qx-box-01", at=AT, spot="qx-bin-01", fill_percent=50)
    assert lines(row(reading), [Decision(word, "没有告警")], AT) == []


def test_a_reading_that_opens_a_ticket_is_told_with_its_reason() -> None:
    reading = Reading(message_id=new_id(), device="qx-box-01", at=AT, spot="qx-bin-01", fill_percent=91.2)
    told = lines(row(reading), [Decision(Word.OPENED, "告警立为工单")], AT)
    assert told == ["08:00:00  qx-box-01 说  qx-bin-01 满溢度 91%（0.0 秒前）", "          判断  告警立为工单"]
