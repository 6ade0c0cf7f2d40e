"""The models of a box: the last good one stays, whatever is put in its place, and going back is one step."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from detect.errors import BadModel
from detect.finder import Finder, default_model
from edge.eyes import needed, opened
from edge.settings import BoxSettings
from edge.shelf import TRIES, Shelf
from tests.detect.models import a_model


class Died(BaseException):
    """The process ended while it loaded a model."""


class Box:
    """A box's folder with a configured and a shipped model; ``start`` is a start of its looking process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configured, self.shipped = folder / "configured.onnx", folder / "shipped.onnx"
        self.configured.write_bytes(b"good: configured")
        self.shipped.write_bytes(b"good: shipped")
        self.tried: list[str] = []

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.folder / "box")

    def model(self, words: str, name: str = "new.onnx") -> Path:
        path = self.folder / name
        path.write_text(words)
        return path

    def start(self) -> tuple[str, str]:
        return self.shelf.load(self.configured, self.shipped, self._open)

    def _open(self, path: Path, asked: bool) -> str:
        words = path.read_text()
        self.tried.append(words)
        if words.startswith("deadly"):
            raise Died
        if not words.startswith("good"):
            raise BadModel(f"{path}: no model")
        return words if asked else f"instead {words}"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_box_starts_with_what_its_settings_say(box: Box) -> None:
    assert box.start() == ("good: configured", "")


@pytest.mark.parametrize("harm", ["", "a text", "\x00" * 100])
def test_when_the_configured_file_goes_bad_the_last_good_bytes_are_used(box: Box, harm: str) -> None:
    box.start()
    box.configured.write_text(harm)
    found, note = box.start()
    assert found == "instead good: configured"
    assert "configured.onnx" in note
    assert "looking with" in note


def test_when_the_configured_file_is_gone_the_last_good_one_is_used(box: Box) -> None:
    box.start()
    box.configured.unlink()
    found, note = box.start()
    assert found == "instead good: configured"
    assert "cannot be read" in note


def test_without_a_last_good_one_the_shipped_one_is_used(box: Box) -> None:
    box.configured.write_text("broken")
    assert box.start()[0] == "instead good: shipped"


def test_when_none_works_each_is_named_once(box: Box) -> None:
    box.configured.write_text("broken")
    box.shipped.write_text("broken too")
    with pytest.raises(BadModel, match=r"configured\.onnx: no model; .*shipped\.onnx: no model"):
        box.start()
    assert box.tried == ["broken", "broken too"]


def test_a_model_put_in_counts_more_than_the_settings(box: Box) -> None:
    box.start()
    box.shelf.use(box.model("good: new"))
    assert box.start() == ("good: new", "")
    box.model("good: the source may change afterwards")
    assert box.start() == ("good: new", "")


def test_going_back_is_one_step_and_twice_is_the_newer_one(box: Box) -> None:
    first, second = box.shelf.use(box.model("good: 1")), box.shelf.use(box.model("good: 2"))
    assert box.shelf.back() == first
    assert box.start() == ("good: 1", "")
    assert box.shelf.back() == second
    assert box.start() == ("good: 2", "")


def test_back_from_the_first_one_lets_the_settings_decide(box: Box) -> None:
    box.shelf.use(box.model("good: new"))
    assert box.shelf.back() is None
    assert box.start() == ("good: configured", "")


def test_the_same_model_put_in_twice_does_not_lose_the_one_before(box: Box) -> None:
    first = box.shelf.use(box.model("good: 1"))
    box.shelf.use(box.model("good: 2"))
    box.shelf.use(box.model("good: 2"))
    assert box.shelf.back() == first


def test_without_a_model_before_there_is_nothing_to_go_back_to(box: Box) -> None:
    with pytest.raises(ValueError, match="nothing to go back to"):
        box.shelf.back()


def test_a_damaged_model_is_not_gone_back_to(box: Box) -> None:
    first = box.shelf.use(box.model("good: 1"))
    box.shelf.use(box.model("good: 2"))
    first.path.write_text("good: changed on the disk")
    with pytest.raises(ValueError, match="damaged"):
        box.shelf.back()
    assert box.start() == ("good: 2", "")


def test_a_model_whose_bytes_changed_on_the_shelf_is_not_used(box: Box) -> None:
    box.start()
    standing = box.shelf.use(box.model("good: new"))
    standing.path.write_text("good: something else")
    assert box.shelf.standing("current") is not None
    found, note = box.start()
    assert found == "instead good: configured"
    assert "not those that were put there" in note


def test_a_model_that_ends_the_process_is_left_alone_after_two_tries(box: Box) -> None:
    box.start()
    box.shelf.use(box.model("deadly"))
    for _ in range(TRIES):
        with pytest.raises(Died):
            box.start()
    for _ in range(3):
        found, note = box.start()
        assert found == "instead good: configured"
        assert f"ended the process {TRIES} times" in note
    assert box.tried.count("deadly") == TRIES


def test_a_start_that_was_cut_off_once_is_no_verdict(box: Box) -> None:
    box.start()
    box.shelf.use(box.model("deadly"))
    with pytest.raises(Died):
        box.start()
    box.shelf.use(box.model("good: new"))
    assert box.start() == ("good: new", "")


