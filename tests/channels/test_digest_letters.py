"""A digest within the limits of the channels, however long the names of its places are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import pytest

from alerts.channels import Letter
from alerts.channels.sms import Part, SmsSettings, SmsTemplate, template_for, value
from alerts.channels.wechat_fields import filled
from alerts.notices.digests import letter
from alerts.terms import Purpose
from ingest.store import micros
from tests.alerts.makes import at
from tests.county.small import small_county

NAME = "青峦县柳林镇石门村红旗渠" * 20


def row(n: int, purpose: str = "dispatch", severity: str = "major", place: str = NAME) -> Any:
    return SimpleNamespace(
        id=UUID(int=n), number=f"GD-1121-{n:04}", purpose=purpose, severity=severity, what="garbage", level="village",
        place_name=place, spot_name="东街", due_us=micros(at(n)), round=0, person_name="马村官",
        person_phone="19900000001", maybe_doubled=False,
    )  # fmt: skip


def digest(*rows: Any) -> Letter:
    head: Any = SimpleNamespace(**{**vars(row(0)), "purpose": "digest"})
    return letter(head, list(rows), ("https://desk.example/", "abcd2345efgh"), small_county())


def test_two_hundred_tickets_with_endless_names_fit_in_one_letter_with_its_link() -> None:
    made = digest(*(row(n) for n in range(1, 201)))
    assert len(made.text.encode()) < 2048 - 200, "WeCom's limit, with room for its own words"
    assert made.text.endswith("等。查看:https://desk.example/d/abcd2345efgh")
    assert "您还有200件待办:最急的是" in made.text


@pytest.mark.parametrize("limit", [20, 35])
def test_an_sms_template_for_digests_is_chosen_and_its_variables_fit(limit: int) -> None:
    made = digest(*(row(n) for n in range(1, 201)))
    templates = (SmsTemplate(id="all"), SmsTemplate(id="digest", purpose=Purpose.DIGEST))
    assert template_for(templates, made).id == "digest"
    assert template_for(templates, replace(made, purpose="dispatch")).id == "all"
    settings = SmsSettings(name="sms", kind="x", secret_file=Path("x"), sign="青峦县", limit=limit)
    told = {part: value(part, made, settings) for part in get_args(Part)}
    assert all(len(words) <= limit for words in told.values())
    assert (told["number"], told["code"]) == ("GD-1121-0001 等200件", "abcd2345efgh")


def test_the_fields_of_a_wechat_template_can_be_filled_and_the_message_is_plain_json() -> None:
    data = {"thing1": "{what}", "character_string2": "{number}", "time3": "{due}", "thing4": "{place}"}
    found = filled(data, digest(row(1), row(2)), at(0), 20)
    assert found["character_string2"]["value"] == "GD-1121-0001 2"
    assert all(len(field["value"]) <= 32 for field in found.values())
    assert "\\u" not in json.dumps(found, ensure_ascii=False)


def test_one_ticket_alone_is_named_and_what_only_informs_is_called_so() -> None:
    assert "您还有1件待办:" in digest(row(1, place="石门村")).text
    assert "最急的是" not in digest(row(1)).text
    both = digest(row(1, place="石门村"), row(2, "copy", place="上河村"))
    assert "您还有1件待办、1件告知:最急的是石门村 东街" in both.text
    assert "您还有2件告知:石门村" in digest(row(1, "copy", place="石门村"), row(2, "unreached")).text
