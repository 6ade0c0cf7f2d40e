"""The box's settings file: what is right is read, what is wrong is named with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.settings import BadSettings, BoxSettings, load
from edge.wires import link_settings

GOOD = """
device = "qx-box-01"
village = "640999101201"
folder = "var"
[broker]
host = "127.0.0.1"
port = 1883
tls = false
password_file = "secret"
[[cameras]]
name = "qx-cam-01"
source = { type = "folder", path = "pictures", every_s = 0.5 }
spots = [{ name = "gate", polygon = [[0, 0], [1, 0], [1, 1]] }]
[[cameras]]
name = "qx-cam-02"
source = { type = "rendered", scene = "lane", script = { step = [{ at = 0.0, state = "clean" }] } }
[[bins]]
name = "qx-bin-01"
source = { type = "simulated", percent_per_hour = 600 }
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "box.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read_and_paths_are_beside_it(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert settings.folder == tmp_path / "var"
    assert settings.broker.password_file == tmp_path / "secret"
    source = settings.cameras[0].source
    assert source.type == "folder"
    assert source.path == tmp_path / "pictures"


def test_a_camera_without_spots_watches_its_whole_picture_under_its_own_name(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    assert [spot.name for spot in settings.cameras[0].watched] == ["gate"]
    assert [(spot.name, spot.polygon[2]) for spot in settings.cameras[1].watched] == [("qx-cam-02", (1, 1))]


def test_what_decides_an_event_changes_its_configuration_id_and_nothing_else_does(tmp_path: Path) -> None:
    def config_id(text: str, version: int = 3) -> str:
        return load(write(tmp_path, text)).cameras[0].config_id(version)

    usual = config_id(GOOD)
    assert usual == config_id(GOOD) == f"3-{usual[2:]}"
    for old, new in (
        ("[1, 0]", "[1, 0.1]"),
        ('name = "gate"', 'name = "door"'),
        ('name = "gate",', 'name = "gate", enter = 0.4,'),
        ('name = "gate",', 'name = "gate", kinds = ["garbage"],'),
        ("spots = [", "masks = [[[0, 0], [1, 0], [1, 0.2]]]\nspots = ["),
        ("spots = [", "gate = false\nspots = ["),
    ):
        assert old in GOOD
        assert config_id(GOOD.replace(old, new, 1)) != usual, new
    assert config_id(GOOD, version=4)[2:] == usual[2:]
    assert config_id(GOOD.replace("qx-cam-01", "qx-cam-77")) == usual
    assert config_id(GOOD.replace('path = "pictures"', 'path = "others"')) == usual


def test_both_connections_use_the_device_as_user_and_ids_of_their_own(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD))
    main, bulk = (link_settings(settings, bulk=bulk, will=None) for bulk in (False, True))
    assert (main.client_id, bulk.client_id) == ("qx-box-01", "qx-box-01-bulk")
    assert main.username == bulk.username == "qx-box-01"
    assert main.tls is None


