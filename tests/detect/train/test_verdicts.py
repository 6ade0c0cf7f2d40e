"""Verdicts as a data set: what becomes a label, an empty one, what stays out, that a camera is never parted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.train.card import Facts
from detect.train.dataset import MANIFEST, BadData, Box, Sample, read_folder, read_manifest
from detect.train.places import BLOCK, apart, split
from detect.train.recipe import CLASSES, Recipe
from detect.train.run import gather, repeated, verdict_counts
from detect.train.teacher import completed, taught
from detect.train.verdicts import Exported, Told, export
from tests.detect.conftest import a_place
from tests.detect.train.conftest import numbered
from tests.detect.train.test_card import a_card

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
BAG = Found("garbage", 0.8, 0.25, 0.5, 0.5, 0.75)
HEAP = Found("garbage", 0.6, 0.6, 0.6, 0.9, 0.9)
FULL = Found("overflow", 0.7, 0.1, 0.1, 0.2, 0.3)


class Store:
    """Evidence in a folder, and the things told by it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def picture(self, seed: int) -> str:
        _, data = cv2.imencode(".jpg", a_place(seed, 64, 48))
        return self.keep(data.tobytes())

    def keep(self, data: bytes, name: str = "") -> str:
        sha256 = name or hashlib.sha256(data).hexdigest()
        self.folder.mkdir(exist_ok=True)
        (self.folder / sha256).write_bytes(data)
        return sha256

    def path(self, sha256: str) -> Path | None:
        return self.folder / sha256 if (self.folder / sha256).exists() else None

    def told(self, seed: int, verdict: str, *boxes: Found, camera: str = "cam-1", **more: Any) -> Told:
        judged_at = T0 + timedelta(days=1) if verdict else None
        usual = Told(
            f"event-{seed}", "ticket-1", "box-1", camera, "gate", "garbage", "0123456789ab", "7-ab", T0, "",
            boxes or (BAG,), verdict=verdict, who="township" if verdict else "", judged_at=judged_at,
        )  # fmt: skip
        return replace(usual, picture=self.picture(seed), at=T0 + timedelta(minutes=seed), **more)

    def export(self, out: Path, *told: Told) -> Exported:
        return export(told, self.path, out, CLASSES, self.problems.append)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "evidence")


def test_true_is_a_label_false_an_empty_file_and_unclear_a_line_of_the_manifest(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = store.export(out, store.told(1, "true"), store.told(2, "false"), store.told(3, "unclear"), store.told(4, ""))
    assert made == Exported(2, 1, 1, {"true": 1, "false": 1, "unclear": 1}, 1)
    first, second = read_folder(out, CLASSES)
    assert first.boxes == (Box(0, 0.375, 0.625, 0.25, 0.25),)
    assert (second.boxes, second.denied) == ((), (Box(0, 0.375, 0.625, 0.25, 0.25),))
    assert {first.place, second.place} == {"box-1/cam-1"}
    lines = read_manifest(out)
    assert [(line["event"], line["verdict"], bool(line["file"])) for line in lines] == [
        ("event-1", "true", True), ("event-2", "false", True), ("event-3", "unclear", False),
    ]  # fmt: skip
    assert lines[0] | {"file": "", "picture": ""} == {
        "event": "event-1", "ticket": "ticket-1", "device": "box-1", "camera": "cam-1", "spot": "gate",
        "kind": "garbage", "model": "0123456789ab", "config": "7-ab", "at": "2026-11-21T02:01:00+00:00",
        "verdict": "true", "who": "township", "judged_at": "2026-11-22T02:00:00+00:00", "picture": "", "file": "",
        "place": "box-1/cam-1", "rendered": False, "why": "", "boxes": [["garbage", 0.8, 0.25, 0.5, 0.5, 0.75]],
    }  # fmt: skip
    assert store.problems == []


def test_the_pictures_are_the_evidence_byte_for_byte(store: Store, tmp_path: Path) -> None:
    one = store.told(1, "true")
    store.export(tmp_path / "out", one)
    kept = next((tmp_path / "out" / "images").iterdir())
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == one.picture
    assert "unreadable" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("others", "boxes", "why"),
    [
        ([("true", HEAP)], 2, ""),
        ([("false", HEAP)], 1, ""),
        ([("true", replace(BAG, x1=0.26))], 1, ""),  # the same thing told twice
        ([("unclear", HEAP)], None, "nobody could tell"),
        ([("", HEAP)], None, "not judged yet"),
        ([("false", replace(BAG, x1=0.26))], None, "true and false"),
        ([("false", replace(FULL, label="garbage"))], 1, ""),
        ([("true", replace(HEAP, label="fire"))], None, "unknown label fire"),
        ([("true", None)], None, "names no box"),
    ],
)
def test_a_picture_that_told_several_things_is_used_only_when_all_is_known(
    store: Store, tmp_path: Path, others: list[tuple[str, Found | None]], boxes: int | None, why: str
) -> None:
    first = store.told(1, "true")
    more = [
        replace(first, event=f"other-{number}", spot="lane", verdict=verdict, boxes=(box,) if box else ())
        for number, (verdict, box) in enumerate(others)
    ]
    made = store.export(tmp_path / "out", first, *more)
    assert (made.boxes if made.pictures else None) == boxes
    assert all(why in line["why"] for line in read_manifest(tmp_path / "out"))


