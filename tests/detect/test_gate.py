from datetime import UTC, datetime, timedelta

import numpy as np

from detect.gate import GateMemory, GateRule, consider
from tests.detect.conftest import Picture, a_place, noisy

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PLACE = a_place(1, 640, 360)


def passed(pictures: list[Picture], every_s: float = 1.0, rule: GateRule | None = None) -> list[int]:
    memory, numbers = GateMemory(), []
    for number, picture in enumerate(pictures):
        memory, passes = consider(memory, picture, START + timedelta(seconds=number * every_s), rule)
        numbers += [number] if passes else []
    return numbers


def with_someone(x: int) -> Picture:
    changed = PLACE.copy()
    changed[150:250, x : x + 40] = 255 - changed[150:250, x : x + 40]
    return changed


def test_while_it_learns_everything_passes() -> None:
    assert passed([PLACE] * 5) == [0, 1, 2, 3, 4]


def test_a_quiet_place_passes_only_now_and_then() -> None:
    numbers = passed([noisy(PLACE, number, 3) for number in range(60)])
    assert numbers == [0, 1, 2, 3, 4, 14, 24, 34, 44, 54]


def test_somebody_passes_at_once_and_for_some_seconds_after() -> None:
    quiet = [noisy(PLACE, number, 3) for number in range(40)]
    pictures = [*quiet[:10], with_someone(100), with_someone(300), *quiet[12:]]
    numbers = passed(pictures, rule=GateRule(at_least_s=1000))
    assert numbers == [0, 1, 2, 3, 4, *range(10, 17)]


def test_a_lamp_or_a_cloud_is_no_movement() -> None:
    pictures = [np.clip(PLACE.astype(np.int16) + number % 2 * 25, 0, 255).astype(np.uint8) for number in range(30)]
    assert passed(pictures, rule=GateRule(at_least_s=1000)) == [0, 1, 2, 3, 4]


def test_what_stays_becomes_usual() -> None:
    pictures = [PLACE] * 10 + [with_someone(200)] * 200
    numbers = passed(pictures, rule=GateRule(at_least_s=1000))
    assert 10 in numbers
    assert max(numbers) < 120
