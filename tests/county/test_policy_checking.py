"""The proof as a county writes it, also where one place has its own."""

from __future__ import annotations

import pytest

from county.files import read
from county.policy.checking import Recheck, SameHour
from tests.county.small import POLICY_TOML, VILLAGE, small_folder

AT = f'\n[[at]]\narea = "{VILLAGE}"\n'


def problems(toml: str) -> list[str]:
    return [problem.text for problem in read(small_folder(policy_toml=POLICY_TOML + toml))[1]]


def test_the_first_block_that_holds_for_a_category_counts() -> None:
    dumped, rest = SameHour(categories=("dumped",), within_minutes=15), SameHour(within_minutes=60)
    recheck = Recheck(same_hour=(dumped, rest))
    assert recheck.hour_of("dumped") == dumped
    assert recheck.hour_of("garbage") == rest
    assert Recheck(same_hour=(dumped,)).hour_of("garbage") is None


def test_a_village_may_have_a_proof_of_its_own_but_not_of_what_the_county_does_not_know() -> None:
    assert problems(f'{AT}recheck = {{ looks = 3, same_hour = [{{ categories = ["dumped"] }}] }}\n') == []
    (wrong,) = problems(f'{AT}recheck = {{ same_hour = [{{ categories = ["noise"] }}] }}\n')
    assert "names noise" in wrong


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[recheck]\nlooks = 0", "greater than or equal to 1"),
        ("[recheck]\nsample = 1.5", "less than or equal to 1"),
        ("[recheck]\napart_s = -1", "greater than or equal to 0"),
        ("[recheck]\ndisputes = 0", "greater than or equal to 1"),
        ("[[recheck.same_hour]]\nwithin_minutes = 0", "greater than or equal to 1"),
        ("[[recheck.same_hour]]\ndays = 99", "less than or equal to 30"),
        ('[[recheck.same_hour]]\ncategories = ["noise"]', "names noise"),
    ],
)
def test_what_proves_nothing_is_refused(toml: str, said: str) -> None:
    assert any(said in one for one in problems(f"\n{toml}\n"))