def test_putting_a_condemned_model_in_again_gives_it_another_chance(box: Box) -> None:
    box.shelf.use(box.model("deadly"))
    for _ in range(TRIES):
        with pytest.raises(Died):
            box.start()
    box.shelf.use(box.model("deadly"))
    with pytest.raises(Died):
        box.start()


def test_only_the_models_that_are_named_stay_on_the_disk(box: Box) -> None:
    for number in range(5):
        box.shelf.use(box.model(f"good: {number}"))
        box.start()
    kept = [one.read_text() for one in (box.folder / "box" / "models").glob("*/new.onnx")]
    assert sorted(kept) == ["good: 3", "good: 4"]


def test_a_model_of_several_files_is_kept_whole(box: Box) -> None:
    folder = box.folder / "exported"
    folder.mkdir()
    for name in ("model.ncnn.param", "model.ncnn.bin", "metadata.yaml"):
        (folder / name).write_text(f"good: {name}")
    standing = box.shelf.use(folder)
    assert sorted(one.name for one in standing.path.parent.iterdir()) == [
        "metadata.yaml", "model.ncnn.bin", "model.ncnn.param",
    ]  # fmt: skip
    (standing.path.parent / "model.ncnn.bin").write_text("torn")
    told = box.shelf.standing("current")
    assert told is not None
    assert not told.whole


def test_a_running_box_sees_that_another_model_was_put_there(box: Box) -> None:
    running = box.shelf
    running.load(box.configured, box.shipped, lambda path, _asked: path)
    assert not running.changed()
    box.shelf.use(box.model("good: new"))
    assert running.changed()
    running.load(box.configured, box.shipped, lambda path, _asked: path)
    assert not running.changed()
    box.shelf.back()
    assert running.changed()


@pytest.mark.parametrize("slot", ["current", "last_good", "previous", "trying"])
@pytest.mark.parametrize("words", ["../../etc/passwd", "no-such/model.onnx", "\x00", "{}", "[1]", '{"a": "b"}', "/"])
def test_a_garbled_record_does_not_stop_the_box(box: Box, slot: str, words: str) -> None:
    box.start()
    (box.folder / "box" / "models" / slot).write_text(words)
    assert box.start()[0].endswith("good: configured")


def test_a_full_disk_leaves_the_box_looking(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Shelf, "_write", full)
    assert box.start() == ("good: configured", "")


def _settings(folder: Path, **more: object) -> BoxSettings:
    return BoxSettings.model_validate(
        {
            "device": "qx-box-01", "village": "640999101201", "folder": folder, "broker": {"host": "127.0.0.1"},
            "cameras": [{"name": "a", "source": {"type": "folder", "path": "x"}}], **more,
        }
    )  # fmt: skip


def test_a_model_without_persons_is_refused_since_nobody_would_be_made_unreadable(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    assert needed(settings.cameras) == {"person", "garbage", "overflow"}
    blind = a_model(tmp_path / "blind.onnx", names=("garbage", "overflow"))
    with pytest.raises(BadModel, match="does not know person"):
        opened(settings, blind, asked=True)


def test_a_spot_that_watches_for_a_further_kind_needs_a_model_that_knows_it(tmp_path: Path) -> None:
    spot = {"name": "yard", "polygon": [[0, 0], [1, 0], [1, 1]], "kinds": ["garbage", "straw_pile"]}
    camera = {"name": "a", "source": {"type": "folder", "path": "x"}, "spots": [spot]}
    settings = _settings(tmp_path, cameras=[camera])
    model = a_model(tmp_path / "model.onnx")
    with pytest.raises(BadModel, match=r"does not know straw_pile .*take them out of the kinds"):
        opened(settings, model, asked=True)


def test_another_model_than_the_one_asked_for_runs_as_its_ending_says(tmp_path: Path) -> None:
    settings = _settings(tmp_path, runtime="ncnn")
    model = a_model(tmp_path / "model.onnx")
    with pytest.raises(BadModel, match="ncnn reads"):
        opened(settings, model, asked=True)
    assert isinstance(opened(settings, model, asked=False), Finder)


def test_a_box_makes_the_smaller_model_itself(tmp_path: Path) -> None:
    finder = opened(_settings(tmp_path, side=320), default_model(), asked=True)
    assert (finder.width, finder.height) == (320, 320)
    assert [one.name for one in (tmp_path / "resized").iterdir()] == [f"{finder.model_id}_320.onnx"]


def test_a_model_that_cannot_be_made_smaller_is_refused_or_used_as_it_is(tmp_path: Path) -> None:
    model = a_model(tmp_path / "model.onnx", side=96)
    with pytest.raises(BadModel, match="for 320 px"):
        opened(_settings(tmp_path, side=320), model, asked=True)
    assert opened(_settings(tmp_path, side=320), model, asked=False).width == 96


def test_on_a_full_disk_the_model_runs_at_its_own_size(tmp_path: Path) -> None:
    (tmp_path / "resized").write_text("in the way, like a full disk")
    assert opened(_settings(tmp_path, side=320), default_model(), asked=True).width == 640
