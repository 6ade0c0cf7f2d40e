"""The journal: how every program logs. Text for a person, or JSON lines (one object a line) for a machine.

A room logs through ``logging`` as ever and says with ``extra=about(…)`` which device, village, message or ticket a line
is about. Foreign text cannot begin a line of its own, phone numbers, secrets and payloads are covered, and a flood of
one kind of line is cut short and counted. The standard library does it: the five fields, the covering and the bound
would be ours on top of structlog or python-json-logger too, and a box carries one package less.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from broker.topics import NOWHERE, Address

FORMAT, LEVEL = "JINGCUN_LOG_FORMAT", "JINGCUN_LOG_LEVEL"  # stronger than the settings file; children inherit them
FORMATS, LEVELS = ("text", "json"), ("debug", "info", "warning", "error")
FIELDS = ("device", "village", "message_id", "ticket")
LONGEST, LONGEST_FAULT = 2_000, 6_000  # characters; journald and Docker cut longer lines to pieces
WINDOW_S, EACH, TOGETHER = 60.0, 30, 300  # lines of one place in the code: about one device, and about all


class LogSettings(BaseModel):
    """``[log]`` of a settings file. Text tells warnings and worse, JSON tells decisions too, unless ``level`` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["text", "json"] | None = None
    level: Literal["debug", "info", "warning", "error"] | None = None


def about(
    address: Address | None = None,
    *,
    device: str = "",
    village: str = "",
    message_id: UUID | str | None = None,
    ticket: str = "",
) -> dict[str, str]:
    """What a line is about, for ``extra=``; what is not known is left out."""
    known = {
        "device": device or (address.device if address else ""),
        "village": village or (address.village if address else ""),
        "message_id": str(message_id or ""),
        "ticket": ticket,
    }
    return {name: value for name, value in known.items() if value and value != NOWHERE}


def begin(
    program: str, settings: LogSettings | None = None, *, level: str | None = None, of: Address | None = None
) -> None:
    """Log from now on as the environment says, else the settings, else as text; call it again when more is known.

    ``level`` counts where neither says one; JSON lines that name no device name that ``of`` the program. ``ValueError``
    names a variable that cannot be used.
    """
    said = settings or LogSettings()
    form = _from_environment(FORMAT, FORMATS) or said.format or "text"
    usual = level or ("info" if form == "json" else "warning")
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, Journal)]:
        root.removeHandler(old)
        old.close()
    journal = Journal()
    journal.setFormatter(JsonLines(program, about(of)) if form == "json" else Text())
    root.addHandler(journal)
    root.setLevel((_from_environment(LEVEL, LEVELS) or said.level or usual).upper())
    for chatty in ("httpx", "httpcore"):  # a line for each request, with its whole address
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if form == "json":
        _catch_the_rest(program)


def speaks_json() -> bool:
    """Whether this process logs JSON lines now."""
    return any(isinstance(one.formatter, JsonLines) for one in logging.getLogger().handlers)


def _from_environment(name: str, allowed: tuple[str, ...]) -> str | None:
    said = os.environ.get(name) or None
    if said is not None and said not in allowed:
        raise ValueError(f"{name}={said!r}: use one of {', '.join(allowed)}")
    return said


