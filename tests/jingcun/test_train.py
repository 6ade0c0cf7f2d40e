"""``jingcun train`` without torch: what is refused and how, and what a rendered picture is labelled with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from detect.train.dataset import BadData, read_folder
from detect.train.prepare import TRAIN, lay_out
from detect.train.recipe import CLASSES, Recipe, begun
from detect.train.run import gather
from edge.scenes.pieces import Tint, flipped, foot, moved, tinted
from edge.scenes.scene import HEIGHT, HOME, WATERS, WIDTH, load_scene, scene_names
from jingcun.__main__ import app
from jingcun.rendered_samples import (
    CLOSED,
    FLOATING,
    HEAPS,
    KEPT_OUT,
    LIGHTS,
    STATES,
    TRAINED,
    render_samples,
    truth,
)
from jingcun.rendered_truth import place, seen_of
from tests.detect.train.conftest import a_data_set

run = CliRunner()


def test_train_without_folders_or_weights_says_what_to_give(tmp_path: Path) -> None:
    out = str(tmp_path / "run")
    missing = run.invoke(app, ["train", str(tmp_path), "--out", out])
    assert missing.exit_code == 2
    assert "--weights START.pt" in missing.output.replace("\n", " ")
    (tmp_path / "start.pt").touch()
    empty = run.invoke(app, ["train", "--out", out, "--weights", str(tmp_path / "start.pt")])
    assert empty.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_verdict_folders_alone_are_enough_and_stand_in_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun_with: list[Recipe] = []
    monkeypatch.setattr("jingcun.commands.train._run", lambda recipe, _: begun_with.append(recipe))
    (tmp_path / "start.pt").touch()
    (tmp_path / "one").mkdir()
    usual = ["--out", str(tmp_path / "run"), "--weights", str(tmp_path / "start.pt")]
    verdicts = ["--from-verdicts", str(tmp_path / "one"), "--from-verdicts", str(tmp_path / "two"), "--repeat", "4"]
    done = run.invoke(app, ["train", *usual, *verdicts])
    assert done.exit_code == 0, done.output
    (recipe,) = begun_with
    assert recipe == begun(tmp_path / "run")
    assert (recipe.folders, recipe.repeat) == ((), 4)
    assert recipe.verdicts == (str(tmp_path / "one"), str(tmp_path / "two"))


def test_a_folder_that_holds_no_verdicts_ends_in_one_line(tmp_path: Path) -> None:
    recipe = Recipe("start.pt", (), verdicts=(str(a_data_set(tmp_path / "set")),))
    with pytest.raises(BadData, match="give a folder that `jingcun verdicts export` wrote"):
        gather(recipe, [])


def test_resume_of_nothing_ends_in_one_line(tmp_path: Path) -> None:
    done = run.invoke(app, ["train", "--resume", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "nothing to resume here" in done.output


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed here")
def test_without_the_extra_the_command_names_it(tmp_path: Path) -> None:
    data = a_data_set(tmp_path / "set")
    (tmp_path / "start.pt").touch()
    done = run.invoke(app, ["train", str(data), "--out", str(tmp_path / "r"), "--weights", str(tmp_path / "start.pt")])
    assert done.exit_code == 2
    assert "torch is not installed: training needs the extra 'train'" in done.output


def test_rendered_pictures_are_a_data_set_and_the_seed_makes_the_same_ones(tmp_path: Path) -> None:
    first = render_samples(tmp_path / "a", 12, 5, CLASSES)
    again = render_samples(tmp_path / "b", 12, 5, CLASSES)
    assert [one.boxes for one in first] == [one.boxes for one in again]
    assert all(a.picture.read_bytes() == b.picture.read_bytes() for a, b in zip(first, again, strict=True))
    assert {one.scene for one in first} == set(TRAINED)
    data = lay_out({TRAIN: first}, CLASSES, tmp_path / "data")
    (data.folder / "images" / TRAIN).rename(tmp_path / "images")
    (data.folder / "labels" / TRAIN).rename(tmp_path / "labels")
    assert [len(one.boxes) for one in read_folder(tmp_path, CLASSES)] == [len(one.boxes) for one in first]


def test_what_is_kept_out_is_never_trained_with_and_everything_else_is() -> None:
    everywhere = set(scene_names()) | set(scene_names(WATERS))
    assert set(TRAINED) == everywhere - set(KEPT_OUT.places)
    assert set(KEPT_OUT.places) <= everywhere
    assert not set(KEPT_OUT.lights) & set(LIGHTS)


def test_every_further_class_is_shown_in_training_and_all_that_can_be_in_the_kept_out_places(tmp_path: Path) -> None:
    for places in (TRAINED, KEPT_OUT.places):
        made = render_samples(tmp_path / places[0], 60, 3, CLASSES, places)
        kinds = {CLASSES[box.kind] for one in made for box in one.boxes}
        assert {*HEAPS, FLOATING, "garbage", "garbage_bin", "overflow", "person", "vehicle", "plate"} <= kinds


def test_a_number_plate_is_labelled_only_when_it_is_wide_enough(tmp_path: Path) -> None:
    made = render_samples(tmp_path, 60, 4, CLASSES)
    plates = [box for one in made for box in one.boxes if CLASSES[box.kind] == "plate"]
    assert plates
    assert min(box.width for box in plates) * WIDTH >= 8


def test_further_classes_are_shown_only_when_they_are_trained(tmp_path: Path) -> None:
    without = render_samples(tmp_path, 10, 3, ("garbage", "garbage_bin", "overflow", "person"))
    assert {box.kind for one in without for box in one.boxes} <= {0, 1, 2, 3}


def test_every_box_lies_in_the_picture(tmp_path: Path) -> None:
    for one in render_samples(tmp_path, 30, 8, CLASSES):
        for x1, y1, x2, y2 in (box.corners for box in one.boxes):
            assert -1e-6 <= x1 < x2 <= 1 + 1e-6
            assert -1e-6 <= y1 < y2 <= 1 + 1e-6


@given(
    kind=st.sampled_from(HEAPS), scale=st.floats(0.4, 2.0), x=st.floats(120, 520), y=st.floats(150, 330),
)  # fmt: skip
def test_a_moved_heap_stands_where_it_was_told_and_grows_by_the_scale(
    kind: str, scale: float, x: float, y: float
) -> None:
    piece = place("lane").lying[kind]
    before = seen_of(kind, piece)[0][1]
    laid = moved(piece, foot(piece), (x, y), scale)
    assert laid is not None
    left, _, right, low = seen_of(kind, laid)[0][1]
    if left > 0 and right < WIDTH:
        assert (left + right) / 2 == pytest.approx(x, abs=4 * scale + 2)
        assert right - left == pytest.approx(scale * (before[2] - before[0]), rel=0.1, abs=4)
    assert low == pytest.approx(min(y, HEIGHT), abs=4 + 4 * scale)  # a speck at its foot may go or come


def test_a_mirrored_and_tinted_heap_keeps_its_size_and_its_shadow() -> None:
    piece = place("shop").lying["earth_pile"]
    other = tinted(flipped(piece), Tint(hue=20, gain=0.8))
    assert other.at == piece.at
    assert np.array_equal(other.stays[:, ::-1], piece.stays)
    assert float(other.colour.sum()) < float(piece.colour.sum())


@pytest.mark.parametrize("name", sorted(CLOSED))
@pytest.mark.parametrize("state", STATES)
def test_the_labels_say_what_the_state_shows(name: str, state: str) -> None:
    scene = load_scene(Path(HOME) / name)
    kinds = [kind for kind, _ in truth(scene, state)]
    assert kinds.count("garbage") == (state in ("bags", "pile", "fullpile"))
    assert kinds.count("overflow") == (2 if state in ("full", "fullpile") else 0)
    bins = sum(kind in ("garbage_bin", "overflow") for kind in kinds)
    assert bins == (0 if state == "plate" else len(CLOSED[name]))


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_the_hand_drawn_bins_lie_where_the_bins_layer_is_opaque(name: str) -> None:
    piece = load_scene(Path(HOME) / name).states["bins"]
    for x1, y1, x2, y2 in CLOSED[name]:
        left, top = int(x1) - piece.at[0], int(y1) - piece.at[1]
        assert left >= 0
        assert top >= 0
        inside = piece.stays[top : top + int(y2 - y1), left : left + int(x2 - x1), 0]
        assert float(np.mean(inside < 0.1)) > 0.6


def test_a_villager_is_labelled_without_his_shadow_and_only_when_he_is_in_the_picture() -> None:
    scene = load_scene(Path(HOME) / "lane")
    boxes = [truth(scene, "plate", step) for step in range(len(scene.walk))]
    assert boxes[0] == []
    middle = boxes[len(boxes) // 2]
    assert [kind for kind, _ in middle] == ["person"]
    x1, _, x2, _ = middle[0][1]
    assert x2 - x1 <= scene.walk[len(boxes) // 2][1].at[2]


def test_classes_that_the_scenes_show_must_be_trained(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="rendered scenes show person"):
        render_samples(tmp_path, 1, 1, ("garbage", "garbage_bin", "overflow"))
