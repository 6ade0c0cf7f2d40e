"""[[rule]], [[rise]] and [[at]] in policy.toml: what is read, what holds where, what is refused with line and cure."""

from __future__ import annotations

import re
import tomllib
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from county.files import load, read
from county.policy.comparisons import FIELDS, Comparison
from county.policy.definition import Definition
from county.policy.rules import Rule
from county.values import Device, DeviceKind, Region, Spot
from tests.county.small import (
    BIN,
    BOX,
    CAMERA,
    COUNTY,
    DEVICES,
    OTHER_VILLAGE,
    POLICY_TOML,
    REGIONS,
    SPOT,
    TOWNSHIP,
    VILLAGE,
    small_county,
    small_folder,
)  # fmt: skip

HEAD = '[[rule]]\nname = "热"\non = "reading"\ncategory = "bin_fire"\n'
WHEN = 'when = ["temperature_c >= 55"]\n'
LINE = POLICY_TOML.count("\n") + 2  # where the first block after the limits begins


def rule(text: str) -> Rule:
    return Rule.model_validate(tomllib.loads(text.replace("[[rule]]\n", "").replace("[[rule.", "[[")))


def definition(text: str) -> Definition:
    return rule(text).definition()


def problems(text: str) -> list[str]:
    return [str(one) for one in read(small_folder(policy_toml=f"{POLICY_TOML}\n{text}"))[1]]


# What is read


def test_a_rule_is_read_as_an_official_writes_it() -> None:
    county = load(
        small_folder(
            policy_toml=f"""{POLICY_TOML}
[[rule]]
name = "桶温过高"
on = "reading"
category = "bin_fire"
areas = ["{TOWNSHIP}"]
numbers = {{hot = 55, wait = 600}}
clear = {{when = ["temperature_c < 38"], repeat = 2}}

[[rule.level]]
severity = "major"
when = ["temperature_c >= hot"]
for_s = "wait"

[[rule.level]]
severity = "urgent"
when = ["temperature_c ≥ 70"]

[[rule.schedule]]
days = ["sat", "sun"]
hours = [["08:00", "12:00"], ["20:00", "02:00"]]

[[rise]]
category = "garbage"
after_s = 86400
severity = "urgent"
"""
        )
    )
    (found,) = county.policy.rules
    made = found.definition()
    urgent, major = made.steps
    assert (urgent.severity, major.severity) == ("urgent", "major")
    assert major.condition.all_of == (Comparison(field="temperature_c", operator=">=", value=55.0),)
    assert (major.condition.for_s, urgent.condition.for_s) == (600, 0)
    assert made.clear is not None
    assert made.clear.repeat == 2
    assert made.windows[0].hours[1] == (time(20), time(2))
    assert (county.policy.rises[0].after_s, county.policy.rises[0].severity) == (86_400, "urgent")


def test_what_a_level_does_not_say_the_rule_says() -> None:
    text = HEAD + WHEN + 'repeat = 2\nfor_s = 60\n[[level]]\nseverity = "minor"\n[[level]]\nseverity = "urgent"\n'
    urgent, minor = definition(text + 'when = ["fill_percent > 50"]\nrepeat = 4').steps
    assert (minor.condition.repeat, minor.condition.for_s) == (2, 60)
    assert (urgent.condition.repeat, urgent.condition.for_s) == (4, 60)
    assert [one.field for one in urgent.condition.all_of] == ["temperature_c", "fill_percent"]


def test_an_event_counts_as_dirty_unless_the_rule_asks_for_its_state() -> None:
    event = '[[rule]]\nname = "看"\non = "event"\ncategory = "garbage"\n'
    assert [str(one.value) for one in definition(event + "repeat = 3").steps[0].condition.all_of] == ["dirty"]
    told = definition(event + 'when = ["state != clean", "score >= 0.5"]')
    assert [one.field for one in told.steps[0].condition.all_of] == ["state", "score"]


