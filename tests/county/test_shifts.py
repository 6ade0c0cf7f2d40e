"""The duty roster: who is on duty when, what check says of it, and that a sheet comes out as it went in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.check_shifts import both
from county.diff import differences
from county.files import dump, load, read
from county.shifts import Local, Shift
from county.snapshot import County
from county.staff import Leave
from county.values import Level
from tests.county.small import COUNTY, OTHER_VILLAGE, POLICY_TOML, TOWNSHIP, VILLAGE, small_county, small_folder

MONDAY = date(2026, 11, 23)
NIGHT = (time(18), time(8))
HEAD = "area,level,person,from,to,days,hours\n"


def shift(person: str, area: str = TOWNSHIP, level: Level = Level.TOWNSHIP, **more: object) -> Shift:
    return Shift(person, area, level, **more)  # type: ignore[arg-type]


def when(day: int, clock: str) -> Local:
    return Local(MONDAY + timedelta(days=day), time.fromisoformat(clock))


def utc(day: int, hour: int) -> datetime:
    """That local hour of the county (UTC+8) as an aware moment."""
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day, hours=hour - 8)


def on(county: County, now: datetime, code: str = VILLAGE, level: Level = Level.TOWNSHIP) -> list[str]:
    return [person.id for person in county.on_duty(code, level, now)]


def roster(*lines: str) -> County:
    return load(small_folder(roster_csv=HEAD + "\n".join(lines) + "\n"))


@pytest.mark.parametrize(
    ("moment", "there"),
    [((0, "17:59"), False), ((0, "18:00"), True), ((1, "00:00"), True), ((1, "07:59"), True), ((1, "08:00"), False),
     ((1, "18:00"), False), ((7, "18:00"), True), ((0, "07:59"), False)],
)  # fmt: skip
def test_a_night_belongs_to_the_day_on_which_it_begins(moment: tuple[int, str], there: bool) -> None:
    assert shift("t1", days=(0,), hours=NIGHT).holds(when(*moment)) is there


def test_a_shift_holds_from_its_first_moment_until_before_its_last() -> None:
    one = shift("t1", start=when(0, "08:00"), end=when(1, "08:00"))
    held = [one.holds(when(*at)) for at in ((0, "07:59"), (0, "08:00"), (1, "07:59"), (1, "08:00"))]
    assert held == [False, True, True, False]


def test_the_narrowest_area_counts_and_leave_wins_over_the_roster() -> None:
    shifts = (
        shift("c1", COUNTY, Level.TOWNSHIP), shift("t1", start=when(0, "08:00"), end=when(2, "08:00")),
        shift("v2", VILLAGE, Level.VILLAGE, hours=NIGHT),
    )  # fmt: skip
    county = small_county(shifts=shifts)
    assert (on(county, utc(0, 9)), on(county, utc(2, 9)), on(county, utc(0, 7))) == (["t1"], ["c1"], ["c1"])
    assert (on(county, utc(0, 20), level=Level.VILLAGE), on(county, utc(0, 12), level=Level.VILLAGE)) == (["v2"], [])
    assert on(county, utc(0, 20), OTHER_VILLAGE, Level.VILLAGE) == []
    away = small_county(shifts=shifts, leaves=(Leave("t1", MONDAY, MONDAY + timedelta(days=1)),))
    assert (on(away, utc(0, 9)), on(away, utc(1, 9))) == (["c1"], ["t1"])


def test_history_stays_answerable_by_the_dates_of_the_lines() -> None:
    county = roster(f"{TOWNSHIP},township,t1,2026-11-02,2026-11-09,,", f"{TOWNSHIP},township,c1,2026-11-09,,,")
    assert [on(county, utc(day, 12)) for day in (-22, -21, -14, 0)] == [[], ["t1"], ["c1"], ["c1"]]


def test_a_sheet_comes_out_as_it_went_in_and_is_not_written_when_empty() -> None:
    lines = [
        f"{TOWNSHIP},township,t1,2026-11-23 08:00,2026-11-24 08:00,,",
        f"{TOWNSHIP},township,c1,2026-11-24 08:00,,mon|wed,18:00-08:00",
        f"{VILLAGE},village,v1b,,,,22:00-06:00",
    ]
    county = roster(*lines)
    out = dump(county.content, POLICY_TOML.encode())
    assert out["roster.csv"].decode().splitlines() == [HEAD.strip(), *lines]
    assert load(out).content.shifts == county.content.shifts
    assert "roster.csv" not in dump(small_county().content, POLICY_TOML.encode())
    short = dump(small_county(shifts=(shift("t1"),)).content, POLICY_TOML.encode())["roster.csv"]
    assert short.decode().splitlines()[0] == "area,level,person,from,to"


def test_a_diff_names_who_when_and_where() -> None:
    old = roster(f"{TOWNSHIP},township,t1,2026-11-23 08:00,2026-11-24 08:00,,", f"{VILLAGE},village,v1b,,,,22:00-06:00")
    new = roster(
        f"{TOWNSHIP},township,t1,2026-11-23 08:00,2026-11-25 08:00,,", f"{VILLAGE},village,v1b,,,mon,22:00-06:00"
    )
    assert [str(one) for one in differences(old.content, new.content)] == [
        f"- roster.csv: {VILLAGE} (石门村) village v1b 22:00-06:00 v1b",
        f"+ roster.csv: {VILLAGE} (石门村) village v1b mon 22:00-06:00 v1b",
        f"~ roster.csv: {TOWNSHIP} (柳林镇) township t1 from 2026-11-23 08:00 end: 2026-11-24 08:00 → 2026-11-25 08:00",
    ]


GOOD = f"{TOWNSHIP},township,t1,,,,"


@pytest.mark.parametrize(
    ("line", "text", "cure"),
    [(f"{TOWNSHIP},township,x,,,,", "unknown person 'x'", "people.csv"),
     (f"{TOWNSHIP},township,,,,,", "'person' is empty", "fill in"),
     ("640999199,township,t1,,,,", "unknown area", "regions.csv"),
     (f"{TOWNSHIP},boss,t1,,,,", "'boss'", "use one of"),
     (f"{TOWNSHIP},village,v1,,,,", "wider than the level", "its own line"),
     (f"{TOWNSHIP},township,t1,2026-11-23 8:00,,,", "'2026-11-23 8:00'", "2026-03-01 08:00"),
     (f"{TOWNSHIP},township,t1,tomorrow,,,", "'tomorrow'", "2026-03-01 08:00"),
     (f"{TOWNSHIP},township,t1,2026-11-23 25:00,,,", "'2026-11-23 25:00'", "2026-03-01 08:00"),
     (f"{TOWNSHIP},township,t1,2026-11-23 08:00+08:00,,,", "+08:00", "local time"),
     (f"{TOWNSHIP},township,t1,2026-11-23,2026-11-23,,", "not after", "off duty"),
     (f"{TOWNSHIP},township,t1,,,everyday,", "'everyday'", "mon|thu"),
     (f"{TOWNSHIP},township,t1,,,mon|mon,", "'mon|mon'", "each once"),
     (f"{TOWNSHIP},township,t1,,,,18:00", "'18:00'", "18:00-08:00"),
     (f"{TOWNSHIP},township,t1,,,,18-8", "'18-8'", "18:00-08:00"),
     (f"{TOWNSHIP},township,t1,,,,１８:00-08:00", "'１８:00-08:00'", "18:00-08:00"),
     (f"{TOWNSHIP},township,t1,,,,-", "'-'", "18:00-08:00"),
     (f"{GOOD}\n{TOWNSHIP},township,c1,2026-11-23,,,", "two people on duty", "where the other begins"),
     (f"{GOOD}\n{GOOD}", "two people on duty", "where the other begins"),
     (f"{GOOD},,", "has 9 cells", "commas")],
)  # fmt: skip
def test_check_names_file_line_and_cure(line: str, text: str, cure: str) -> None:
    content, problems = read(small_folder(roster_csv=f"{HEAD}{line}\n"))
    assert content is not None
    assert [one.file for one in problems] == ["roster.csv"] * len(problems)
    assert problems[0].line == 1 + len(line.splitlines())
    assert text in str(problems[0])
    assert cure in problems[0].cure


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"", b"area\n", b'area,level,person,from,to\n"x', b"\x00" * 9])
def test_a_broken_file_is_a_problem_and_no_crash(data: bytes) -> None:
    folder = {**small_folder(), "roster.csv": data}
    assert any(one.file == "roster.csv" for one in read(folder)[1])


def gaps(*shifts: Shift) -> list[tuple[int, int, str]]:
    found = [gap for gap in small_county(shifts=shifts).gaps(MONDAY) if gap.kind == "roster"]
    return [((one.start - MONDAY).days, (one.end - MONDAY).days if one.end else 0, one.text) for one in found]


def test_a_day_that_was_forgotten_is_named_and_what_is_never_covered_is_none() -> None:
    week = [shift("t1", start=when(n, "08:00"), end=when(n + 1, "08:00")) for n in (0, 1, 2, 4)]
    found = gaps(*week)
    assert [one[:2] for one in found] == [(3, 4), (4, 5)], "the day, and the night that belongs to it"
    assert found[0][2] == (
        "值班表 柳林镇 640999101 乡镇级:2026-11-26 起，到 2026-11-27 前，08:00开始的时段没有排人，由平时的责任人接通知"
    )
    assert gaps(shift("t1", hours=NIGHT)) == [], "a roster of nights has no gap by day"
    assert gaps(shift("t1", days=(0, 1, 2, 3, 4), hours=(time(8), time(18)))) == [], "nor one of workdays at weekends"
    assert gaps() == []


kinds = st.builds(
    Shift, st.just("t1"), st.just(TOWNSHIP), st.just(Level.TOWNSHIP),
    st.none() | st.builds(when, st.integers(-9, 9), st.sampled_from(["00:00", "08:00", "20:30"])),
    st.none() | st.builds(when, st.integers(10, 30), st.sampled_from(["00:00", "08:00"])),
    st.lists(st.integers(0, 6), unique=True, max_size=3).map(tuple),
    st.none() | st.sampled_from([NIGHT, (time(8), time(18)), (time(0), time(0)), (time(12), time(12, 30))]),
)  # fmt: skip


@given(kinds, kinds)
def test_two_on_duty_at_once_are_found_as_by_looking_at_every_half_hour(one: Shift, two: Shift) -> None:
    half_hours = (when(n // 48, f"{n % 48 // 2:02}:{n % 2 * 30:02}") for n in range(-20 * 48, 31 * 48))
    looked = any(one.holds(moment) and two.holds(moment) for moment in half_hours)
    found = both(one, two)
    assert (found is not None) is looked
    assert found is None or (one.holds(found) and two.holds(found))
