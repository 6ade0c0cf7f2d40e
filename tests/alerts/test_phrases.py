"""What notices ask: a line for every purpose, short, the verb first, and graver where it is urgent."""

from __future__ import annotations

import pytest

from alerts import phrases
from alerts.phrases import PHRASES
from alerts.terms import Purpose


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_its_line(purpose: Purpose) -> None:
    phrase = PHRASES[purpose]
    assert 2 <= len(phrase.do) <= 8
    assert 2 <= len(phrase.now) <= 8
    assert bool(phrase.ask) == bool(phrase.hurry)


@pytest.mark.parametrize("purpose", [one for one in Purpose if PHRASES[one].ask])
def test_urgent_reads_differently_from_minor(purpose: Purpose) -> None:
    assert phrases.do(purpose, "urgent") != phrases.do(purpose, "minor")
    assert phrases.ask(purpose, "urgent") != phrases.ask(purpose, "minor")
    assert "立即" in phrases.do(purpose, "urgent")


def test_what_is_about_no_ticket_is_only_to_be_read() -> None:
    assert phrases.do("deadman", "") == "请看通知"
    assert not phrases.acts("deadman")
    assert phrases.acts("dispatch")
    assert not phrases.acts("copy")
