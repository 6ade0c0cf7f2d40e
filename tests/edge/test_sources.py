"""Picture sources: folders, recordings, streams, rendered scenes; what is broken says so and stops nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter

from broker.messages import ClockSource
from edge.clock import begun, clock_source
from edge.outbox import Outbox
from edge.restarts import wait_before
from edge.settings import CameraSettings
from edge.sources import Frame, Source, SourceFailed, Surroundings
from edge.sources.folder import time_in_name
from edge.sources.opening import open_camera
from tests.edge.letters import NOW


class World:
    """A clock that moves only by waiting."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)
        return False

    def open(self, source: dict[str, Any], **changed: Any) -> Source:
        camera = TypeAdapter(CameraSettings).validate_python({"name": "qx-cam-01", "source": source})
        given: dict[str, Any] = {
            "now": lambda: self.now, "wait": self.wait, "clock": ClockSource.NTP, "begun": NOW, "silent_s": 5.0,
        }  # fmt: skip
        return open_camera(camera, Surroundings(**(given | changed)))


@pytest.fixture
def world() -> World:
    return World()


def picture(path: Path, grey: int) -> None:
    cv2.imwrite(str(path), np.full((36, 64, 3), grey, np.uint8))


def greys(frames: list[Frame]) -> list[int]:
    return [int(one.image.mean().round()) for one in frames]


def test_a_folder_shows_its_pictures_in_order_and_holds_each(world: World, tmp_path: Path) -> None:
    for name, grey in (("b.png", 20), ("a.png", 10), ("c.txt", 0)):
        picture(tmp_path / name, grey) if name.endswith("png") else (tmp_path / name).write_text("x")
    frames = list(world.open({"type": "folder", "path": tmp_path, "every_s": 2, "hold": 2}).frames())
    assert greys(frames) == [10, 10, 20, 20]
    assert [(one.at - NOW).total_seconds() for one in frames] == [0, 2, 4, 6]
    assert {one.clock for one in frames} == {ClockSource.NTP}


def test_a_folder_of_a_recording_gives_the_times_in_the_names(world: World, tmp_path: Path) -> None:
    picture(tmp_path / "cam_20260102T030405Z.png", 10)
    picture(tmp_path / "no-time.png", 20)
    source = world.open({"type": "folder", "path": tmp_path, "times": "name", "hold": 2})
    frames = list(source.frames())
    first = datetime.fromisoformat("2026-01-02T03:04:05Z")
    assert [one.at for one in frames] == [first, first + timedelta(seconds=1)]
    assert {one.clock for one in frames} == {ClockSource.FILE}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20261121T080000Z.jpg", NOW), ("cam1-20261121_080000.jpg", NOW), ("20261121080000.jpg", NOW),
        ("20261321T080000Z.jpg", None), ("picture7.jpg", None),
    ],
)  # fmt: skip
def test_a_time_is_read_from_a_name(name: str, expected: datetime | None) -> None:
    assert time_in_name(name) == expected


