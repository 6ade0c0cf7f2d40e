"""The county's own words: which template a letter takes, what it makes of it, and which templates are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import catalog
from alerts.channels.catalog import BadChannel
from alerts.channels.templates import PLACES, TextTemplate, chosen, complete, filled, worded
from alerts.terms import Purpose
from tests.channels.letters import LETTER, LINK

GRAVE = replace(LETTER, grade="major")
ALL = TextTemplate(text="{text}")


def words(text: str, **other: Any) -> str:
    return worded(replace(GRAVE, **other), [TextTemplate(text=text)]).text


def told(**more: Any) -> dict[str, Any]:
    return {"name": "group", "kind": "dingtalk_robot", "token_file": Path("none"), **more}


def test_the_most_special_template_wins_and_the_purpose_counts_for_more() -> None:
    remind = TextTemplate(text="{place}", purpose=Purpose.REMIND)
    grave = TextTemplate(text="{place}", severity="重要")
    both = TextTemplate(text="{place}", purpose=Purpose.REMIND, severity="major")
    letters = {"remind": replace(GRAVE, purpose="remind"), "dispatch": GRAVE}
    assert chosen([ALL, remind, grave, both], letters["remind"]) is both
    assert chosen([ALL, remind, grave], letters["remind"]) is remind
    assert chosen([ALL, remind, grave], letters["dispatch"]) is grave
    assert chosen([ALL, remind], letters["dispatch"]) is ALL
    assert chosen([remind], letters["dispatch"]) is None


@pytest.mark.parametrize("severity", ["major", "重要"])
def test_a_severity_is_named_by_its_code_or_by_the_county_s_word(severity: str) -> None:
    assert TextTemplate(text="{place}", severity=severity).serves(GRAVE)
    assert not TextTemplate(text="{place}", severity=severity).serves(replace(GRAVE, severity="紧急", grade="urgent"))


def test_without_a_template_the_letter_stays_as_it_is() -> None:
    assert worded(GRAVE, []) is GRAVE


def test_the_link_stands_at_the_end_whether_the_template_names_it_or_not() -> None:
    assert (
        words("{do}:{place} {what},{due}前办结。{link}")
        == f"请处置:柳林镇 石门村 东街 暴露垃圾,11月21日18:00前办结。{LINK}"
    )
    assert words("{do}:{place}。") == f"请处置:柳林镇 石门村 东街。处理:{LINK}"
    assert words("{place}", link="") == "柳林镇 石门村 东街"


def test_a_clause_with_nothing_to_say_is_left_out() -> None:
    assert words("{do}:{place},最迟{due},请及时。{link}", due="") == f"请处置:柳林镇 石门村 东街,请及时。{LINK}"


def test_words_of_people_are_never_read_as_places() -> None:
    assert "{code}" in words("{place}", place="{code}村")


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(PLACES), st.text(max_size=20)))
def test_filling_never_fails(text: str, values: dict[str, str]) -> None:
    assert isinstance(filled(text, values), str)


@pytest.mark.parametrize(
    ("templates", "fault"),
    [
        ([{"text": "{where}"}], r"template \(all\): no place \{where\}; there are \{do\}"),
        ([{"text": "{place"}], r"a \{ or \} stands alone"),
        ([{"text": "{pl{ace}}"}], r"no place \{ace\}"),
        ([{"text": "请处理"}], "nobody knows what it is about"),
        (
            [{"text": "{link}看{place}", "severity": "urgent"}],
            r"template severity=urgent: \{link\} must stand at the end",
        ),
        ([{"text": "{place}", "purpose": "breakfast"}], "templates.0.purpose"),
        ([{"text": ""}], "templates.0.text"),
        ([{"text": "{place}" + "长" * 1000}], "templates.0.text"),
        ([{"text": "{place}", "purpose": "copy"}, {"text": "{text}", "purpose": "copy"}], "same .*: purpose=copy"),
        ([{"text": "{place}", "sms": 1}], "templates.0.sms"),
        ("{place}", "templates: Input should be a valid tuple"),
        ([{"purpose": "copy"}], "templates.0.text: Field required"),
    ],
)
def test_a_template_that_cannot_work_is_refused_by_channel_and_template(templates: Any, fault: str) -> None:
    with pytest.raises(BadChannel, match=rf"channel 'group': .*{fault}"):
        catalog.settings_of(told(templates=templates))


def test_words_that_can_never_fit_are_refused() -> None:
    horn = {"name": "horn", "kind": "loudspeaker", "secret_file": Path("none"), "url": "https://h.example"}
    with pytest.raises(BadChannel, match="its fixed words alone have 300字, and only 200 fit"):
        catalog.settings_of(horn | {"templates": [{"text": "{place}" + "广" * 300}]})
    with pytest.raises(BadChannel, match=r"no place \{person\}; there are \{place\}, \{what\}, \{due\}"):
        catalog.settings_of(horn | {"templates": [{"text": "{place}{person}"}]})
    card = {"name": "wecom", "kind": "wecom", "corpid": "c", "agentid": 1, "secret_file": Path("none")}
    with pytest.raises(BadChannel, match="its fixed words alone have 540字节, and only 512 fit"):
        catalog.settings_of(card | {"templates": [{"text": "{place}" + "长" * 180}]})


def test_one_template_for_all_other_letters_is_asked_for_where_a_provider_must_have_one() -> None:
    with pytest.raises(ValueError, match="one template without purpose and severity"):
        complete((TextTemplate(text="{place}", severity="urgent"),))
    assert complete((ALL,)) == (ALL,)
