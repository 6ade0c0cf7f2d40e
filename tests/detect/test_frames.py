import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
import pytest

from detect import decoder
from detect.errors import BadPicture, BadVideo
from detect.frames import Frame, Patience, open_video, read_picture
from detect.piped import is_live
from tests.detect.conftest import a_place, a_video


def jpeg(seed: int = 1) -> bytes:
    return cv2.imencode(".jpg", a_place(seed))[1].tobytes()


@pytest.mark.parametrize(("fps", "count"), [(None, 20), (5.0, 10), (2.0, 4), (50.0, 20)])
def test_a_video_is_thinned_by_its_own_clock(fps: float | None, count: int, tmp_path: Path) -> None:
    frames = list(open_video(a_video(tmp_path / "a.avi"), fps))
    assert len(frames) == count
    step = 1 / min(fps or 10, 10)
    assert [frame.at for frame in frames] == pytest.approx([step * number for number in range(count)])
    for frame in frames:
        assert frame.at is not None
        assert frame.image.shape == (240, 320, 3)
        assert float(frame.image.mean()) == pytest.approx(10 + 100 * frame.at, abs=3)


def _stream(path: Path, frames: int) -> bytes:
    with av.open(str(path), "w", format="mpegts") as container:
        track = container.add_stream("mpeg2video", rate=25)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 5 * number % 250, np.uint8), format="bgr24")
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path.read_bytes()


def test_recordings_put_one_behind_the_other_are_seen_to_the_end(tmp_path: Path) -> None:
    joined = tmp_path / "joined.ts"
    joined.write_bytes(_stream(tmp_path / "a.ts", 75) + _stream(tmp_path / "b.ts", 50) + _stream(tmp_path / "c.ts", 75))
    times = [frame.at for frame in open_video(joined, 5.0)]
    assert times == pytest.approx([0.2 * number for number in range(40)], abs=0.1)


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([5.0, 5.5, 6.0], [0.0, 0.5, 1.0]),
        ([None, None, None], [0.0, 0.1, 0.2]),
        ([5.0, None, 5.2], [0.0, 0.1, 0.2]),
        ([0.0, 0.3, 0.2, 0.4], [0.0, 0.3, 0.2, 0.4]),  # a little back: as it is
        ([0.0, 3.0, 0.0, 1.0], [0.0, 3.0, 3.1, 4.1]),
        ([95443.7, 0.0, 0.1], [0.0, 0.1, 0.2]),  # the counter of a stream ran over
        ([0.0, 1e13, 1e13 + 64], [0.0, 0.1, 64.1]),  # beyond any date
        ([0.0, 3600.0], [0.0, 3600.0]),
        ([-4.0, -3.5], [0.0, 0.5]),
    ],
)
def test_the_seconds_of_a_recording_run_on_where_its_own_clock_breaks(
    times: list[float | None], seconds: list[float]
) -> None:
    clock = decoder.Clock(0.1)
    assert [clock.take(time) for time in times] == pytest.approx(seconds, abs=0.01)


def test_large_frames_are_made_smaller_in_their_shape(tmp_path: Path) -> None:
    frame = next(iter(open_video(a_video(tmp_path / "a.avi", 2), longest_side=160)))
    assert frame.image.shape == (120, 160, 3)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _words(path: Path) -> None:
    path.write_bytes(b"these are only words " * 500)


def _random(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(200_000))


def _playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n")


def _absent(path: Path) -> None:
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("make", [_empty, _words, _random, _playlist, _absent])
def test_a_file_that_is_no_video_is_an_error_with_its_name(make: object, tmp_path: Path) -> None:
    path = tmp_path / "clip.m3u8"
    assert callable(make)
    make(path)
    with pytest.raises(BadVideo, match=r"clip\.m3u8") as caught:
        list(open_video(path))
    assert not caught.value.retry


def test_a_cut_video_gives_its_frames_and_then_says_that_it_is_cut(tmp_path: Path) -> None:
    data = a_video(tmp_path / "whole.avi", 100).read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 3])
    frames: list[Frame] = []
    with pytest.raises(BadVideo, match="ends after"):
        frames.extend(open_video(tmp_path / "cut.avi"))
    assert 5 < len(frames) < 60


def test_bytes_flipped_anywhere_never_take_us_down(tmp_path: Path) -> None:
    data = bytearray(a_video(tmp_path / "good.avi", 10).read_bytes())
    rng = np.random.default_rng(7)
    for turn in range(4):
        torn = data.copy()
        for place in rng.integers(0, len(torn), 300):
            torn[place] = int(rng.integers(0, 256))
        path = tmp_path / f"torn{turn}.avi"
        path.write_bytes(torn)
        with suppress(BadVideo):
            assert len(list(open_video(path))) <= 20


