"""What the county drew on a picture, in the configuration of the box, and the box that takes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from county.content import Content
from county.snapshot import County
from county.values import Mask
from edge.desired import applied
from edge.settings import check
from ingest.drawn import body_of, fits, is_told, speaks_for
from tests.county.small import BOX, CAMERA, DEVICES, SPOT, SPOTS, VILLAGE, small_county

CORNERS = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2))


def drawn(*masks: Mask, **parts: object) -> County:
    content: Content = small_county().content
    return County(replace(content, masks=masks, **parts))  # type: ignore[arg-type]


def test_a_box_takes_what_was_drawn_and_what_was_wished_before_stays(tmp_path: Path) -> None:
    county = drawn(Mask("m1", CAMERA, "邻家窗户", CORNERS))
    camera = county.devices[CAMERA]
    body = body_of(county, camera, {"health_s": 30, "cameras": {CAMERA: {"gate": False, "masks": []}, "x": {}}})
    assert body["health_s"] == 30
    assert body["cameras"]["x"] == {}
    assert body["cameras"][CAMERA]["gate"] is False
    del body["cameras"]["x"]
    file = check(
        {
            "device": BOX, "village": VILLAGE, "folder": "var", "broker": {"host": "127.0.0.1", "tls": False},
            "cameras": [{"name": CAMERA, "source": {"type": "rendered", "scene": "lane"}}],
        },
        tmp_path / "box.toml",
    )  # fmt: skip
    runs = applied(file, 4, body).cameras[0]
    assert [(spot.name, spot.polygon) for spot in runs.watched] == [(SPOT, SPOTS[0].polygon)]
    assert runs.masks == (CORNERS,)


def test_a_configuration_is_known_to_be_behind_what_is_drawn() -> None:
    before, after = drawn(), drawn(Mask("m1", CAMERA, "邻家窗户", CORNERS))
    camera = before.devices[CAMERA]
    body = body_of(before, camera, {})
    assert is_told(before, camera, body)
    assert not is_told(after, camera, body)
    assert not is_told(before, camera, {}), "nothing was ever told"


def test_a_spot_without_polygon_is_the_whole_picture_and_a_kind_no_camera_sees_is_left_out() -> None:
    spot = replace(SPOTS[0], polygon=(), kinds=("bin_full", "garbage"))
    county = drawn(spots=(spot,))
    said = body_of(county, county.devices[CAMERA], {})["cameras"][CAMERA]
    assert said == {"drawn": [{"name": SPOT, "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "kinds": ["garbage"]}],
                    "masks": []}  # fmt: skip


def test_without_a_box_nobody_hears_it() -> None:
    alone = drawn(devices=(DEVICES[0], replace(DEVICES[1], box=""), DEVICES[2]))
    assert speaks_for(alone, alone.devices[CAMERA]) is None
    whole = drawn()
    box = speaks_for(whole, whole.devices[CAMERA])
    assert box is not None
    assert box.id == BOX
    assert fits({"a": "x"})
    assert not fits({"a": "x" * 70_000})