@pytest.mark.parametrize(
    ("text", "field", "operator", "value"),
    [
        ("temperature_c>=55", "temperature_c", ">=", 55.0), (" fill_percent ≤ -3.5 ", "fill_percent", "<=", -3.5),
        ("lid_open == true", "lid_open", "==", True), ("state != 'clean'", "state", "!=", "clean"),
    ],
)  # fmt: skip
def test_a_condition_is_one_text(text: str, field: str, operator: str, value: object) -> None:
    one = Comparison.model_validate(text)
    assert (one.field, one.operator, one.value) == (field, operator, value)


def test_what_a_message_does_not_say_is_neither_so_nor_not() -> None:
    both = definition(HEAD + 'when = ["temperature_c >= 55", "fill_percent > 20"]').steps[0].condition
    assert both.holds({"temperature_c": 60}) is None
    assert both.holds({"temperature_c": 50}) is False
    either = definition(HEAD + 'any = ["temperature_c >= 55", "fill_percent > 20"]').steps[0].condition
    assert either.holds({"temperature_c": 60}) is True
    assert either.holds({"temperature_c": 50}) is None
    mixed = definition(HEAD + 'when = ["battery_percent < 20"]\nany = ["lid_open == true", "tilted == true"]').steps[0]
    assert mixed.condition.holds({"lid_open": True}) is None
    assert mixed.condition.holds({"battery_percent": 5.0, "lid_open": False}) is None
    assert mixed.condition.holds({"lid_open": False, "tilted": False}) is False
    assert mixed.condition.holds({"battery_percent": 5.0, "lid_open": True}) is True