def test_missing_cut_and_exchanged_pictures_cost_a_line_each(store: Store, tmp_path: Path) -> None:
    missing, cut, exchanged, broken = (store.told(number, "true") for number in range(1, 5))
    (store.folder / missing.picture).unlink()
    store.keep((store.folder / cut.picture).read_bytes()[:-40], cut.picture)
    store.keep((store.folder / broken.picture).read_bytes(), exchanged.picture)
    no_picture = replace(broken, picture=store.keep(b"\xff\xd8 no picture"))
    made = store.export(tmp_path / "out", missing, cut, exchanged, no_picture, store.told(9, "false"))
    assert (made.pictures, made.left_out, len(store.problems)) == (1, 4, 4)
    for words in ("not in the evidence", "SHA-256 differs", "cannot be read"):
        assert any(words in line for line in store.problems)
    assert len(read_manifest(tmp_path / "out")) == 5


def test_nothing_judged_or_a_folder_that_is_there_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="nobody has judged"):
        store.export(tmp_path / "out", store.told(1, ""))
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadData, match="is there already"):
        store.export(store.folder, store.told(1, "true"))


def test_what_a_killed_export_left_is_done_anew(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out.part" / "images").mkdir(parents=True)
    (tmp_path / "out.part" / "images" / "000000_old.jpg").touch()
    assert store.export(tmp_path / "out", store.told(1, "true")).pictures == 1
    assert len(list((tmp_path / "out" / "images").iterdir())) == 1


def test_numbers_run_on_within_a_camera_and_no_block_has_two(store: Store, tmp_path: Path) -> None:
    told = [store.told(seed, "true", camera=f"cam-{seed % 3}") for seed in range(9)]
    store.export(tmp_path / "out", *told)
    by_camera: dict[str, list[int]] = {}
    for one in read_folder(tmp_path / "out", CLASSES):
        by_camera.setdefault(one.place, []).append(int(one.picture.name[:6]))
    assert by_camera == {"box-1/cam-0": [0, 1, 2], "box-1/cam-1": [20, 21, 22], "box-1/cam-2": [40, 41, 42]}
    blocks = [{number // BLOCK for number in numbers} for numbers in by_camera.values()]
    assert sum(map(len, blocks)) == len(set.union(*blocks))


@given(st.lists(st.integers(0, 6), min_size=40, max_size=80), st.integers(0, 50))
def test_a_camera_stands_on_one_side_whatever_its_numbers_are(cameras: list[int], seed: int) -> None:
    judged = [Sample(Path(f"{n:06d}.jpg"), (), place=f"cam-{camera}") for n, camera in enumerate(cameras)]
    others = numbered(*range(100_000, 100_200))
    training, held = split(judged + others, 0.3, seed)
    assert not {one.place for one in training if one.place} & {one.place for one in held if one.place}
    assert len(training) + len(held) <= len(judged) + len(others)
    assert {one.place for one in training + held} - {""} == {one.place for one in judged}


def test_what_shows_a_camera_trained_with_is_not_apart_from_it() -> None:
    first, second = (Sample(Path(f"{n}.jpg"), (), place=f"cam-{n}") for n in (1, 2))
    assert apart([first, second, *numbered(1, 500)], [first, *numbered(500)]) == [second, *numbered(1)]


def test_rendered_pictures_are_trained_with_and_never_selected_on(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out", store.told(1, "true", rendered=True))
    (sample,) = read_folder(tmp_path / "out", CLASSES)
    assert (sample.scene, sample.place) == ("box-1/cam-1", "box-1/cam-1")
    training, held = split([sample, *numbered(*range(200))], 0.5, 1)
    assert sample in training
    assert sample not in held


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", "\ud800", '{"file": "000000_x.jpg", "verdict": "false", "boxes": [["fire", 1, 0, 0, 1, 1]]}',
     '{"file": "000000_x.jpg", "verdict": "false", "boxes": [[1]]}', "[" * 100_000],
)  # fmt: skip
def test_a_broken_manifest_is_refused_by_name(store: Store, tmp_path: Path, text: str) -> None:
    store.export(tmp_path / "out", store.told(1, "true"))
    name = next((tmp_path / "out" / "images").iterdir()).name
    path = tmp_path / "out" / MANIFEST
    path.write_bytes(text.replace("000000_x.jpg", name).encode("utf-8", "surrogatepass"))
    with pytest.raises(BadData, match=r"manifest\.jsonl"):
        read_folder(tmp_path / "out", CLASSES)


def folders(store: Store, home: Path) -> tuple[str, ...]:
    for name, start in (("one", 0), ("two", 100)):
        told = [store.told(start + n, ("true", "false")[n % 2], camera=f"{name}-{n // 4}") for n in range(12)]
        store.export(home / name, *told, store.told(start + 50, "unclear"))
    return str(home / "one"), str(home / "two")


def test_verdict_folders_are_mixed_in_by_camera_and_repeated_in_training_only(store: Store, tmp_path: Path) -> None:
    recipe = Recipe("a.pt", (), verdicts=folders(store, tmp_path), repeat=3, held=0.3)
    sets = gather(recipe, [])
    assert len(sets["train"]) + len(sets["held"]) == 24
    assert not {one.place for one in sets["train"]} & {one.place for one in sets["held"]}
    thrice = repeated(sets["train"] + numbered(7), recipe)
    assert thrice[: len(sets["train"]) + 1] == sets["train"] + numbered(7)
    assert len(thrice) == 3 * len(sets["train"]) + 1
    assert verdict_counts(recipe) == {"true": 12, "false": 12, "unclear": 2}


def test_with_a_folder_of_its_own_to_select_on_all_verdicts_are_trained_with(store: Store, tmp_path: Path) -> None:
    first, second = folders(store, tmp_path)
    sets = gather(Recipe("a.pt", (), val=(second,), verdicts=(first,)), [])
    assert (len(sets["train"]), len(sets["held"])) == (12, 12)


def test_a_folder_without_verdicts_is_not_taken_for_one(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="jingcun verdicts export"):
        gather(Recipe("a.pt", (), verdicts=(str(tmp_path),)), [])


def test_a_model_that_adds_forgotten_boxes_does_not_bring_back_what_was_denied(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out", store.told(1, "false"))
    (sample,) = read_folder(tmp_path / "out", CLASSES)
    seen = [Found("garbage", 0.9, 16, 24, 32, 36), Found("garbage", 0.9, 40, 30, 60, 45)]
    filled = completed(sample, lambda _: seen, CLASSES, ("garbage",))
    assert [round(box.x, 3) for box in filled.boxes] == [round(50 / 64, 3)]


def test_what_else_a_rendered_verdict_picture_shows_is_added_too(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out", store.told(1, "true", rendered=True))
    (sample,) = read_folder(tmp_path / "out", CLASSES)
    walker = [Found("person", 0.9, 40, 10, 50, 40)]
    assert [CLASSES[box.kind] for box in taught(sample, lambda _: walker, CLASSES).boxes] == ["garbage", "person"]
    scene = Sample(sample.picture, (), scene="lane")
    assert taught(scene, lambda _: walker, CLASSES) is scene


def test_the_card_counts_the_verdicts_and_says_that_the_pictures_are_blurred() -> None:
    told = {"true": 12, "false": 5, "unclear": 3}
    card = a_card(Recipe("a.pt", ("mine",), verdicts=("home/verdicts",), repeat=3), told)
    for words in ("12 true, 5 false, 3 unclear", "taken 3 time(s)", "persons, faces and plates in them are blurred",
                  "home/verdicts", "teaches \"nothing\""):  # fmt: skip
        assert words in card
    assert "teaches" not in a_card(Recipe("a.pt", ("mine",), verdicts=("v",), complete="m.onnx"), told)
    assert "Verdicts" not in a_card(Recipe("a.pt", ("mine",)))
    assert Facts.__dataclass_fields__["verdicts"].default_factory is dict


def test_the_manifest_survives_any_words(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out", store.told(1, "true", spot="村口\n“点”"))
    text = (tmp_path / "out" / MANIFEST).read_text(encoding="utf-8")
    assert json.loads(text)["spot"] == "村口\n“点”"
    assert text.count("\n") == 1
