"""The reckoning of scale: its page is fresh, its inputs are what the code does and the stores take, its sums add up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given as any_of
from hypothesis import strategies as st

from bench import scale, scale_inputs, scale_sizes
from bench.__main__ import WHERE
from bench.scale_inputs import Given
from bench.scale_load import LEVELS, Load, counties_a_machine, counties_a_postgres, machines
from broker.messages import CHUNK_BYTES
from edge.settings import BoxSettings, BrokerSettings
from ingest.months import KEEP
from jingcun.settings import EvidenceSettings
from tests.test_features import names_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
NEAR = 0.15
COUNTS = (
    "boxes", "links", "readings", "events", "chunks", "receipted", "passing", "mean", "busy", "backlog", "sent",
    "inbox", "values", "series_sqlite", "series_year", "pictures", "tickets", "notices", "reconnects",
)  # fmt: skip
PARTS = {
    "broker": ({"Mosquitto"}, {"EMQX"}), "inbox": ({"SQLite", "PostgreSQL"}, {"PostgreSQL"}),
    "series": ({"SQLite", "VictoriaMetrics", "InfluxDB"}, {"VictoriaMetrics"}), "evidence": ({"directory"}, {"S3"}),
    "alerts": ({"our process"}, {"our process"}), "screen": ({"our process"}, {"our process"}),
    "door": ({"our process"}, {"our process"}),
}  # fmt: skip


def test_the_page_carries_the_tables_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert scale.renewed(PAGE) == PAGE, "run python -m bench.scale --write"
    scale.main([])
    assert capsys.readouterr().out.strip() in PAGE


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lost a mark"):
        scale.renewed(PAGE.replace(scale.END, ""))


def test_writing_renews_a_stale_page_and_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "scale.md"
    page.write_text(f"before\n{scale.BEGIN}\nstale\n{scale.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(scale, "PAGE", page)
    scale.main(["--write"])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale" not in text
    assert scale.tables() in text


def test_the_rate_of_the_door_is_one_that_the_page_of_figures_carries() -> None:
    figures = (ROOT / "docs" / "bench.md").read_text(encoding="utf-8")
    rows = [line for line in figures.splitlines() if line.startswith("| `door_rate`")]
    assert any(f"{scale_inputs.DOOR_RATE.value:,.0f}" in row for row in rows), (
        "docs/bench.md has another door_rate: write it into bench/scale_inputs.py, then python -m bench.scale --write"
    )


@pytest.mark.parametrize("one", scale_inputs.ALL, ids=lambda one: str(one.what)[:40])
def test_every_input_names_its_source(one: Given) -> None:
    assert one.value > 0
    assert one.source
    if one.how == "measured":
        command = re.fullmatch(r"`(?:python -m (\S+)(?: --only (\w+))?|pytest -s (\S+))`", one.source)
        assert command is not None, one.source
        module, name, file = command.groups()
        assert (ROOT / (file or module.replace(".", "/") + (".py" if module != "bench" else "/__main__.py"))).is_file()
        assert name is None or name in WHERE
    for file in re.findall(r"\b[\w/]+\.(?:py|sql|yaml)\b", one.source):
        assert (ROOT / file).is_file(), file


def test_what_is_said_of_the_code_is_what_the_code_does() -> None:
    box = BoxSettings.model_fields
    compose = yaml.safe_load((ROOT / "deploy" / "province" / "compose.yaml").read_text(encoding="utf-8"))
    said = {
        scale_inputs.HEALTH_S: box["health_s"].default,
        scale_inputs.COVERAGE_S: box["coverage_s"].default,
        scale_inputs.RECONNECT_S: BrokerSettings.model_fields["retry_max_s"].default,
        scale_inputs.CHUNK: CHUNK_BYTES,
        scale_inputs.MONTHS: KEEP + 1,
        scale_inputs.PICTURE_DAYS: EvidenceSettings().picture_days,
        scale_inputs.POSTGRES_LINKS: int(re.findall(r"max_connections=(\d+)", str(compose["services"]["postgres"]))[0]),
    }
    for one, does in said.items():
        assert one.value == does, one.what
    not_numbers = {scale_inputs.LINKS_OF_BOX}  # two links stand in edge/box.py
    assert set(said) | not_numbers == {one for one in scale_inputs.ALL if one.how == "code"}


def test_messages_have_the_sizes_that_are_reckoned_with() -> None:
    for kind, one in (
        ("reading", scale_inputs.READING_SENT), ("event", scale_inputs.EVENT_SENT), ("picture", scale_inputs.CHUNK_SENT)
    ):  # fmt: skip
        assert scale_sizes.sent_bytes(kind) == pytest.approx(one.value, rel=NEAR), kind


@pytest.mark.parametrize(("kind", "one"), [("event", scale_inputs.EVENT_ROW), ("picture", scale_inputs.CHUNK_ROW)])
def test_a_row_of_a_sqlite_inbox_takes_about_what_is_reckoned_with(tmp_path: Path, kind: str, one: Given) -> None:
    assert scale_sizes.inbox_bytes(f"sqlite:///{tmp_path}/inbox.db", kind) == pytest.approx(one.value, rel=NEAR)


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "one"),
    [("reading", scale_inputs.READING_ROW), ("event", scale_inputs.EVENT_ROW), ("picture", scale_inputs.CHUNK_ROW)],
)
def test_a_row_of_a_postgresql_inbox_takes_about_what_is_reckoned_with(
    real_postgres: str, kind: str, one: Given
) -> None:
    assert scale_sizes.inbox_bytes(real_postgres, kind) == pytest.approx(one.value, rel=NEAR)


def test_a_month_of_series_takes_about_what_is_reckoned_with() -> None:
    measured = scale_sizes.series_bytes()
    assert measured["value"] == pytest.approx(scale_inputs.RAW_VALUE.value, rel=NEAR)
    assert measured["hours of a day"] == pytest.approx(scale_inputs.HOURS_DAY.value, rel=NEAR)


@any_of(st.integers(1, 5000), st.sampled_from(COUNTS))
def test_counties_side_by_side_are_the_sum_of_counties(counties: int, what: str) -> None:
    assert getattr(Load(counties), what) == pytest.approx(counties * getattr(Load(1), what))


def test_every_sum_of_a_load_is_among_those_that_add_up() -> None:
    told = {name for name, value in vars(Load).items() if isinstance(value, property)}
    assert told == set(COUNTS) | {"villages", "cameras", "bins"}


def test_the_busiest_hour_is_at_least_the_mean_and_fits_through_the_door() -> None:
    one = Load(1)
    assert one.mean <= one.busy < scale_inputs.DOOR_RATE.value
    assert one.receipted == one.readings + 2 * one.events + one.chunks


@any_of(st.integers(0, 5000), st.integers(0, 5000))
def test_more_counties_never_need_fewer_machines_and_each_finds_room(few: int, more: int) -> None:
    few, more = sorted((few, more))
    assert all(machines(few)[part] <= machines(more)[part] for part in machines(few))
    assert machines(more)["servers"] * counties_a_machine() >= more
    assert machines(more)["postgres"] * counties_a_postgres() >= more


@pytest.mark.parametrize(
    ("number", "told"), [(7, "7"), (9_900, "9,900"), (330_000, "330,000"), (3.3e7, "33 M"), (1.231e9, "1.23 G")]
)
def test_counts_read_well(number: float, told: str) -> None:
    assert scale.count(number) == told


@pytest.mark.parametrize(
    ("number", "told"), [(7.15e8, "715 MB"), (1.35e11, "135 GB"), (1.35e13, "13.5 TB"), (2e15, "2 PB")]
)
def test_sizes_read_well(number: float, told: str) -> None:
    assert scale.size(number) == told


@pytest.mark.parametrize(("number", "told"), [(8.82, "8.8"), (833.3, "833"), (25_135.4, "25,135")])
def test_rates_read_well(number: float, told: str) -> None:
    assert scale.rate(number) == told


def test_every_level_names_the_engine_of_each_part_and_what_is_not_measured() -> None:
    chapters = [part for part in PAGE.split("\n## ") if "| part | engine |" in part]
    assert len(chapters) == len(LEVELS)
    for level, chapter in enumerate(chapters):
        rows = {row.split("|")[1].strip(): row for row in chapter.splitlines() if row.startswith("| ")}
        for part, engines in PARTS.items():
            row = next(text for name, text in rows.items() if part in name)
            named = row.split("|")[2]
            assert all(engine in named or engine + "es" in named for engine in engines[min(level, 1)]), (part, named)
        assert "not measured" in rows["part"]
        assert "breaks first" in rows["part"]
    assert str(machines(LEVELS["province"].counties)["servers"]) == "6", (
        "the heading and the rows of the province say six"
    )
    assert machines(LEVELS["province"].counties)["postgres"] == 6


def test_the_tests_that_the_page_cites_exist() -> None:
    for file in re.findall(r"`(tests/[\w/]+\.py)`", PAGE):
        assert names_in(ROOT / file), file
