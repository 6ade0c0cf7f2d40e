from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from detect.boxes import Found
from detect.errors import BadModel
from detect.frames import read_picture
from detect.train.agree import compare
from detect.train.dataset import BadData, Box, Sample, read_folder
from detect.train.prepare import HELD, TRAIN, laid_out, lay_out
from detect.train.recipe import Recipe, begin, begun
from detect.train.run import gather, pictures, spread
from detect.train.teacher import completed, taught
from tests.detect.train.conftest import a_data_set

NAMES = ("garbage", "garbage_bin", "person")


def test_a_laid_out_set_is_found_again_and_its_labels_are_the_same(tmp_path: Path) -> None:
    samples = read_folder(a_data_set(tmp_path / "set", 4), NAMES)
    data = lay_out({TRAIN: samples[:3], HELD: samples[3:]}, NAMES, tmp_path / "data")
    assert laid_out(tmp_path / "data") == data
    assert data.sets[TRAIN] == {"pictures": 3, "garbage": 2, "garbage_bin": 1, "person": 0}
    again = read_folder_like(tmp_path / "data", TRAIN)
    assert [len(text) for text in again] == [1, 1, 1]
    told = json.loads(data.table(HELD).read_text(encoding="utf-8"))
    assert (told["val"], told["names"]) == ("images/held", list(NAMES))
    assert (read_picture(pictures(data, HELD)[0]) == read_picture(samples[3].picture)).all()


def read_folder_like(folder: Path, name: str) -> list[list[str]]:
    return [path.read_text(encoding="utf-8").splitlines() for path in sorted((folder / "labels" / name).iterdir())]


def test_a_jpeg_with_bytes_after_its_end_is_copied_so_that_nobody_rewrites_the_source(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 2)
    odd = folder / "images" / "000030.jpg"
    odd.write_bytes(odd.read_bytes() + b"more")
    data = lay_out({TRAIN: read_folder(folder, NAMES)}, NAMES, tmp_path / "data")
    assert [path.is_symlink() for path in pictures(data, TRAIN)] == [True, False]


def test_an_empty_set_is_refused_and_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="set held is empty"):
        lay_out({TRAIN: read_folder(a_data_set(tmp_path / "set", 1), NAMES), HELD: []}, NAMES, tmp_path / "data")
    assert laid_out(tmp_path / "data") is None


def test_what_a_killed_preparation_left_is_done_anew(tmp_path: Path) -> None:
    (tmp_path / "data.part" / "images" / "train").mkdir(parents=True)
    data = lay_out({TRAIN: read_folder(a_data_set(tmp_path / "set", 1), NAMES)}, NAMES, tmp_path / "data")
    assert len(pictures(data, TRAIN)) == 1


def test_the_sets_of_a_run_keep_places_apart(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 12)
    sets = gather(Recipe("w", (str(folder),), measure=(str(folder),), held=0.2), [])
    assert {name: len(each) for name, each in sets.items()} == {TRAIN: 9, HELD: 3, "set": 12, "set_apart": 3}
    assert sets["set_apart"] == sets[HELD]
    own = gather(Recipe("w", (str(folder),), val=(str(folder),)), [])
    assert {name: len(each) for name, each in own.items()} == {TRAIN: 12, HELD: 12}
    with pytest.raises(BadData, match="a set of this name"):
        gather(Recipe("w", (str(folder),), measure=(str(folder), str(folder))), [])


def test_a_run_is_begun_once_and_resumed_from_what_was_written(tmp_path: Path) -> None:
    recipe = Recipe("w.pt", ("a", "b"), size=320, held=0.2)
    begin(recipe, tmp_path / "run")
    assert begun(tmp_path / "run") == recipe
    with pytest.raises(BadData, match="holds a run already; continue it with --resume"):
        begin(recipe, tmp_path / "run")
    (tmp_path / "run" / "recipe.json").write_text("{", encoding="utf-8")
    for folder in (tmp_path / "run", tmp_path / "nowhere"):
        with pytest.raises(BadData, match="nothing to resume here"):
            begun(folder)
    with pytest.raises(BadData, match="not a multiple of 32"):
        Recipe("w", ("a",), size=100)


