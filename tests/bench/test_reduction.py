"""``month_reduction``: what it is the figure of, and what it refuses to print."""

from __future__ import annotations

from typing import Any

import pytest

from bench import reduction
from bench.reduction import TOLD, judge, month, month_reduction, told_of


def told(**changes: Any) -> dict[str, Any]:
    return {**dict.fromkeys(TOLD, 1), "balanced": True, "dumping_recall": 0.99, "wrong": [], **changes}


def test_the_figure_is_that_of_the_committed_noise_and_the_others_stand_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reduction, "month", lambda noise: told(reduction=60 * noise))
    made = month_reduction()
    assert (made.bench, made.value, made.unit) == ("month_reduction", 60.0, "raw events per ticket")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["noise 0.5", "noise 1", "noise 2"]
    assert all("dumping_recall 0.99" in line and "precision" in line for line in lines)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (told(balanced=False, wrong=["a row is lost"]), "the books do not balance: a row is lost"),
        (told(dumping_recall=0.979), "only 0.979 of the true dumpings"),
        (told(dumping_recall=None), "only None of the true dumpings"),
    ],
)
def test_a_month_that_proves_nothing_gives_no_figure(one: dict[str, Any], words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        judge(1.0, one)


@pytest.mark.timeout(300)
def test_a_small_month_of_the_county_at_scale_is_lived_through_on_two_processors() -> None:
    made = month(1.0, days=1, cameras=28, bins=56)
    assert (made["cameras"], made["bins"], made["days"], made["balanced"]) == (28, 56, 1, True)
    assert made["readings"] == 56 * 48
    assert "tickets_a_day" in told_of(made)
