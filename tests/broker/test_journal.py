"""What a log line looks like, what it may never hold, and that no foreign text can make a line of its own."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from broker import journal
from broker.journal import EACH, TOGETHER, WINDOW_S, JsonLines, LogSettings, Sparing, Text, about, begin, covered
from broker.topics import Address
from county.values import Person

BOX = Address.of_village("640999101200", "box-1")
ROOT = Path(__file__).parents[2]
FORGED = '\n{"at":"2026-01-01T00:00:00Z","level":"critical","program":"ingest","logger":"x","text":"all is well"}'


def record(text: str, *arguments: object, line: int = 1, at: float = 1_000.0, **extra: str) -> logging.LogRecord:
    made = logging.LogRecord("ingest.door", logging.WARNING, "door.py", line, text, arguments, None)
    made.created = at
    made.__dict__.update(extra)
    return made


def as_json(made: logging.LogRecord) -> dict[str, str]:
    line = JsonLines("ingest", {}).format(made)
    assert len(line.splitlines()) == 1
    said = json.loads(line)
    assert isinstance(said, dict)
    return said


def test_a_json_line_says_when_how_bad_who_and_about_what() -> None:
    message_id = uuid4()
    made = record("refused: %s", "no such spot", at=datetime(2026, 11, 22, 4, 5, 6, 789_000, UTC).timestamp())
    made.__dict__.update(about(BOX, message_id=message_id, ticket="GD-1122-0001"))
    assert as_json(made) == {
        "at": "2026-11-22T04:05:06.789Z", "level": "warning", "program": "ingest", "logger": "ingest.door",
        "text": "refused: no such spot", "device": "box-1", "village": "640999101200", "message_id": str(message_id),
        "ticket": "GD-1122-0001",
    }  # fmt: skip


def test_what_is_not_known_is_left_out_and_a_truck_has_no_village() -> None:
    assert about(None) == {}
    assert about(Address("640999", "-", "-", "truck-1")) == {"device": "truck-1"}
    assert about(BOX, device="cam-1") == {"device": "cam-1", "village": "640999101200"}


def test_the_lines_of_a_box_name_it_unless_they_name_another() -> None:
    lines = JsonLines("edge", about(BOX))
    assert json.loads(lines.format(record("up")))["device"] == "box-1"
    assert json.loads(lines.format(record("up", device="cam-1")))["device"] == "cam-1"


def test_a_line_for_a_person_ends_with_what_its_words_do_not_say() -> None:
    said = Text().format(record("cam-1 is dark", device="cam-1", village="640999101200"))
    assert said.endswith("WARNING ingest.door: cam-1 is dark (village=640999101200)")


@given(st.text(), st.text(max_size=300))
@example(FORGED, FORGED)
@example("\u2028\u0085\x1b[2K\r\u202e", "\ud800")
def test_no_foreign_text_begins_a_line_or_hides_one(words: str, device: str) -> None:
    made = record("topic %r and %s", words, words, device=device)
    said = as_json(made)
    assert set(said) <= {"at", "level", "program", "logger", "text", "device"}
    assert said["level"] == "warning"
    for form in (JsonLines("ingest", {}), Text()):
        line = form.format(made)
        assert len(line.splitlines()) == 1
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line)
        line.encode()


@given(st.text(max_size=200))
@example("13812345678")
@example("+86 138 1234 5678")
def test_what_is_harmless_is_told_unchanged(words: str) -> None:
    if covered(words) == words:
        assert as_json(record("%s", words))["text"] == words


def test_a_fault_is_in_its_line_and_for_a_person_behind_a_bar() -> None:
    try:
        raise ValueError(f"bad{FORGED}")
    except ValueError:
        made = record("failed")
        made.exc_info = sys.exc_info()
    assert "ValueError: bad\n{" in as_json(made)["fault"]
    head, *rest = Text().format(made).splitlines()
    assert head.endswith("failed")
    assert rest
    assert all(line.startswith("    | ") for line in rest)


SECRETS = [
    ("通知 13812345678 发不出去", "13812345678", "138****5678"),
    ("to +8613812345678,", "13812345678", "138****5678"),
    ("call 138-1234-5678", "1234", "138****5678"),
    ("rtsp://viewer:s3cret@192.0.2.10/1", "s3cret", "192.0.2.10"),
    ("postgresql+psycopg://u:p@ss@db/x", "p@ss", "@db/x"),
    ("GET https://desk.example/t/abcd2345efgh now", "abcd2345efgh", "/t/****"),
    ("https://qyapi.example/send?key=693a91f6-7xxx&x=1", "693a91f6", "x=1"),
    ("https://oapi.example/robot?access_token=abc123&timestamp=5", "abc123", "timestamp=5"),
    ('{"password": "hunter2", "user": "a"}', "hunter2", '"user"'),
    ("Authorization: Bearer eyJhbGciOi.x.y", "eyJhbGciOi", "Authorization"),
    ("Cookie: session=abcdef", "abcdef", "Cookie"),
]


@pytest.mark.parametrize(("words", "secret", "stays"), SECRETS)
def test_secrets_and_phone_numbers_are_covered_in_words_fields_and_faults(words: str, secret: str, stays: str) -> None:
    made = record("said %s", words, device=words)
    made.exc_info = (ValueError, ValueError(words), None)
    for form in (JsonLines("ingest", {}), Text()):
        line = form.format(made)
        assert secret not in line
        assert stays in line or json.dumps(stays)[1:-1] in line


def test_a_number_is_covered_as_on_the_screens() -> None:
    assert covered("13812345678") == Person("p", "甲", "13812345678").phone_masked


@pytest.mark.parametrize(
    "words",
    ["640999101200", "0198f3a2-7c11-7138-9123-13812345678a", "862506041234567", "1763791446.789",
     "token 13 of county 640999", "GD-1122-0001", "seq 139123456789"],
)  # fmt: skip
def test_codes_ids_and_times_are_not_taken_for_phone_numbers(words: str) -> None:
    assert covered(words) == words


def test_what_a_fault_quotes_of_a_payload_is_left_out() -> None:
    class Shape(BaseModel):
        fill: float

    with pytest.raises(ValidationError) as caught:
        Shape.model_validate_json('{"fill": "whose address is 12 Long Lane\\nnext"}')
    said = covered(str(caught.value))
    assert "Long Lane" not in said
    assert "fill" in said
    sql = "(sqlite3.OperationalError) locked\n[SQL: INSERT]\n[parameters: ('a', b'12 Long Lane]')]\n(Background on)"
    assert "Long Lane" not in covered(sql)


def test_a_long_text_is_cut_so_that_its_line_stays_one_line() -> None:
    said = as_json(record("%s", "x" * 300_000))
    assert len(said["text"]) < 2_100
    assert "300000 characters" in said["text"]


def test_words_whose_arguments_do_not_fit_are_told_all_the_same() -> None:
    assert as_json(record("%d of %s", "x"))["text"] == "%d of %s"


class TestSparing:
    def test_a_flood_of_one_device_leaves_the_others_their_lines(self) -> None:
        sparing = Sparing()
        flood = [sparing.admit(record("refused", device="bad", at=1_000.0 + n / 1_000)) for n in range(10_000)]
        assert sum(map(len, flood)) == EACH
        assert len(sparing.admit(record("refused", device="good", at=1_030.0))) == 1

    def test_devices_made_up_one_by_one_are_bounded_together(self) -> None:
        sparing = Sparing()
        assert sum(len(sparing.admit(record("refused", device=f"d{n}"))) for n in range(5_000)) == TOGETHER

    def test_what_was_left_out_is_counted_in_the_next_minute(self) -> None:
        sparing = Sparing()
        for _ in range(EACH + 7):
            sparing.admit(record("refused"))
        told, own = sparing.admit(record("refused", at=1_000.0 + WINDOW_S))
        assert "7 of ingest.door" in told.getMessage()
        assert own.getMessage() == "refused"

    def test_another_line_of_the_same_file_has_its_own_measure(self) -> None:
        sparing = Sparing()
        for _ in range(EACH + 1):
            sparing.admit(record("refused"))
        assert sparing.admit(record("door shut", line=2))

    def test_a_clock_set_back_does_not_silence_the_log(self) -> None:
        sparing = Sparing()
        for _ in range(EACH + 1):
            sparing.admit(record("refused", at=5_000.0))
        assert sparing.admit(record("refused", at=1_000.0))


@pytest.fixture
def logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root, hooks, show = logging.getLogger(), (sys.excepthook, threading.excepthook), warnings.showwarning
    handlers, level = list(root.handlers), root.level
    for name in (journal.FORMAT, journal.LEVEL):
        monkeypatch.delenv(name, raising=False)
    yield
    logging.captureWarnings(False)
    root.handlers[:], warnings.showwarning = handlers, show
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


@pytest.mark.usefixtures("logging_as_it_was")
class TestBegin:
    @pytest.mark.parametrize(
        ("settings", "environment", "json_lines", "level"),
        [
            (LogSettings(), {}, False, logging.WARNING),
            (LogSettings(format="json"), {}, True, logging.INFO),
            (LogSettings(format="json", level="error"), {}, True, logging.ERROR),
            (LogSettings(), {journal.FORMAT: "json"}, True, logging.INFO),
            (LogSettings(format="json"), {journal.FORMAT: "text"}, False, logging.WARNING),
            (LogSettings(level="error"), {journal.LEVEL: "debug"}, False, logging.DEBUG),
            (LogSettings(), {journal.FORMAT: ""}, False, logging.WARNING),
        ],
    )
    def test_the_environment_is_stronger_than_the_file(
        self, monkeypatch: pytest.MonkeyPatch, settings: LogSettings, environment: dict[str, str],
        json_lines: bool, level: int,
    ) -> None:  # fmt: skip
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        begin("ingest", settings)
        assert (journal.speaks_json(), logging.getLogger().level) == (json_lines, level)

    def test_a_wrong_word_is_named_with_what_is_right(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(journal.FORMAT, "xml")
        with pytest.raises(ValueError, match=r"JINGCUN_LOG_FORMAT='xml': use one of text, json"):
            begin("ingest")

    def test_begun_twice_a_line_is_written_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        begin("jingcun", LogSettings(format="json"))
        begin("ingest", LogSettings(format="json"))
        logging.getLogger("x").warning("once")
        (line,) = capsys.readouterr().err.splitlines()
        assert json.loads(line)["program"] == "ingest"


DYING = """
import threading, warnings
from broker.journal import LogSettings, begin
begin("edge", LogSettings(format="json"))
warnings.warn("old\\nway")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
raise RuntimeError("the end\\n{}")
"""


def test_warnings_and_what_ends_a_thread_or_the_program_are_lines_too() -> None:
    done = subprocess.run([sys.executable, "-c", DYING], cwd=ROOT, capture_output=True, check=False, text=True)
    said = [json.loads(line) for line in done.stderr.splitlines()]
    assert [one["level"] for one in said] == ["warning", "critical", "critical"]
    assert "ZeroDivisionError" in said[1]["fault"]
    assert said[2]["text"] == "RuntimeError: the end\n{}"
    assert done.returncode == 1