def test_a_decoder_that_dies_is_an_error_that_may_be_tried_again(tmp_path: Path) -> None:
    frames = open_video(a_video(tmp_path / "a.avi", 25, size=(1280, 960)))
    next(frames)
    (child,) = [one for one in psutil.Process().children() if str(tmp_path) in " ".join(one.cmdline())]
    child.kill()
    with pytest.raises(BadVideo, match="decoder died") as caught:
        list(frames)
    assert caught.value.retry


def test_a_video_closed_early_leaves_no_child(tmp_path: Path) -> None:
    frames = open_video(a_video(tmp_path / "a.avi"))
    assert isinstance(frames, Iterator)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert not [one for one in psutil.Process().children() if str(tmp_path) in " ".join(one.cmdline())]


def test_a_camera_that_accepts_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live"
        begin = time.monotonic()
        with pytest.raises(BadVideo, match="no frame for too long") as caught:
            next(open_video(address, 1, Patience(open_s=2.0)))
    assert caught.value.retry
    assert time.monotonic() - begin < 60


def test_a_camera_that_refuses_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(BadVideo, match="address, password and cable") as caught:
        next(open_video(f"rtsp://127.0.0.1:{port}/live", 1))
    assert caught.value.retry


def test_a_live_stream_gives_its_newest_frames_without_a_second_hand(tmp_path: Path) -> None:
    data = a_video(tmp_path / "a.avi", 20).read_bytes()

    class Camera(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/avi")
            self.end_headers()
            for place in range(0, len(data), 4096):
                self.wfile.write(data[place : place + 4096])
                time.sleep(0.02)

        def log_message(self, *_: object) -> None:
            """Silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen: list[Frame] = []
        try:
            with pytest.raises(BadVideo, match="check the camera") as caught:
                seen.extend(open_video(f"http://127.0.0.1:{server.server_address[1]}/", 20))
        finally:
            server.shutdown()
    assert caught.value.retry
    assert {frame.at for frame in seen} == {None}


@pytest.mark.parametrize(
    ("source", "live"),
    [("rtsp://x/1", True), ("/dev/video0", True), ("usb:1", True), ("a.mp4", False), ("/srv/rtsp.mp4", False)],
)
def test_a_live_source_is_known_by_its_address(source: str, live: bool) -> None:
    assert is_live(source) is live


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp"])
def test_pictures_are_read_from_files_and_bytes(ending: str, tmp_path: Path) -> None:
    data = cv2.imencode(ending, a_place())[1].tobytes()
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    assert read_picture(path).shape == (240, 320, 3)
    assert np.array_equal(read_picture(path), read_picture(data))


def huge_png() -> bytes:
    data = bytearray(cv2.imencode(".png", a_place())[1].tobytes())
    data[16:24] = (100_000).to_bytes(4) * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a JPEG"),
        (b"GIF89a" + bytes(100), "not a JPEG"),
        (jpeg()[:3000], "cut off"),
        (jpeg()[:10], "cut off"),
        (cv2.imencode(".png", a_place())[1].tobytes()[:5000], "cut off"),
        (cv2.imencode(".bmp", a_place())[1].tobytes()[:5000], "cut off"),
        (huge_png(), "100000 x 100000"),
        (b"\xff\xd8\xff\xd9" + bytes(50), "cut off"),
    ],
)
def test_what_is_not_a_whole_picture_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(BadPicture, match=words):
        read_picture(data)


def test_a_picture_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match=r"none\.jpg"):
        read_picture(tmp_path / "none.jpg")


def test_a_live_source_ends_with_the_last_frame_that_came_however_fast_it_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = [decoder.Taken(number, float(number)) for number in range(5)]
    monkeypatch.setattr(decoder, "_decoded", lambda _source: iter(frames))
    given = [(one.frame, one.at) for one in decoder._newest("rtsp://somewhere", 0)]
    assert given[-1] == (4, None)
    assert given == sorted(set(given))


def test_a_live_source_that_fails_gives_what_it_had_and_then_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_source: str) -> Iterator[decoder.Taken]:
        yield decoder.Taken("last", 1.0)
        raise ValueError("frames of 9 x 9 pixels are too large")

    monkeypatch.setattr(decoder, "_decoded", broken)
    given = decoder._newest("rtsp://somewhere", 0)
    assert next(given).frame == "last"
    with pytest.raises(ValueError, match="too large"):
        next(given)
