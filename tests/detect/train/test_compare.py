"""Two models side by side: what pairs up, what figures and verdicts say, and what a broken file costs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.boxes import Found
from detect.train.compare import WITHIN_S, Comparison, Pair, Seen, Trouble, paired
from detect.train.dataset import MANIFEST
from tests.detect.conftest import a_place
from tests.detect.train.conftest import a_data_set
from tests.detect.train.test_verdicts import Store

Picture = npt.NDArray[np.uint8]


@dataclass
class Fake:
    """A model that finds the red squares of ``a_data_set`` (or what it is told), never more than ``most``."""

    model_id: str = "aaaaaaaaaaaa"
    names: tuple[str, ...] = ("garbage", "garbage_bin")
    told: tuple[Found, ...] = ()
    squares: tuple[str, ...] = ("garbage", "garbage_bin")
    score: float = 0.9

    def find(self, picture: Picture) -> list[Found]:
        height, width = picture.shape[:2]
        found = [Found(o.label, o.score, o.x1 * width, o.y1 * height, o.x2 * width, o.y2 * height) for o in self.told]
        for name, channel in (("garbage", 2), ("garbage_bin", 1)):
            rest = [one for one in range(3) if one != channel]
            mask = (picture[:, :, channel] > 200) & (picture[:, :, rest].max(axis=2) < 80)
            if name in self.squares and mask.sum() > 100:
                ys, xs = np.nonzero(mask)
                box = [float(side) for side in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)]
                found.append(Found(name, self.score, *box))
        return found


def looked(old: Fake, new: Fake, *paths: Path | str) -> tuple[Comparison, list[Pair | Trouble]]:
    side = Comparison(old, new)
    return side, list(side.look([str(path) for path in paths]))


def test_a_data_set_measures_both_and_names_what_one_alone_sees(tmp_path: Path) -> None:
    side, told = looked(Fake(), Fake("bbbbbbbbbbbb", squares=("garbage",)), a_data_set(tmp_path / "set", 6))
    pairs = [one for one in told if isinstance(one, Pair)]
    assert [(one.where, (one.old or one.new).kind) for one in pairs if one.old or one.new] == [  # type: ignore[union-attr]
        ("both", "garbage"), ("old", "garbage_bin"),
    ] * 3  # fmt: skip
    report = side.report()
    assert report["events"] == {"both": 3, "old": 3, "new": 0}
    assert (report["old"]["model"], report["new"]["model"]) == ("aaaaaaaaaaaa", "bbbbbbbbbbbb")
    old, new = report["figures"]["old"], report["figures"]["new"]
    assert (old["map50"], old["precision"], old["recall"]) == (1.0, 1.0, 1.0)
    assert (new["map50"], new["recall"], new["classes"]) == (0.5, 0.5, {"garbage": 1.0, "garbage_bin": 0.0})
    assert (old["pictures"], old["boxes"], report["pictures"], report["verdicts"]) == (6, 6, 6, None)
    json.dumps(report, allow_nan=False)
    first = pairs[0].line()
    assert (first["where"], first["t"], first["spot"], first["old_score"]) == ("both", None, "", 0.9)


def test_pictures_without_labels_have_no_figures(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 2)
    side, _ = looked(Fake(), Fake(), *sorted((folder / "images").iterdir()))
    assert side.report()["figures"]["old"]["pictures"] == 2, "one picture of a data set finds its labels too"
    (tmp_path / "bare").mkdir()
    cv2.imwrite(str(tmp_path / "bare" / "a.png"), a_place())
    side, _ = looked(Fake(), Fake(), tmp_path / "bare")
    assert (side.report()["figures"], side.report()["verdicts"], side.report()["pictures"]) == (None, None, 1)


def test_classes_that_only_one_model_knows_are_not_measured(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 2)
    side, _ = looked(Fake(names=("garbage",)), Fake(names=("garbage", "garbage_bin", "fire")), folder)
    assert side.report()["figures"]["new"]["classes"] == {"garbage": 1.0}


def test_verdicts_say_which_true_alarms_stay_and_which_false_ones_go(tmp_path: Path) -> None:
    store = Store(tmp_path / "evidence")
    bag = Found("garbage", 0.8, 0.25, 0.5, 0.5, 0.75)
    store.export(tmp_path / "out", *(store.told(n, v) for n, v in enumerate(("true", "true", "false", "unclear"))))
    sees_all = Fake(told=(bag,))
    weak = Fake("bbbbbbbbbbbb", told=(Found("garbage", 0.2, bag.x1, bag.y1, bag.x2, bag.y2),))
    beside = Fake("cccccccccccc", told=(Found("garbage", 0.9, 0.7, 0.1, 0.9, 0.3),))
    for new, kept, removed in ((sees_all, 2, 0), (weak, 0, 1), (beside, 0, 1)):
        side, _ = looked(sees_all, new, tmp_path / "out")
        report = side.report()
        assert report["verdicts"]["old"] == {"true": 2, "true_kept": 2, "false": 1, "false_removed": 0}
        assert report["verdicts"]["new"] == {"true": 2, "true_kept": kept, "false": 1, "false_removed": removed}
        assert report["figures"]["old"]["pictures"] == 3


def grey_place(seed: int = 3) -> Picture:
    """A place without any colour, so that no square is seen in it."""
    return np.repeat(a_place(seed)[:, :, :1], 3, axis=2)


def a_clip(path: Path, dirty_from: int, frames: int = 24) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 2.0, (320, 240))
    for number in range(frames):
        image = grey_place()
        if number >= dirty_from:
            cv2.rectangle(image, (100, 100), (180, 180), (0, 0, 255), -1)
        image[0, 0] = number
        writer.write(image)
    writer.release()
    return path


def test_a_video_is_seen_by_the_whole_eye(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "clip.avi", 8)
    side, told = looked(Fake(), Fake("bbbbbbbbbbbb", squares=()), clip)
    dirty = [one for one in told if isinstance(one, Pair) and one.old and one.old.kind == "dirty"]
    assert [(one.where, one.old.place if one.old else "") for one in dirty] == [("old", "whole")]
    assert dirty[0].old is not None
    assert dirty[0].old.at is not None
    assert 4.0 <= dirty[0].old.at <= 8.0
    same, again = looked(Fake(), Fake("bbbbbbbbbbbb"), clip)
    assert {one.where for one in again if isinstance(one, Pair)} == {"both"}
    assert (side.videos, same.report()["videos"]) == (1, 1)


def test_a_folder_may_hold_pictures_and_videos(tmp_path: Path) -> None:
    a_clip(tmp_path / "clip.avi", 99, 4)
    cv2.imwrite(str(tmp_path / "a.png"), grey_place())
    (tmp_path / "notes.txt").write_text("no picture")
    side, told = looked(Fake(), Fake(), tmp_path)
    assert (side.pictures, side.videos) == (1, 1)
    assert [one for one in told if isinstance(one, Trouble)] == []


def test_each_broken_file_costs_one_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = a_data_set(tmp_path / "set", 5)
    images, labels = sorted((folder / "images").iterdir()), sorted((folder / "labels").iterdir())
    images[0].write_bytes(images[0].read_bytes()[:100])
    labels[1].write_text("0 nan 0.5 0.1 0.1\n")
    (folder / MANIFEST).write_text(
        json.dumps({"file": images[2].name, "verdict": "true", "boxes": [["garbage", "x", 0, 0, 1, 1]]}) + "\n"
    )
    (tmp_path / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 400)
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / MANIFEST).write_text("{")
    gone = tmp_path / "gone.jpg"
    side, told = looked(
        Fake(), Fake(), folder, tmp_path / "broken.mp4", tmp_path / "empty", tmp_path / "odd", gone, "rtsp://x/y", "/"
    )
    troubles = [one for one in told if isinstance(one, Trouble)]
    assert [Path(one.path).name for one in troubles] == [
        images[0].name, images[1].name, images[2].name, "broken.mp4", "empty", "odd", "gone.jpg", "y", "",
    ]  # fmt: skip
    assert all("\n" not in one.error and one.error for one in troubles)
    assert side.pictures == 2
    figures = side.report()["figures"]
    assert figures["old"] == figures["new"], "a file is counted for both models or for none"
    assert (side.report()["errors"], side.report()["verdicts"]) == (9, None)


SEEN = st.lists(
    st.builds(
        Seen, st.sampled_from(["dirty", "dumped"]), st.floats(0.3, 1), st.just((0.0, 0.0, 9.0, 9.0)),
        st.floats(0, 60), st.sampled_from(["gate", "lane"]),
    ), max_size=8,
)  # fmt: skip


@given(SEEN, SEEN)
def test_everything_told_stands_in_exactly_one_pair(old: list[Seen], new: list[Seen]) -> None:
    pairs = paired("clip.mp4", old, new)
    assert sorted(map(repr, (one.old for one in pairs if one.old))) == sorted(map(repr, old))
    assert sorted(map(repr, (one.new for one in pairs if one.new))) == sorted(map(repr, new))
    for one in pairs:
        if one.old and one.new and one.old.at is not None and one.new.at is not None:
            assert (one.old.kind, one.old.place) == (one.new.kind, one.new.place)
            assert abs(one.old.at - one.new.at) <= WITHIN_S
    assert [one.where for one in paired("clip.mp4", old, old)] == ["both"] * len(old)


@pytest.mark.parametrize(
    ("other", "where"),
    [
        (Seen("garbage", 0.9, (1.0, 0.0, 11.0, 10.0)), ["both"]),
        (Seen("garbage", 0.9, (8.0, 0.0, 18.0, 10.0)), ["new", "old"]),
        (Seen("overflow", 0.9, (0.0, 0.0, 10.0, 10.0)), ["new", "old"]),
    ],
)
def test_boxes_are_one_thing_when_label_and_place_are_the_same(other: Seen, where: list[str]) -> None:
    one = Seen("garbage", 0.5, (0.0, 0.0, 10.0, 10.0))
    assert sorted(pair.where for pair in paired("a.jpg", [one], [other])) == where
