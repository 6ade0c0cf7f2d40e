"""The face finder: the installed weights find a drawn face; without them, or with a wrong file, that is said."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detect import faces
from detect.boxes import Found
from detect.errors import BadModel
from detect.faces import FaceFinder, face_finder
from detect.finder import default_model
from tests.detect.conftest import a_place

Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    found = face_finder()
    if found is None:
        pytest.skip("the extra privacy is not installed")
    return found


def a_drawn_face() -> Picture:
    """320 x 320 px; nobody's."""
    image = np.full((320, 320, 3), (120, 130, 110), np.uint8)

    def disc(place: tuple[int, int], size: tuple[int, int], colour: tuple[int, int, int]) -> None:
        cv2.ellipse(image, place, size, 0, 0, 360, colour, -1, cv2.LINE_AA)

    disc((160, 144), (92, 112), (30, 35, 45))  # hair
    disc((160, 172), (76, 100), (140, 170, 215))  # skin
    disc((130, 188), (32, 52), (150, 180, 225))
    disc((190, 188), (32, 52), (130, 160, 205))
    for x in (128, 192):  # eyes and brows
        disc((x, 152), (18, 10), (235, 235, 235))
        disc((x, 152), (8, 10), (40, 40, 50))
        disc((x, 132), (22, 4), (40, 50, 60))
    disc((160, 192), (12, 8), (115, 140, 190))  # nose
    disc((160, 180), (6, 18), (155, 185, 228))
    disc((160, 228), (28, 8), (90, 90, 180))  # mouth
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2.4), np.uint8)


def test_a_drawn_face_is_found_where_it_is(finder: FaceFinder) -> None:
    best = finder.find(a_drawn_face())[0]
    assert best.label == "face"
    assert 60 < best.x1 < 140
    assert 180 < best.x2 < 260
    assert 50 < best.y1 < 140
    assert 210 < best.y2 < 300


def test_no_face_is_found_in_what_has_none(finder: FaceFinder) -> None:
    for picture in (np.full((360, 640, 3), 90, np.uint8), a_place(2, 640, 360)):
        assert [one for one in finder.find(picture) if one.score >= 0.3] == []


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (33, 31), (1080, 1920)])
def test_any_size_is_taken_and_boxes_stay_inside(finder: FaceFinder, size: tuple[int, int]) -> None:
    for one in finder.find(a_place(4, size[1], size[0])):
        assert 0 <= one.x1 < one.x2 <= size[1]
        assert 0 <= one.y1 < one.y2 <= size[0]


def test_heat_is_decoded_into_the_box_it_means() -> None:
    heat, size, shift = np.zeros((8, 8), np.float32), np.zeros((2, 8, 8), np.float32), np.zeros((2, 8, 8), np.float32)
    heat[3, 5] = 0.8
    size[0, 3, 5], size[1, 3, 5] = np.log(4), np.log(2)  # 16 px high, 8 px wide
    limits = np.array([64, 64, 64, 64], np.float32)
    (found,) = faces._decoded(heat, size, shift, limits, 0.5)
    assert replace(found, score=0.0) == Found("face", 0.0, 36.0, 12.0, 52.0, 44.0)
    assert found.score == pytest.approx(0.8)


@pytest.mark.parametrize("content", [b"", b"no model", bytes(5000)])
def test_a_file_that_is_no_face_finder_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(BadModel, match=r"x\.onnx: not the face finder"):
        FaceFinder(tmp_path / "x.onnx")


def test_another_model_is_refused() -> None:
    with pytest.raises(BadModel, match="not the face finder"):
        FaceFinder(default_model())


@pytest.mark.parametrize("missing", ["package", "file"])
def test_without_the_weights_the_cure_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, missing: str
) -> None:
    class Installed:
        def locate_file(self, name: str) -> Path:
            return tmp_path / name

    def distribution(name: str) -> Installed:
        if missing == "package":
            raise PackageNotFoundError(name)
        return Installed()

    monkeypatch.setattr(faces, "distribution", distribution)
    with caplog.at_level(logging.WARNING):
        assert face_finder() is None
    assert "install" in caplog.text