# What is refused


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + 'when = ["temprature >= 55"]', 1, "no field 'temprature'; it has fill_percent"),
        (HEAD + 'when = ["temperature_c above 55"]', 5, "is no condition; write it like"),
        (HEAD + "when = [55]", 5, "a condition is a text"),
        (HEAD + "when = []", 5, "name at least one"),
        (HEAD + 'when = ["temperature_c >= true"]', 1, "is a number and 'true' is none"),
        (HEAD + 'when = ["temperature_c >= hot"]', 1, "a name that stands in the rule's numbers"),
        (HEAD + 'when = ["lid_open >= true"]', 1, "use == or !="),
        (HEAD + 'when = ["lid_open == 3"]', 1, "lid_open is true or false"),
        (HEAD + WHEN + 'for_s = "long"', 1, "none of the rule's numbers"),
        (HEAD + WHEN + "for_s = -5", 6, "greater than or equal to 0"),
        (HEAD + WHEN + "for_s = 9e99", 6, "less than or equal"),
        (HEAD + WHEN + "repeat = 0", 6, "greater than or equal to 1"),
        (HEAD + WHEN + "repeat = 2.5", 6, "integer"),
        (HEAD + WHEN + 'numbers = {n = 2.5}\nrepeat = "n"', 1, "repeat is a whole number"),
        (HEAD + WHEN + "within_s = 60", 1, "give repeat 2 or more"),
        (HEAD + WHEN + "numbers = {Hot = 3}", 6, "pattern"),
        (HEAD, 1, "a rule on a reading needs when or any"),
        (HEAD + WHEN + 'clear = {for_s = 60}', 1, "clear says nothing"),
        (HEAD + WHEN + 'clear = {when = ["temperature_c >= 55"]}', 1, "would flutter"),
        (HEAD + WHEN + 'clear = {when = ["temperature_c <= 55"]}', 1, "would flutter"),
        (HEAD + WHEN + 'clear = {when = ["fill_percent < 5"]}', 1, "would flutter"),
        (HEAD + 'when = ["temperature_c > 55", "temperature_c < 50"]', 1, "no message can meet"),
        (HEAD + 'when = ["lid_open == true", "lid_open == false"]', 1, "no message can meet"),
        (HEAD + WHEN + "seen_inside = true", 1, "seen_inside without a schedule"),
        (HEAD + WHEN + '[[rule.schedule]]\ndays = []', 7, "name at least one"),
        (HEAD + WHEN + '[[rule.schedule]]\nhours = []', 7, "name at least one"),
        (HEAD + WHEN + '[[rule.schedule]]\ndays = ["monday"]', 7, "use one of the listed words"),
        (HEAD + WHEN + '[[rule.schedule]]\nhours = [["08:00","12:00"],["10:00","14:00"]]', 7, "not overlap"),
        (HEAD + WHEN + '[[rule.schedule]]\nhours = [["22:00","06:00"],["10:00","14:00"]]', 7, "into the next day"),
        (HEAD + WHEN + '[[rule.schedule]]\n\n[[rule.schedule]]\nhours = [["8"]]', 9, "policy.toml"),
        (HEAD + WHEN + 'severity = "bad"', 6, "use one of the listed words"),
        (HEAD + WHEN + 'severity = "minor"\n[[rule.level]]\nseverity = "major"', 1, "a severity beside levels"),
        (HEAD + WHEN + '[[rule.level]]\nseverity = "major"\n[[rule.level]]\nseverity = "major"', 1, "two levels"),
        (HEAD + WHEN + '[[rule.level]]\nseverity = "major"\n[[rule.level]]\nwen = 3', 9, "spelling"),
        (HEAD + WHEN + 'what = ["garbage"]', 1, "a reading has no kinds"),
        (HEAD + WHEN + "sevrity = 3", 6, "correct its spelling"),
        (HEAD + WHEN + "areas = []", 6, "name at least one"),
        (HEAD.replace("reading", "silence") + 'when = ["silent_s >= 60"]\nfor_s = 60', 1, "a duration itself"),
        (HEAD.replace("reading", "silence") + 'when = ["silent_s < 60"]', 1, "can only be too long"),
        (HEAD.replace("reading", "silence") + 'any = ["silent_s > 60"]', 1, "remove clear and any"),
        (HEAD.replace("reading", "event") + 'when = ["what == garbage"]', 1, "chosen by the rule's own key"),
        (HEAD.replace("reading", "event") + 'when = ["state == filthy"]', 1, "one of dirty, clean"),
        (HEAD.replace("reading", "event") + 'when = ["state == 3"]', 1, "is a word"),
        (HEAD.replace("reading", "weather") + WHEN, 3, "use one of the listed words"),
        (HEAD.replace("bin_fire", "volcano") + WHEN, 1, "unknown category 'volcano'"),
        (HEAD.replace("reading", "event") + 'what = ["smoke"]', 1, "unknown category 'smoke'"),
        (HEAD.replace("reading", "event") + 'when = ["zone == moon"]', 1, "unknown zone 'moon'"),
        (HEAD + WHEN + 'areas = ["640999101", "nowhere"]', 1, "unknown area 'nowhere'"),
        (HEAD + WHEN + HEAD + WHEN, 6, "a second rule '热'"),
        ('[[rise]]\nafter_s = 60\nseverity = "urgent"\ncategory = "volcano"', 1, "unknown category 'volcano'"),
        ('[[rise]]\nafter_s = 0\nseverity = "urgent"', 2, "number above 0"),
        ('[[at]]\narea = "nowhere"', 1, "unknown area 'nowhere'"),
        (f'[[at]]\narea = "{VILLAGE}"\n[[at]]\narea = "{VILLAGE}"', 3, "a second block"),
        (f'[[at]]\narea = "{VILLAGE}"\nbin = {{dirty = 800}}', 3, "less than or equal to 100"),
        (f'[[at]]\narea = "{VILLAGE}"\n[at.bin]\ndirt = 80', 4, "correct its spelling"),
        (f'[[at]]\narea = "{VILLAGE}"\nbin = {{dirty = 30}}', 1, "clean must lie below dirty"),
        (f'[[at]]\narea = "{VILLAGE}"\nrecheck = {{looks = 0}}', 3, "greater than or equal to 1"),
        (f'[[at]]\narea = "{VILLAGE}"\n[[at.rule]]\nname = "热"', 1, "unknown rule '热'"),
        (f'{HEAD}{WHEN}[[at]]\narea = "{VILLAGE}"\n[[at.rule]]\nname = "热"\nnumbers = {{hot = 4}}', 6, "no number"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_with_line_and_cure(text: str, line: int, words: str) -> None:
    found = problems(text)
    assert any(f"policy.toml:{LINE + line - 1}:" in one and words in one for one in found), found


def test_numbers_of_an_area_are_tried_together_with_those_above_it() -> None:
    text = f"""{HEAD}numbers = {{hot = 55, cool = 40}}
when = ["temperature_c >= hot"]
clear = {{when = ["temperature_c < cool"]}}
[[at]]
area = "{TOWNSHIP}"
bin = {{clean = 60}}
rule = [{{name = "热", numbers = {{cool = 50}}}}]
[[at]]
area = "{VILLAGE}"
bin = {{dirty = 55}}
rule = [{{name = "热", numbers = {{hot = 45}}}}]
"""
    found = problems(text)
    assert [f"policy.toml:{LINE + 11}:" in one for one in found] == [True, True], found
    assert "clean must lie below dirty" in found[0]
    assert "would flutter" in found[1]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ('"temperature_c >= 55"', '"temperature_c < 55"'), ('"temperature_c > 55"', '"temperature_c <= 55"'),
        ('"lid_open == true"', '"lid_open == false"'), ('"lid_open == true"', '"lid_open != true"'),
        ('"fill_percent == 3"', '"fill_percent > 3"'), ('"fill_percent != 3"', '"fill_percent == 3"'),
        ('"fill_percent >= 3", "lid_open == true"', '"lid_open == false"'),
    ],
)  # fmt: skip
def test_what_excludes_the_condition_may_end_the_alarm(begin: str, end: str) -> None:
    definition(HEAD + f"when = [{begin}]\nclear = {{when = [{end}]}}")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ('"fill_percent == 3"', '"fill_percent >= 3"'), ('"fill_percent != 3"', '"fill_percent > 2"'),
        ('"lid_open != true"', '"lid_open != true"'), ('"temperature_c >= 3"', '"temperature_c == 3"'),
    ],
)  # fmt: skip
def test_what_may_be_so_at_the_same_time_may_not(begin: str, end: str) -> None:
    with pytest.raises(ValidationError, match="flutter"):
        definition(HEAD + f"when = [{begin}]\nclear = {{when = [{end}]}}")


