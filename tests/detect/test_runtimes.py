"""Every runtime that is installed gives the boxes of ONNX Runtime; a file that is no detector is refused at load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from detect.boxes import Found, iou
from detect.errors import BadModel, NoRuntime
from detect.finder import Finder, Picture, default_model
from detect.runtimes.files import RuntimeName, model_id, names_beside, parts, runtime_for, sides_beside
from detect.runtimes.opening import Choice, check_names, open_runtime
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene
from tests.detect.models import a_model

SHOWN, SAME, CLOSE, SHARE = 0.1, 0.9, 0.02, 0.98  # of 100 boxes above 0.1, 98 with IoU 0.9 and the score within 0.02
METADATA = "names:\n  0: garbage\n  1: 'garbage bin'\nimgsz:\n- 320\n- 640\n"

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed (extra openvino)")
needs_ncnn = pytest.mark.skipif(find_spec("ncnn") is None, reason="ncnn is not installed (extra ncnn)")
needs_pnnx = pytest.mark.skipif(find_spec("pnnx") is None, reason="pnnx, which makes an NCNN model, is not installed")


Seen = list[tuple[Picture, list[Found]]]


@pytest.fixture(scope="session")
def seen(finder: Finder) -> Seen:
    """Rendered places in two states each, and what ONNX Runtime finds there."""
    made = []
    for name in ("lane", "shop", "field", "canal", "square"):
        scene = load_scene(Path(HOME) / name)
        pictures = [compose(scene, View(state=state), seed=3) for state in sorted(scene.states)[:2]]
        made += [(picture, finder.find(picture)) for picture in pictures]
    return made


def agreement(seen: Seen, other: Finder) -> tuple[int, int]:
    """How many of the boxes seen the other finds too, and how many there are."""
    met = shown = 0
    for picture, boxes in seen:
        rivals = other.find(picture)
        for box in (box for box in boxes if box.score > SHOWN):
            shown += 1
            met += any(_same(box, rival) for rival in rivals)
    return met, shown


def _same(box: Found, rival: Found) -> bool:
    return box.label == rival.label and iou(box, rival) >= SAME and abs(box.score - rival.score) <= CLOSE


@pytest.fixture(scope="session")
def ncnn_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model as NCNN, made by the program in the pnnx wheel (its Python side would need torch)."""
    folder = tmp_path_factory.mktemp("ncnn_model")
    copy, width = folder / "model.onnx", Finder(default_model()).width
    copy.write_bytes(default_model().read_bytes())
    spec = find_spec("pnnx")
    assert spec is not None
    assert spec.origin is not None
    shape = f"inputshape=[1,3,{width},{width}]f32"
    program = Path(spec.origin).parent / "pnnx"
    subprocess.run([program, copy.name, shape, "fp16=0"], cwd=folder, check=True, capture_output=True, timeout=120)
    kept = folder / "kept"
    kept.mkdir()
    for ending in ("param", "bin"):
        (folder / f"model.ncnn.{ending}").rename(kept / f"model.ncnn.{ending}")
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(Finder(default_model()).names))
    (kept / "metadata.yaml").write_text(f"imgsz:\n- {width}\n- {width}\nnames:\n{names}")
    return kept


@needs_openvino
def test_openvino_finds_what_onnx_runtime_finds(finder: Finder, seen: Seen) -> None:
    other = Finder(open_runtime(default_model(), Choice("openvino", threads=1)))
    assert (other.names, other.model_id) == (finder.names, finder.model_id)
    met, shown = agreement(seen, other)
    assert shown >= 20
    assert met >= SHARE * shown


@needs_openvino
def test_openvino_may_use_the_short_floats_of_the_machine(seen: Seen) -> None:
    other = Finder(open_runtime(default_model(), Choice("openvino", threads=1, exact=False)))
    met, shown = agreement(seen, other)
    assert met >= 0.8 * shown  # bf16 where the machine has it: scores move by some hundredths


@needs_ncnn
@needs_pnnx
def test_ncnn_finds_what_onnx_runtime_finds(finder: Finder, seen: Seen, ncnn_model: Path) -> None:
    other = Finder(open_runtime(ncnn_model, Choice(threads=1)))
    assert (other.names, (other.width, other.height)) == (finder.names, (finder.width, finder.height))
    met, shown = agreement(seen, other)
    assert shown >= 20
    assert met >= SHARE * shown


Harm = Callable[[bytes], bytes]