def test_the_teacher_adds_what_nobody_drew_and_leaves_the_rest(tmp_path: Path) -> None:
    sample = read_folder(a_data_set(tmp_path / "set", 1), NAMES)[0]
    seen = [
        Found("person", 0.9, 0, 0, 16, 32),
        Found("person", 0.3, 30, 0, 46, 32),  # not believed
        Found("car", 0.9, 10, 10, 30, 30),  # a vehicle: not among these names
        Found("garbage", 0.9, 0, 0, 9, 9),  # not its subject
    ]
    more = taught(sample, lambda _picture: seen, NAMES)
    assert more.boxes[:-1] == sample.boxes
    assert more.boxes[-1].kind == 2
    assert more.boxes[-1].corners == pytest.approx((0, 0, 0.25, 0.5))
    assert taught(more, lambda _picture: seen, NAMES) == more
    rendered = replace(sample, scene="lane")
    assert taught(rendered, lambda _picture: seen, NAMES) is rendered


@pytest.mark.parametrize(
    ("seen", "added"),
    [
        (Found("garbage", 0.9, 0, 0, 9, 9), 1),
        (Found("garbage", 0.6, 0, 0, 9, 9), 0),  # not sure
        (Found("person", 0.9, 0, 0, 9, 9), 0),  # not what the labels are about
        (Found("garbage", 0.9, 0, 0, 1, 1), 0),  # too small to be told
        (Found("garbage_bin", 0.9, 34, 34, 60, 60), 0),  # something is drawn there, by whatever name
    ],
)
def test_a_forgotten_box_is_added_where_nothing_is_drawn(tmp_path: Path, seen: Found, added: int) -> None:
    sample = Sample(read_folder(a_data_set(tmp_path / "set", 1), NAMES)[0].picture, (Box(0, 0.75, 0.75, 0.4, 0.4),))
    twice = [seen, replace(seen, score=seen.score - 0.01)]
    more = completed(sample, lambda _picture: twice, NAMES, ("garbage", "garbage_bin"))
    assert len(more.boxes) == 1 + added


@pytest.mark.parametrize(
    ("given", "agrees"),
    [
        (Found("garbage", 0.81, 10, 10, 30, 30), True),
        (Found("garbage", 0.70, 10, 10, 30, 30), False),
        (Found("garbage", 0.80, 14, 10, 34, 30), False),
        (Found("garbage_bin", 0.80, 10, 10, 30, 30), False),
    ],
)
def test_an_export_agrees_only_with_the_same_label_place_and_score(tmp_path: Path, given: Found, agrees: bool) -> None:
    paths = [sample.picture for sample in read_folder(a_data_set(tmp_path / "set", 2), NAMES)]
    wanted = [Found("garbage", 0.8, 10, 10, 30, 30), Found("garbage", 0.1, 0, 0, 9, 9)]
    if agrees:
        found = compare(lambda _picture: wanted, lambda _picture: [given], paths)
        assert (found.boxes, found.same) == (2, 2)
        assert found.worst_score == pytest.approx(0.01)
        return
    with pytest.raises(BadModel, match="agrees with the trained model in 0 of 2 boxes"):
        compare(lambda _picture: wanted, lambda _picture: [given], paths)


def test_a_model_that_sees_nothing_cannot_be_compared(tmp_path: Path) -> None:
    paths = [sample.picture for sample in read_folder(a_data_set(tmp_path / "set", 1), NAMES)]
    with pytest.raises(BadModel, match="sees nothing at all"):
        compare(lambda _picture: [], lambda _picture: [], paths)


def test_a_few_pictures_are_taken_from_the_whole_set() -> None:
    paths = [Path(str(number)) for number in range(10)]
    assert spread(paths, 3) == [Path("0"), Path("3"), Path("6")]
    assert spread(paths, 99) == paths