def test_a_broken_picture_is_passed_over(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 not a picture")
    picture(tmp_path / "b.png", 20)
    assert greys(list(world.open({"type": "folder", "path": tmp_path}).frames())) == [20]


@pytest.mark.parametrize("make", [lambda _path: None, lambda path: path.mkdir()], ids=["absent", "empty"])
def test_a_folder_without_pictures_says_so_with_a_cure(
    world: World, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "pictures")
    with pytest.raises(SourceFailed, match=r"qx-cam-01: .*pictures.*Cure: ") as caught:
        list(world.open({"type": "folder", "path": tmp_path / "pictures"}).frames())
    assert caught.value.retry


def test_a_looping_folder_goes_on(world: World, tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 10)
    frames = world.open({"type": "folder", "path": tmp_path, "loop": True}).frames()
    assert greys(list(islice(frames, 5))) == [10] * 5


def video(path: Path, seconds: int) -> Path:
    """A clip of 5 frames a second that gets brighter each second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", Fraction(1, 5)
        for number in range(seconds * 5):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 + number // 5 * 40, np.uint8), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_video_is_played_at_its_own_pace(world: World, tmp_path: Path) -> None:
    path = video(tmp_path / "clip.mp4", 3)
    frames = list(world.open({"type": "video", "path": path, "fps": 1}).frames())
    assert len(frames) == 3
    assert (world.now - NOW).total_seconds() == pytest.approx(2, abs=0.5)
    assert greys(frames) == sorted(greys(frames))
    assert frames[0].clock is ClockSource.NTP


def test_a_fast_video_waits_for_nobody_and_keeps_its_own_times(world: World, tmp_path: Path) -> None:
    path = video(tmp_path / "clip.mp4", 3)
    frames = list(world.open({"type": "video", "path": path, "fps": 1, "fast": True}).frames())
    assert world.waits == []
    assert (frames[-1].at - NOW).total_seconds() == pytest.approx(2, abs=0.5)
    assert frames[0].clock is ClockSource.FILE


@pytest.mark.parametrize("content", [None, b"not a video" * 100])
def test_a_file_that_is_no_video_says_so(world: World, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceFailed, match=r"qx-cam-01: .*clip\.mp4"):
        list(world.open({"type": "video", "path": path}).frames())


def test_a_camera_that_is_not_there_is_worth_a_retry_and_its_password_stays_secret(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hunter2\n", encoding="utf-8")
    source = world.open(
        {"type": "stream", "url": "rtsp://u:{password}@127.0.0.1:9/x", "password_file": tmp_path / "secret"}
    )
    with pytest.raises(SourceFailed) as caught:
        next(source.frames())
    assert caught.value.retry
    assert "hunter2" not in str(caught.value)


def test_a_network_stream_gives_frames_of_now_and_its_end_is_worth_a_retry(world: World, tmp_path: Path) -> None:
    video(tmp_path / "clip.mp4", 2)
    with served(tmp_path) as address:
        frames = world.open({"type": "stream", "url": f"{address}/clip.mp4", "fps": 1}).frames()
        first = next(frames)
        assert (first.at, first.clock) == (NOW, ClockSource.NTP)
        with pytest.raises(SourceFailed) as caught:
            list(frames)
    assert caught.value.retry


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_rendered_scene_follows_its_script_and_the_world(world: World, tmp_path: Path) -> None:
    told = tmp_path / "world.json"
    source = {
        "type": "rendered", "scene": "lane", "world": told, "speed": 10,
        "script": {"step": [{"at": 0.0, "state": "clean"}, {"at": 25.0, "state": "fullpile"}]},
    }  # fmt: skip
    frames = world.open(source).frames()
    clean, _, _, piled = islice(frames, 4)
    assert changed(clean, piled) > 0.02
    told.write_text(json.dumps({"state": "clean"}), encoding="utf-8")
    assert changed(clean, next(frames)) < 0.01
    assert (piled.at - NOW).total_seconds() == 3


def test_a_rendered_scene_goes_on_after_a_restart_where_the_world_is(world: World) -> None:
    source = {
        "type": "rendered", "scene": "lane",
        "script": {"step": [{"at": 0.0, "state": "clean"}, {"at": 100.0, "state": "fullpile"}]},
    }  # fmt: skip
    clean = next(world.open(source).frames())
    late = next(world.open(source, begun=NOW - timedelta(seconds=200)).frames())
    assert changed(clean, late) > 0.02


@pytest.mark.parametrize(
    "source", [{"scene": "nowhere"}, {"scene": "lane", "script": {"step": [{"at": "x"}]}}], ids=["scene", "script"]
)
def test_a_scene_that_cannot_be_played_is_not_tried_again(world: World, source: dict[str, Any]) -> None:
    with pytest.raises(SourceFailed) as caught:
        next(world.open({"type": "rendered", **source}).frames())
    assert not caught.value.retry


def test_the_clock_is_synchronised_only_when_a_time_service_says_so(tmp_path: Path) -> None:
    mark = tmp_path / "synchronized"
    assert clock_source((mark,)) is ClockSource.RTC
    mark.touch()
    assert clock_source((mark,)) is ClockSource.NTP


def test_a_story_begins_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    assert begun(outbox, "a", NOW) == NOW
    assert begun(outbox, "a", NOW + timedelta(hours=1)) == NOW
    outbox.close()


@pytest.mark.parametrize(
    ("starts", "expected"),
    [([], 1), ([99, 98, 97, 96], 1), ([99, 98, 97, 96, 95], 55), ([99, 98, 97, 96, 41], 1), ([0, 1, 2, 3, 4, 5], 1)],
)
def test_five_restarts_a_minute_at_most(starts: list[float], expected: float) -> None:
    assert wait_before(starts, 100) == expected


def changed(one: Frame, other: Frame) -> float:
    """Share of the picture that differs clearly."""
    return float((np.abs(one.image.astype(int) - other.image.astype(int)).max(axis=2) > 60).mean())