@needs_ncnn
@needs_pnnx
@pytest.mark.parametrize(
    ("part", "harm"),
    [
        ("model.ncnn.param", lambda _: b""),
        ("model.ncnn.param", lambda _: b"a text that is no model\n"),
        ("model.ncnn.param", lambda whole: whole[: len(whole) // 2]),
        ("model.ncnn.bin", lambda _: b""),
        ("model.ncnn.bin", lambda whole: whole[: len(whole) // 2]),
        ("metadata.yaml", lambda _: b"imgsz: 3\n"),
    ],
)
def test_a_torn_ncnn_model_is_refused(ncnn_model: Path, tmp_path: Path, part: str, harm: Harm) -> None:
    for one in ncnn_model.iterdir():
        data = one.read_bytes()
        (tmp_path / one.name).write_bytes(harm(data) if one.name == part else data)
    with pytest.raises(BadModel):
        open_runtime(tmp_path)


@needs_openvino
@pytest.mark.parametrize("data", [b"", b"a text", b"\x08\x08" * 50])
def test_openvino_refuses_what_is_no_model(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(BadModel, match=r"model\.onnx"):
        open_runtime(path, Choice("openvino"))


@pytest.mark.parametrize("runtime", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rows": 7}, r"answers \[1, 7, 84\], needed is \[1, 9, anchors\]"),
        ({"score": float("nan")}, "no numbers"),
        ({"score": float("inf")}, "no numbers"),
        ({"score": 7.0}, "not between 0 and 1"),
        ({"side": "any"}, "fixed shape"),
        ({"side": 16}, "input of 16 x 16"),
        ({"names": "what?"}, "does not say its class names"),
        ({"names": "{1: 'a'}"}, "does not say its class names"),
    ],
)
def test_a_model_that_is_no_detector_is_refused_at_load(
    tmp_path: Path, runtime: RuntimeName, wrong: dict[str, object], words: str
) -> None:
    path = a_model(tmp_path / "model.onnx", **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadModel, match=words) as caught:
        open_runtime(path, Choice(runtime, threads=1))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("runtime", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
def test_a_whole_model_answers_its_rows(tmp_path: Path, runtime: RuntimeName) -> None:
    opened = open_runtime(a_model(tmp_path / "model.onnx", score=0.5), Choice(runtime, threads=1))
    raw = opened.run(np.zeros((1, 3, 64, 64), np.float32))
    assert raw[:, 0].tolist() == [32, 32, 32, 32, 0.5, 0, 0, 0, 0]


@pytest.mark.parametrize("length", [1, 10, 100, 300, 500])
def test_a_cut_model_is_refused_at_any_length(tmp_path: Path, length: int) -> None:
    path = a_model(tmp_path / "model.onnx")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BadModel):
        open_runtime(path)


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("a.onnx", None, "onnxruntime"),
        ("a.ONNX", None, "onnxruntime"),
        ("a.onnx", "openvino", "openvino"),
        ("a.xml", None, "openvino"),
        ("a.ncnn.param", None, "ncnn"),
        ("a.engine", None, "ultralytics"),
        ("a.pt", None, "ultralytics"),
    ],
)
def test_the_runtime_follows_the_files_ending_unless_told(name: str, wanted: RuntimeName | None, expected: str) -> None:
    assert runtime_for(Path(name), wanted) == expected


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a.onnx", "ncnn"), ("a.pt", "onnxruntime"), ("a.txt", None), ("a", None), ("a.xml", "ncnn")],
)
def test_a_runtime_that_cannot_read_the_file_is_named(name: str, wanted: RuntimeName | None) -> None:
    with pytest.raises(BadModel, match="reads"):
        runtime_for(Path(name), wanted)


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "detect.runtimes.openvino", raising=False)
    with pytest.raises(NoRuntime, match=r"jingcun\[openvino\]"):
        open_runtime(a_model(tmp_path / "model.onnx"), Choice("openvino"))


def test_the_usual_runtime_loads_no_other(tmp_path: Path) -> None:
    path = a_model(tmp_path / "model.onnx")
    told = subprocess.run(
        [
            sys.executable, "-c",
            f"import sys; from detect.finder import Finder; Finder({str(path)!r});"
            "print([m for m in ('openvino', 'ncnn', 'torch', 'onnx') if m in sys.modules])",
        ],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"


def test_a_folder_holds_one_model(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="a folder with 0 models"):
        open_runtime(tmp_path)
    a_model(tmp_path / "one.onnx")
    assert open_runtime(tmp_path).size == (64, 64)
    a_model(tmp_path / "two.onnx")
    with pytest.raises(BadModel, match="a folder with 2 models"):
        open_runtime(tmp_path)


def test_the_parts_of_a_model_are_named_together(tmp_path: Path) -> None:
    for name in ("model.ncnn.param", "model.ncnn.bin", "metadata.yaml"):
        (tmp_path / name).write_text(METADATA)
    graph = tmp_path / "model.ncnn.param"
    assert [one.name for one in parts(graph)] == ["model.ncnn.param", "model.ncnn.bin", "metadata.yaml"]
    assert (names_beside(graph), sides_beside(graph)) == (("garbage", "garbage bin"), (640, 320))
    before = model_id(parts(graph))
    (tmp_path / "model.ncnn.bin").write_text("other weights")
    assert model_id(parts(graph)) != before


def test_a_model_that_lacks_a_needed_class_is_refused(tmp_path: Path) -> None:
    check_names(("garbage", "person"), {"person"}, tmp_path)
    with pytest.raises(BadModel, match=r"does not know person \(it knows garbage\)"):
        check_names(("garbage",), {"person", "garbage"}, tmp_path)
