"""What a preview shows is what would go out, within every limit, whatever the county's words are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels import catalog
from alerts.channels.catalog import ChannelSettings
from alerts.channels.preview import Case, cases_of, letter, shown
from alerts.channels.sms_texts import SHIPPED, Filed, counted, messages, shipped
from alerts.phrases import PHRASES
from alerts.terms import Purpose
from tests.channels.handbook import EXAMPLES, PAGES
from tests.county.small import PEOPLE, SPOTS, small_county

NOW = datetime(2026, 11, 21, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
COUNTY = small_county()
SECRET = {"secret_file": Path("none")}
ALL = [catalog.settings_of(told) for told in EXAMPLES]
ALIYUN: dict[str, Any] = {
    "name": "sms", "kind": "aliyun_sms", "access_key_id": "k", "sign": "青峦县城管", **SECRET,
    "templates": [{"id": "SMS_1"}, {"id": "SMS_2", "severity": "紧急"}, {"id": "SMS_3", "purpose": "grant"},
                  {"id": "SMS_4", "purpose": "digest"}, {"id": "SMS_5", "purpose": "bind"}],
}  # fmt: skip


def one_by(told: dict[str, Any], purpose: Purpose = Purpose.DISPATCH, size: str = "typical") -> Any:
    return next(shown([catalog.settings_of(told)], [Case("urgent", purpose, size)], COUNTY, NOW))


def test_a_filed_sms_is_shown_whole_and_counted_as_it_is_billed() -> None:
    made = one_by(ALIYUN)
    assert made.sketch.template == "SMS_2"
    text = made.sketch.measures[-1].text
    assert text.startswith("【青峦县城管】紧急!立即处置:柳林镇 石门村 村口垃圾点发现")
    assert text.endswith("点开办理:https://desk.example/t/abcd2345efgh")
    assert made.sketch.measures[-1].count == counted(text)
    assert made.faults == ()


@pytest.mark.parametrize(
    ("purpose", "page"),
    [(Purpose.DISPATCH, "/t/abcd2345efgh"), (Purpose.DIGEST, "/d/abcd2345efgh"), (Purpose.GRANT, "")],
)
def test_a_filed_sms_is_counted_with_the_county_s_own_address(purpose: Purpose, page: str) -> None:
    cases, base = [Case("minor", purpose, "typical")], "https://jc.qingluan.example/"
    [made] = shown([catalog.settings_of(ALIYUN)], cases, COUNTY, NOW, base)
    assert made.sketch is not None
    assert made.sketch.measures[-1].text.endswith(f":https://jc.qingluan.example{page}")


@pytest.mark.parametrize(("length", "n"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_a_chinese_sms_is_one_up_to_70_characters_then_67_each(length: int, n: int) -> None:
    assert messages("字" * length) == n


def test_the_count_is_said_in_words() -> None:
    assert counted("字" * 62) == "62/70 字,1 条短信"
    assert counted("字" * 80) == "80/134 字,2 条短信"


def test_what_is_cut_is_marked_and_a_key_that_is_cut_is_a_fault() -> None:
    short = {**ALIYUN, "kind": "tencent_sms", "secret_id": "i", "sdk_app_id": "1400000000",
             "templates": [{"id": "1", "variables": ["place", "code"]}]}  # fmt: skip
    del short["access_key_id"]
    made = one_by(short)
    assert made.cuts == ("1=place",)
    assert made.faults == ()
    short["templates"] = [{"id": "1", "variables": ["number", "code"]}]
    assert "number有" in one_by(short, Purpose.DIGEST).faults[0]


def test_the_code_that_confirms_a_binding_is_never_put_into_a_ticket_s_link() -> None:
    told = {**ALIYUN, "templates": [{"id": "SMS_1"}]}
    assert one_by(told).faults == ()
    assert 'purpose = "bind"' in one_by(told, Purpose.BIND).faults[0]
    assert one_by(ALIYUN, Purpose.BIND).sketch.measures[-1].text == (
        "【青峦县城管】验证码123456,用于净村绑定微信,10分钟内有效,请勿告诉他人。"
    )


def test_a_letter_without_a_code_is_never_put_into_a_link_that_opens_nothing() -> None:
    told = {**ALIYUN, "templates": [{"id": "SMS_1"}]}
    assert 'purpose = "grant"' in one_by(told, Purpose.GRANT).faults[0]
    assert one_by(ALIYUN, Purpose.GRANT).faults == ()


def test_the_handbook_holds_every_text_as_it_is_filed() -> None:
    desk = "https://desk.qingluan.example"
    for text in SHIPPED:
        assert f"| {text.aliyun(desk)} | {text.tencent(desk)} |" in PAGES["sms"]


def test_a_wechat_template_with_a_time_is_refused_for_what_has_none_until_there_is_another() -> None:
    told = {"name": "wechat", "kind": "wechat", "appid": "a", **SECRET, "template_id": "t", "data": {"time1": "{due}"}}
    grant = Case("minor", Purpose.GRANT, "typical")
    [made] = shown([catalog.settings_of(told)], [grant], COUNTY, NOW)
    assert "没有时限" in made.faults[0]
    told["templates"] = [{"id": "g", "purpose": "grant", "data": {"thing1": "{do}", "thing2": "{text}"}}]
    [made] = shown([catalog.settings_of(told)], [grant], COUNTY, NOW)
    assert made.sketch is not None
    assert made.sketch.body["data"]["thing1"] == {"value": "请审批静默"}
    assert made.sketch.body["template_id"] == "g"


@pytest.mark.parametrize("told", ALL, ids=lambda one: str(one.name))
def test_every_channel_of_the_handbook_takes_every_letter_of_a_county(told: ChannelSettings) -> None:
    made = list(shown([told], cases_of(COUNTY, ALL), COUNTY, NOW))
    assert made
    assert [one.faults for one in made if one.faults] == []


def test_digests_and_codes_are_shown_where_the_county_has_them() -> None:
    seen = {one.purpose for one in cases_of(COUNTY, ())}
    assert seen == set(PHRASES) - {Purpose.DIGEST, Purpose.BIND}
    capped = small_county(cap={"letters": 5})
    assert Purpose.DIGEST in {one.purpose for one in cases_of(capped, ())}


@pytest.mark.parametrize("text", SHIPPED, ids=lambda one: one.name)
def test_a_text_that_ships_holds_what_its_letters_need_and_only_that(text: Filed) -> None:
    acts = text.purpose is None or PHRASES[text.purpose].acts
    assert not acts or "code" in text.parts
    assert f"${{{text.parts[0]}}}" in text.aliyun("https://d")
    assert "{1}" in text.tencent("https://d")
    assert "https://d" in text.tencent("https://d") or text.purpose is Purpose.BIND
    assert len(text.text) <= 70


@pytest.mark.parametrize("purpose", Purpose)
def test_there_is_a_text_for_every_purpose_and_an_urgent_one(purpose: Purpose) -> None:
    assert shipped(purpose, "紧急")
    assert shipped(purpose, "").severity == ""


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=80)


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS, st.sampled_from(Purpose), st.sampled_from(["urgent", "minor"]))
def test_no_words_of_a_county_make_a_body_too_long_or_cut_a_code(
    place: str, name: str, purpose: Purpose, severity: Any
) -> None:
    spots = (replace(SPOTS[0], name=place),)
    county = small_county(spots=spots, people=(replace(PEOPLE[0], name=name), *PEOPLE[1:]))
    for one in shown(ALL, [Case(severity, purpose, "longest")], county, NOW):
        if one.case.purpose not in (Purpose.GRANT, Purpose.DIGEST, Purpose.BIND):
            assert one.faults == ()
        for measure in one.sketch.measures if one.sketch else ():
            assert not measure.most or measure.note or measure.used <= measure.most


def test_the_letter_is_the_one_that_the_post_office_writes() -> None:
    told = letter(Case("urgent", Purpose.REMIND, "typical"), COUNTY, NOW)
    assert told.text.startswith("【净村·紧急】立即接单:柳林镇 石门村 村口垃圾点 发现")
    assert "仍未接单,再次提醒,请马上接单,最迟11月21日14:00。" in told.text
    assert told.text.endswith(told.link)
