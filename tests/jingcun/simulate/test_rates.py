"""The committed rates: read strictly, refused with the name of what is wrong, and noise alone is multiplied."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from jingcun.simulate.rates import BadRates, Rates, committed, rates_of, read_rates

TEXT = (Path(__file__).parents[3] / "jingcun" / "simulate" / "rates.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_every_committed_rate_says_where_it_comes_from() -> None:
    numbers = [line for line in TEXT.splitlines() if "=" in line and not line.startswith("#")]
    shapes = ("median", "most are over")  # said once for the block
    told = [line for line in numbers if "#" in line]
    assert len(told) >= 0.85 * len(numbers)
    assert all(line.partition("#")[2].strip() for line in told)
    assert any(word in TEXT for word in shapes)


def test_the_committed_noise_adds_up_to_what_the_scale_on_paper_counts_with() -> None:
    noise = committed().noise
    assert 0.5 <= noise.spikes_per_bin_day <= 0.7
    assert noise.false_looks_per_day >= 0.5


def test_noise_is_multiplied_and_nothing_else() -> None:
    once, twice = committed(), committed().with_noise(2)
    assert twice.noise.false_looks_per_day == 2 * once.noise.false_looks_per_day
    assert twice.noise.late == 2 * once.noise.late
    assert twice.model_copy(update={"noise": once.noise}) == once


def test_a_share_is_never_more_than_all() -> None:
    loud = read_rates(changed("late = 0.01 ", "late = 0.6 ")).with_noise(20)
    assert loud.noise.late == 1


@pytest.mark.parametrize("factor", [-1, 21, math.nan, math.inf])
def test_a_factor_that_is_none_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="noise is"):
        committed().with_noise(factor)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dumpings_per_day = 0.025", "dumpings_per_day = -1", "places.dumpings_per_day"),
        ("dumpings_per_day = 0.025", 'dumpings_per_day = "many"', "places.dumpings_per_day"),
        ("dumpings_per_day = 0.025", "dumpings_per_day = nan", "places.dumpings_per_day"),
        ("dumpings_per_day = 0.025", "dumping_per_day = 0.025", "places.dumping_per_day"),
        ("forgets = 0.12", "forgets = 1.2", "people.forgets"),
        ("interval_days = [1, 2, 3]", "interval_days = []", "bins.interval_days"),
        ("dawn_hour = 6.5", "dawn_hour = 19", "dawn_hour must lie before dusk_hour"),
        ("wakes_hour = 6.5", "wakes_hour = 23", "wakes_hour must lie before sleeps_hour"),
        ("[places]", "[plaecs]", "places: Field required"),
        ("spread = 0.9", "spread = [", "not TOML"),
    ],
)
def test_a_wrong_rate_is_refused_by_its_name(old: str, new: str, words: str) -> None:
    with pytest.raises(BadRates) as told:
        read_rates(changed(old, new))
    assert words in str(told.value)


def test_an_empty_file_names_what_is_missing_and_no_more_than_five() -> None:
    with pytest.raises(BadRates, match=r"spread: Field required.*and 4 more"):
        read_rates("")


def test_a_file_of_ones_own_is_read_and_a_fault_names_it(tmp_path: Path) -> None:
    own = tmp_path / "rates.toml"
    own.write_text(changed("forgets = 0.12", "forgets = 0.5"), encoding="utf-8")
    assert rates_of(own).people.forgets == 0.5
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(BadRates, match=r"rates\.toml: not UTF-8"):
        rates_of(own)
    own.write_text("spread = 1", encoding="utf-8")
    with pytest.raises(BadRates, match=r"rates\.toml: places"):
        rates_of(own)
    assert isinstance(rates_of(None), Rates)
