import json
from pathlib import Path

import cv2
import pytest

from detect.__main__ import main
from detect.boxes import Found
from detect.errors import BadModel
from detect.report import Line, pictures_in, report
from detect.spots import WHOLE, Spot
from tests.detect.conftest import Picture, a_place, noisy, with_things

LEFT = Spot(name="left", polygon=((0, 0), (0.5, 0), (0.5, 1), (0, 1)), confirm=2)


class Counting:
    """Finds a bag in the frames from ``first`` to ``last``."""

    def __init__(self, first: int = 0, last: int = 10**9, label: str = "garbage") -> None:
        self.first, self.last, self.label, self.number = first, last, label, -1

    def find(self, picture: Picture) -> list[Found]:
        assert picture.shape == (240, 320, 3)
        self.number += 1
        bag = Found(self.label, 0.81234567, 16.04, 120, 48, 180)
        return [bag] if self.first <= self.number <= self.last else []


def a_place_video(path: Path, seconds: int = 15, bag_until: int = 0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (320, 240))
    bag = [Found("garbage", 1.0, 16, 120, 48, 180)]
    for number in range(seconds * 5):
        place = with_things(a_place(1), bag) if number < 5 * bag_until else a_place(1)
        writer.write(noisy(place, number))
    writer.release()
    return path


def a_picture(path: Path) -> Path:
    cv2.imwrite(str(path), a_place(1))
    return path


def test_a_picture_is_one_line_of_boxes_in_its_pixels(tmp_path: Path) -> None:
    path = str(a_picture(tmp_path / "a.png"))
    assert list(report([path], Counting())) == [
        {
            "path": path,
            "width": 320,
            "height": 240,
            "found": [{"label": "garbage", "score": 0.8123, "box": [16.0, 120, 48, 180]}],
        }
    ]


def test_a_folder_means_the_pictures_in_it_by_name(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "c.bmp"):
        a_picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "d.jpg").mkdir()
    lines = list(report([str(tmp_path)], Counting()))
    assert [Path(line["path"]).name for line in lines] == ["a.jpg", "b.PNG", "c.bmp"]
    assert pictures_in(tmp_path) == [tmp_path / name for name in ("a.jpg", "b.PNG", "c.bmp")]


def test_a_folder_without_a_picture_says_so(tmp_path: Path) -> None:
    [line] = report([str(tmp_path)], Counting())
    assert line["path"] == str(tmp_path)
    assert "no picture in this folder; looked for .bmp, .jpeg, .jpg, .png" in line["error"]


@pytest.mark.parametrize(("label", "kind"), [("garbage", "dirty"), ("overflow", "overflow")])
def test_a_video_is_one_line_an_event_and_a_last_one(label: str, kind: str, tmp_path: Path) -> None:
    path = str(a_place_video(tmp_path / "a.avi"))
    lines = list(report([path], Counting(10, 19, label), [LEFT], fps=1))
    assert [set(line) for line in lines[:-1]] == [{"path", "t", "kind", "spot", "score", "box"}] * (len(lines) - 1)
    assert [(line["kind"], line["spot"]) for line in lines[:-1]] == [(kind, "left")]
    assert lines[0]["box"] == [16.0, 120, 48, 180]
    assert lines[0]["t"] == pytest.approx(12, abs=1.1)
    assert lines[-1] == {"path": path, "frames": 15, "seconds": 14.0, "events": 1}


def test_a_spot_seen_clean_again_is_an_event_with_the_place_of_the_spot(tmp_path: Path) -> None:
    path = str(a_place_video(tmp_path / "a.avi", bag_until=6))
    lines = list(report([path], Counting(0, 5), [LEFT], fps=1))
    assert [line["kind"] for line in lines[:-1]] == ["dirty", "clean"]
    assert lines[1]["box"] == [0, 0, 160, 240]
    assert lines[-1]["events"] == 2


def test_a_dark_video_is_unknown_once(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "night.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 1, (320, 240))
    for number in range(10):
        writer.write(noisy(a_place(1) // 16, number))
    writer.release()
    lines = list(report([str(tmp_path / "night.avi")], Counting(3), [WHOLE], fps=1))
    assert [line.get("kind") for line in lines] == ["unknown", None]


def test_what_cannot_be_read_is_a_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    (tmp_path / "torn.mp4").write_bytes(b"no video")
    good = str(a_picture(tmp_path / "z.jpg"))
    endless = str(tmp_path / ("a" * 300 + ".jpg"))
    paths = [str(tmp_path / "torn.jpg"), str(tmp_path / "torn.mp4"), str(tmp_path / "none.mp4"), endless, good]
    lines = list(report(paths, Counting()))
    assert [("error" in line, line["path"]) for line in lines] == list(zip([True] * 4 + [False], paths, strict=True))


def test_a_cut_video_gives_its_sum_and_its_error(tmp_path: Path) -> None:
    data = a_place_video(tmp_path / "a.avi", 20).read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    lines: list[Line] = list(report([str(tmp_path / "cut.avi")], Counting(), fps=1))
    assert lines[-2]["frames"] > 5
    assert "ends after" in lines[-1]["error"]


def test_the_room_runs_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(a_picture(tmp_path / "a.jpg"))
    assert main([path]) == 0
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["path"], line["width"], line["height"]) == (path, 320, 240)
    assert all(one["score"] > 0.01 for one in line["found"])


def test_a_model_that_fails_at_a_picture_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(_finder: object, _picture: object) -> None:
        raise BadModel("it answers no numbers")

    monkeypatch.setattr("detect.finder.Finder.find", torn)
    assert main([str(a_picture(tmp_path / "a.jpg"))]) == 2
    assert capsys.readouterr().err == "it answers no numbers\n"


@pytest.mark.parametrize("fps", ["0", "-1", "nan", "inf", "31", "two"])
def test_looks_a_second_that_cannot_be_are_refused(fps: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["a.mp4", "--fps", fps])
    assert ended.value.code == 2
    assert "--fps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.jpg"], 1, ""),
        (["a.jpg", "--model", "none.onnx"], 2, "none.onnx"),
        (["a.jpg", "--spots", "none.toml"], 2, "none.toml"),
    ],
)
def test_exit_codes_say_what_went_wrong(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert words in capsys.readouterr().err
