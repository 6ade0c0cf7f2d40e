"""The chaos run's judgement: a planted loss and a planted duplicate are found, an honest run is not blamed."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from alerts.channels import Letter
from alerts.channels.file import File
from bench.ledger import (
    Mail,
    NoJournal,
    Told,
    beyond_truth,
    judge_mail,
    minted_so_far,
    open_journal,
    read_journal,
    read_told,
    still_waiting,
    told_twice,
    untold,
)
from bench.reckoning import Findings, facts
from bench.troupe import Deaths
from broker.identity import new_id
from broker.messages import Reading
from broker.topics import Address
from edge.outbox import Outbox, Row, row

IDS = tuple(new_id() for _ in range(5))
LINE = Told("n1", "GD-1", "village", 0, "138", False)
LETTER = Letter("n1", "GD-1", "dispatch", "village", 0, "王", "138", "请处理", "http://x/t/abc")
BOX = Address.of_village("640999101200", "qx-box-01")


def one_row() -> Row:
    reading = Reading(message_id=new_id(), device="qx-box-01", at=datetime.now(UTC), spot="qx-bin-01", fill_percent=5)
    return row(BOX, reading)


@pytest.mark.parametrize(
    ("mail", "wrong"),
    [
        (Mail(IDS, IDS), {}),
        (Mail(IDS, IDS[1:]), {"lost": 1}),
        (Mail(IDS, IDS[2:], frozenset(IDS[:1])), {"lost": 1, "waiting": 1}),
        (Mail(IDS, IDS, frozenset(IDS[:1])), {}),  # stored, and only its receipt is still under way
        (Mail(IDS, (*IDS, IDS[0])), {"stored_twice": 1}),
        (Mail((*IDS, IDS[0]), IDS), {"minted_twice": 1}),
        (Mail(IDS[1:], IDS), {"strangers": 1}),
        # A loss and a stranger leave the counts equal: only ids tell.
        (Mail(IDS[1:], IDS[:4]), {"lost": 1, "strangers": 1}),
    ],
)
def test_every_message_is_followed_by_its_id(mail: Mail, wrong: dict[str, int]) -> None:
    verdict = judge_mail(mail)
    names = ("lost", "minted_twice", "stored_twice", "strangers", "waiting")
    assert {name: getattr(verdict, name) for name in names if getattr(verdict, name)} == wrong
    assert verdict.ok is (not wrong)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([LINE], 0),
        ([LINE, replace(LINE, id="n2", round=1)], 0),
        ([LINE, LINE], 1),
        ([LINE, replace(LINE, maybe_doubled=True)], 0),
        ([LINE, replace(LINE, id="n2", about="n2")], 0),  # that somebody else cannot be told
        ([LINE, replace(LINE, id="n2")], 1),  # two notices of the book for one step and person
        ([LINE, LINE, LINE], 2),
    ],
)
def test_a_notice_told_again_without_a_warning_is_a_duplicate(lines: list[Told], count: int) -> None:
    assert told_twice(lines) == count


def test_a_bin_cannot_have_been_full_more_often_than_it_was_emptied() -> None:
    assert beyond_truth({"a": 3, "b": 1}, {"a": 2}) == 0
    assert beyond_truth({"a": 4, "b": 2}, {"a": 2}) == 2


def test_a_delivered_notice_that_was_never_written_is_missed() -> None:
    assert untold({"n1"}, [LINE]) == 0
    assert untold({"n1", "n2"}, [LINE]) == 1


def test_the_journal_keeps_ids_that_the_outbox_forgets(tmp_path: Path) -> None:
    path = tmp_path / "box" / "outbox.db"
    open_journal(path)
    rows = [one_row() for _ in range(3)]
    with closing(Outbox(path)) as outbox:
        outbox.put(rows)
        outbox.put(rows[:1])  # known already: not minted again
        outbox.leave([rows[0].message_id, rows[1].message_id])
    minted, waiting = read_journal(path)
    assert minted == [one.message_id for one in rows]
    assert waiting == {rows[2].message_id}
    assert (minted_so_far(path), still_waiting(path)) == (3, 1)


def test_an_id_that_comes_back_after_it_left_is_seen_as_minted_twice(tmp_path: Path) -> None:
    open_journal(tmp_path / "outbox.db")
    one = one_row()
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        outbox.put([one])
        outbox.leave([one.message_id])
        outbox.put([one])
    minted, _ = read_journal(tmp_path / "outbox.db")
    assert judge_mail(Mail(tuple(minted), (one.message_id,))).minted_twice == 1


def test_a_box_that_silently_dropped_a_row_is_caught(tmp_path: Path) -> None:
    open_journal(tmp_path / "outbox.db")
    kept, gone = one_row(), one_row()
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        outbox.put([kept, gone])
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db, db:
        db.execute("DELETE FROM rows WHERE message_id = ?", (str(gone.message_id),))
    minted, waiting = read_journal(tmp_path / "outbox.db")
    assert judge_mail(Mail(tuple(minted), (), frozenset(waiting))).lost == 1


def test_a_replaced_outbox_file_cannot_pass_for_a_sound_one(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "outbox.db")) as outbox:
        outbox.put([one_row()])
    with pytest.raises(NoJournal, match="set its outbox aside"):
        read_journal(tmp_path / "outbox.db")


def test_the_file_channel_s_own_lines_are_read_and_a_torn_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    assert read_told(path) == []
    channel = File(path)
    channel.send(LETTER)
    channel.send(LETTER)  # a sender that forgets to ask would double it
    channel.send(replace(LETTER, maybe_doubled=True))
    with path.open("ab") as file:
        file.write(json.dumps(asdict(LETTER)).encode()[:20])
    lines = read_told(path)
    assert lines == [LINE, LINE]
    assert told_twice(lines) == 1


@pytest.mark.parametrize(
    ("stored", "wrong", "ok"),
    [
        (IDS, {}, True),
        (IDS[1:], {}, False),
        (IDS, {"duplicate_tickets": 1}, False),
        (IDS, {"duplicate_notices": 1}, False),
        (IDS, {"maybe_doubled": 3}, True),  # they said so
        (IDS, {"series_missing": 1}, False),
        (IDS, {"held_deleted": 1}, False),
        (IDS, {"evidence_deleted": 40}, True),
        (IDS, {"words": ["nothing happened"]}, False),
    ],
)
def test_the_last_line_is_ok_only_when_nothing_at_all_is_wrong(
    stored: tuple[UUID, ...], wrong: dict[str, Any], ok: bool
) -> None:
    found = Findings(judge_mail(Mail(IDS, stored)), **wrong)
    deaths = Deaths(at_random=Counter({"ingest": 2}), at_point=Counter({"ingest.after_commit": 1}))
    line = facts(found, deaths, 60.04)
    assert line["ok"] is ok
    assert list(line) == ["ok", "seconds", "kills", "messages", "lost", "duplicate_tickets", "duplicate_notices",
                          "maybe_doubled", "series_missing", "held_deleted", "evidence_deleted", "killed"]  # fmt: skip
    assert line["messages"] == 5
    assert line["lost"] == 5 - len(stored)
    assert (line["kills"], line["killed"]) == (3, {"ingest": 2, "ingest.after_commit": 1})
    assert all(line[name] == count for name, count in wrong.items() if name in line)
