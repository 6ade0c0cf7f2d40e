"""Every example of docs/handbook/duties.md is a policy that a county may have, and the page names every setting."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from county.policy import Policy
from county.policy.acknowledging import Also, Remind, Silence
from county.policy.checking import Recheck, SameHour
from county.policy.daily import Daily
from county.policy.handover import Handover
from county.policy.relapse import Relapse
from county.policy.telling import Tell
from county.policy.triage import Triage, When
from tests.county.small import limits

PAGE = (Path(__file__).parents[2] / "docs/handbook/duties.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def policy_with(example: str) -> Policy:
    told: dict[str, Any] = tomllib.loads(example)
    triage_limit = {"stage": "triage", "level": "township", "value": 1, "unit": "hour"}
    told["limits"] = [*limits(), triage_limit, *told.pop("limit", [])]
    return Policy.model_validate(told)


@pytest.mark.parametrize("example", EXAMPLES, ids=[one.strip().splitlines()[0] for one in EXAMPLES])
def test_an_example_of_the_page_is_a_policy(example: str) -> None:
    policy = policy_with(example)
    assert policy != Policy.model_validate({"limits": limits()}), "it says something"


@pytest.mark.parametrize(
    "block", [Triage, When, Recheck, SameHour, Daily, Tell, Handover, Relapse, Also, Remind, Silence]
)
def test_the_page_names_every_setting_of_a_block(block: type[BaseModel]) -> None:
    missing = [name for name in block.model_fields if not re.search(rf"\b{name}\b", PAGE)]
    assert missing == []


def test_the_figures_of_the_page_are_those_of_the_policy() -> None:
    whole = policy_with(next(one for one in EXAMPLES if "[[daily]]" in one))
    assert [(row.after_hours, row.by and row.by.hour) for row in whole.daily] == [(24, None), (None, 18)]