@pytest.mark.parametrize(
    ("old", "new", "key", "cure"),
    [
        ('device = "qx-box-01"\n', "", "device", "add this key"),
        ('device = "qx-box-01"', 'device = "no/slash"', "device", "letters, digits"),
        ("640999101201", "6409991012", "village", "12 digits"),
        ("every_s = 0.5", "every_secs = 0.5", "cameras.0.source.folder.every_secs", "spelling"),
        ('type = "rendered"', 'type = "painted"', "cameras.1.source", "listed types"),
        ("percent_per_hour = 600", "percent_per_hour = -1", "bins.0.source.simulated.percent_per_hour", "fits"),
        ("every_s = 0.5", 'loop = true, times = "name"', "cameras.0.source.folder", "change it"),
        ("port = 1883", "port = 70000", "broker.port", "fits"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 0], [1, 7]]", "cameras.0.spots.0.polygon.2.1", "fits"),
        ("[[0, 0], [1, 0], [1, 1]]", "[[0, 0], [1, 1], [1, 0], [0, 0.8]]", "cameras.0.spots.0.polygon", "change it"),
        ("spots = [", "masks = [[[0, 0], [1, 1], [1, 0], [0, 0.8]]]\nspots = [", "cameras.0.masks.0", "change it"),
        ("spots = [", "masks = [[[0, 0], [0.5, 0.5], [1, 1]]]\nspots = [", "cameras.0.masks.0", "change it"),
        ("qx-cam-02", "qx-cam-01", "the whole file", "change it in the file"),
        ("qx-bin-01", "gate", "the whole file", "change it in the file"),
    ],
)
def test_every_fault_names_the_file_the_key_and_the_cure(
    tmp_path: Path, old: str, new: str, key: str, cure: str
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(BadSettings) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: {key}:")
    assert "Cure: " in text
    assert cure in text


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("port = 1883", "port = 0").replace("640999101201", "x"))
    with pytest.raises(BadSettings) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "content",
    [b"device = ", b"a = " + b"[" * 100_000, b"\xff\xfe\x00", None],
    ids=["not TOML", "too deep", "not UTF-8", "absent"],
)
def test_an_unreadable_file_is_named_with_a_cure(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "box.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSettings, match=r"box\.toml: .*Cure: "):
        load(path)


FILTERS = """
[[cameras]]
name = "qx-cam-01"
source = { type = "folder", path = "pictures" }
[cameras.filters.garbage]
min_score = 0.2
max_area = 0.5
[cameras.filters.person]
min_area = 0.001
[[cameras.spots]]
name = "gate"
polygon = [[0, 0], [1, 0], [1, 1]]
[cameras.spots.filters.garbage]
threshold = 0.6
max_area = 0.3
masks = [[[0, 0], [0.1, 0], [0.1, 0.1]]]
[[cameras.spots]]
name = "yard"
polygon = [[0, 0], [1, 0], [1, 1]]
kinds = ["garbage", "straw_pile"]
"""
HEAD = GOOD.split("[[cameras]]", maxsplit=1)[0]


def test_filters_of_a_camera_count_at_its_spots_and_a_spot_may_say_otherwise(tmp_path: Path) -> None:
    gate, yard = load(write(tmp_path, HEAD + FILTERS)).cameras[0].watched
    assert (gate.filters["garbage"].min_score, gate.filters["garbage"].max_area) == (0.2, 0.3)
    assert gate.rules.threshold("garbage") == 0.6
    assert len(gate.filters["garbage"].masks) == 1
    assert (yard.filters["garbage"].max_area, yard.filters["person"].min_area) == (0.5, 0.001)
    assert yard.kinds == ("garbage", "straw_pile")


def test_the_looking_process_is_told_the_same_filters(tmp_path: Path) -> None:
    settings = load(write(tmp_path, HEAD + FILTERS))
    told = BoxSettings.model_validate_json(settings.model_dump_json())
    assert told.cameras[0].watched == settings.cameras[0].watched
    assert told.cameras[0].config_id(1) == settings.cameras[0].config_id(1)


def test_a_camera_without_spots_has_its_filters_too(tmp_path: Path) -> None:
    text = HEAD + FILTERS.split("[[cameras.spots]]", maxsplit=1)[0]
    (whole,) = load(write(tmp_path, text)).cameras[0].watched
    assert whole.filters["garbage"].min_score == 0.2


def test_a_filter_changes_the_config_id_of_its_camera(tmp_path: Path) -> None:
    before = load(write(tmp_path, HEAD + FILTERS)).cameras[0].config_id(1)
    after = load(write(tmp_path, HEAD + FILTERS.replace("threshold = 0.6", "threshold = 0.5"))).cameras[0].config_id(1)
    assert before != after


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_area = 0.5", "max_area = 5", "cameras.0.filters.garbage.max_area: Input should be less than or equal"),
        ("max_area = 0.5", "maxarea = 0.5", "cameras.0.filters.garbage.maxarea: Extra inputs"),
        ("min_area = 0.001", "threshold = 0.5", "filters.person.threshold has no meaning; use min_score"),
        ("filters.person", "filters.plate", "cameras.0.filters.plate"),
        ("max_area = 0.3", "min_area = 0.6", "spot gate, with the camera's filters: min_area must not be above max"),
        ("threshold = 0.6", "threshold = 0.1", "leave must not be above filters.garbage.threshold"),
        ('"straw_pile"', '"plate"', "cameras.0.spots.1.kinds.1"),
        ('"straw_pile"', '"dog"', "cameras.0.spots.1.kinds.1"),
    ],
)
def test_a_wrong_filter_or_kind_is_named_with_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load(write(tmp_path, (HEAD + FILTERS).replace(old, new)))
    assert words in str(caught.value)
    assert "Cure:" in str(caught.value)