# What holds where


GRID = f"{VILLAGE}001"
FAR_BIN = Device("bin-2", DeviceKind.BIN, "2号桶", OTHER_VILLAGE, BOX)
PLACES: dict[str, Any] = {
    "regions": (*REGIONS, Region(GRID, "一组", VILLAGE)), "devices": (*DEVICES, FAR_BIN),
    "spots": (Spot(SPOT, CAMERA, "村口", GRID, "street"), Spot(BIN, BIN, "1号桶", GRID, "yard")),
}  # fmt: skip


def at(area: str, **changes: Any) -> dict[str, Any]:
    return {"area": area, **changes}


def test_the_narrowest_area_counts_key_by_key() -> None:
    county = small_county(
        **PLACES,
        bin={"dirty": 90, "clean": 40, "report_s": 600},
        at=[at(BIN, bin={"dirty": 70}), at(VILLAGE, bin={"dirty": 75, "clean": 30}), at(TOWNSHIP, bin={"clean": 20})],
    )
    assert (county.bins_at(BIN).dirty, county.bins_at(BIN).clean) == (70, 30)
    assert (county.bins_at("bin-2").dirty, county.bins_at("bin-2").clean) == (90, 20)
    assert county.bins_at(BIN).silent_after == timedelta(hours=1)
    assert county.bins_at("nowhere") is county.policy.bins
    assert small_county().bins_at(BIN) == small_county().policy.bins