def _catch_the_rest(program: str) -> None:
    """What would end a thread or the program in a plain traceback is a line like the others."""
    log = logging.getLogger(program)

    def ended(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, fault, trace)
            return
        log.critical("%s: %s", kind.__name__, fault, exc_info=(kind, fault, trace))

    def thread_ended(hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None and hook.exc_type is not SystemExit:
            ended(hook.exc_type, hook.exc_value, hook.exc_traceback)

    sys.excepthook, threading.excepthook = ended, thread_ended
    logging.captureWarnings(True)


class Sparing:
    """Bounds how often one place in the code may speak; what is left out is counted and told once a minute. Pure."""

    def __init__(self) -> None:
        self._since = 0.0
        self._spoken: Counter[tuple[str, int, str]] = Counter()
        self._left_out: Counter[str] = Counter()

    def admit(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """Return what may be written now: the record or nothing, and after a minute what was left out of it."""
        told = self._turn(record.created) if not 0 <= record.created - self._since < WINDOW_S else []
        place = (record.name, record.lineno)
        device = getattr(record, "device", "")
        if self._spoken[*place, device] >= EACH or self._spoken[*place, "*"] >= TOGETHER:
            self._left_out[record.name] += 1
            return told
        self._spoken[*place, device] += 1
        self._spoken[*place, "*"] += 1
        return [*told, record]

    def _turn(self, now: float) -> list[logging.LogRecord]:
        names = ", ".join(f"{count} of {name}" for name, count in sorted(self._left_out.items()))
        self._since, self._spoken, self._left_out = now, Counter(), Counter()
        words = "lines left out in a minute, for there were too many of a kind: %s"
        return [logging.LogRecord(__name__, logging.WARNING, __file__, 0, words, (names,), None)] if names else []


class Journal(logging.Handler):
    """Writes to what standard error is at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self._sparing = Sparing()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, or count it where there are too many; a closed standard error ends nothing."""
        try:
            for one in self._sparing.admit(record):
                sys.stderr.write(self.format(one) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


class Text(logging.Formatter):
    """``time LEVEL logger: words (device=…)``; a fault follows in lines that begin with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and those of the fault."""
        words = _words(record)
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items() if value not in words)
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: {words}"
        line = _plain(f"{head} ({fields})" if fields else head)
        return "\n".join([line, *(f"    | {_plain(part)}" for part in _trace(self, record).split("\n") if part)])


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, program, logger, text, then what it is about, then the fault."""

    def __init__(self, program: str, standing: Mapping[str, str]) -> None:
        """``standing``: device and village of a program that is of one; what a line says of itself is stronger."""
        super().__init__()
        self._program = program
        self._standing = standing

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON whose bytes hold no control character."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at.replace("+00:00", "Z"), "level": record.levelname.lower(), "program": self._program,
            "logger": record.name, "text": _words(record), **self._standing, **_fields(record),
        }  # fmt: skip
        fault = _trace(self, record)
        text = json.dumps(line | ({"fault": fault} if fault else {}), ensure_ascii=False)
        return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


# Controls, line and paragraph separators, what turns the writing direction or is not seen, halves of characters.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_COVERED: tuple[tuple[re.Pattern[str], str], ...] = (
    # a mobile number, like Person.phone_masked; not the digits of an id
    (re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?![0-9A-Za-z])"), r"\1****\2"),
    (re.compile(r"(://)[^\s/]+@"), r"\1****@"),
    (re.compile(r"(://\S*?/t/)[\w-]+"), r"\1****"),  # a desk link is its own key
    (re.compile(r"([?&][\w.-]*(?:key|code|token|sign|secret|password)=)[^\s&\"']+", re.IGNORECASE), r"\1****"),
    (re.compile(r"((?:password|passwd|secret|api_?key|authorization|cookie)\b[\"']?\s*[=:]\s*)"
                r"(?:(?:bearer|basic|token)\s+)?[^\s,;]+", re.IGNORECASE), r"\1****"),
    (re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), r"\1****"),
    # what pydantic and SQLAlchemy quote in a fault: a payload
    (re.compile(r"(input_value=).*?(, input_type=)", re.DOTALL), r"\1…\2"),
    (re.compile(r"(\[parameters: ).*?(\]\s*(?:\(Background|$))", re.DOTALL), r"\1…\2"),
)  # fmt: skip


def covered(text: str) -> str:
    """The text without phone numbers, secrets and quoted payloads."""
    for pattern, instead in _COVERED:
        text = pattern.sub(instead, text)
    return text


def _words(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):  # the arguments do not fit the words: better the words alone
        text = str(record.msg)
    text = covered(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _fields(record: logging.LogRecord) -> dict[str, str]:
    said = {name: getattr(record, name, None) for name in FIELDS}
    return {name: covered(str(value))[:200] for name, value in said.items() if value}


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = covered(formatter.formatException(record.exc_info)) if record.exc_info and record.exc_info[0] else ""
    return text if len(text) <= LONGEST_FAULT else f"…{text[-LONGEST_FAULT:]}"


def _plain(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