def test_the_proof_too_may_differ_by_grid_device_and_spot() -> None:
    changes = [at(COUNTY, recheck={"looks": 1}), at(GRID, recheck={"tries": 9}), at(SPOT, recheck={"looks": 5})]
    county = small_county(**PLACES, at=changes)
    assert (county.recheck_at(GRID, CAMERA, SPOT).looks, county.recheck_at(GRID, CAMERA, SPOT).tries) == (5, 9)
    assert county.recheck_at(OTHER_VILLAGE, "bin-2").looks == 1


def heat(**more: Any) -> dict[str, Any]:
    return {"name": "热", "on": "reading", "category": "bin_fire", "when": ["temperature_c >= hot"],
            "numbers": {"hot": 55}, **more}  # fmt: skip


def hot_at(county: Any, device: str) -> list[object]:
    spot = next(one for one in county.spots if one.device == device)
    return [law.rule.steps[0].condition.all_of[0].value for law in county.laws_at("reading", spot)]


def test_a_rule_has_the_numbers_of_the_narrowest_area() -> None:
    changes = [at(VILLAGE, rule=[{"name": "热", "numbers": {"hot": 60}}]),
               at(BIN, rule=[{"name": "热", "numbers": {"hot": 65}}])]  # fmt: skip
    county = small_county(**PLACES, rule=[heat()], at=changes)
    assert (hot_at(county, BIN), hot_at(county, "bin-2")) == ([65], [55])


def test_a_rule_has_the_schedule_of_the_narrowest_area() -> None:
    changes = [at(VILLAGE, rule=[{"name": "热", "schedule": [{"days": ["sun"]}]}])]
    county = small_county(**PLACES, rule=[heat(schedule=[{"days": ["mon"]}])], at=changes)
    days = {one.device: county.laws_at("reading", one)[0].rule.windows[0].days for one in county.spots}
    assert (days[BIN], days["bin-2"]) == (("sun",), ("mon",))


@pytest.mark.parametrize(
    ("areas", "there", "elsewhere"),
    [
        (None, True, True), ([COUNTY], True, True), ([VILLAGE], True, False), ([GRID], True, False),
        ([BIN], True, False), (["yard"], True, False), (["street"], False, False), ([OTHER_VILLAGE, BIN], True, True),
    ],
)  # fmt: skip
def test_a_rule_applies_in_its_areas(areas: list[str] | None, there: bool, elsewhere: bool) -> None:
    county = small_county(**PLACES, rule=[heat(**({"areas": areas} if areas else {}))])
    assert (bool(hot_at(county, BIN)), bool(hot_at(county, "bin-2"))) == (there, elsewhere)


def test_places_with_the_same_numbers_share_one_law_made_once() -> None:
    county = small_county(**PLACES, rule=[heat()])
    laws = [county.laws_at("reading", spot)[0] for spot in county.spots if spot.device.startswith("bin")]
    assert laws[0] is laws[1]
    assert not county.laws_at("event", county.spots[0])


def test_a_rule_without_severity_has_that_of_its_category() -> None:
    county = small_county(**PLACES, rule=[heat()])
    assert county.laws_at("reading", county.spots[1])[0].rule.steps[0].severity == "urgent"


def test_what_the_handbook_shows_is_accepted() -> None:
    page = (Path(__file__).parents[2] / "docs/handbook/rules.md").read_text(encoding="utf-8")
    shown = "\n".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)).replace("640123101", TOWNSHIP)
    county = load(small_folder(policy_toml=f"{POLICY_TOML}\n{shown}"))
    assert [one.name for one in county.policy.rules] == ["桶温过高", "垃圾连看三次", "满溢要看清", "桶满"]
    assert county.bins_at(BIN).dirty == 80
    assert all(field in page for fields in FIELDS.values() for field in fields)
