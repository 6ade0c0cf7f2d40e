"""The stand-in steps in when, and only when, torchvision's own operator is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from detect.train.stand_in import QUIET, be_quiet, mend


def a_torch() -> tuple[SimpleNamespace, list[str]]:
    """A torch that notes which operators are defined."""
    defined: list[str] = []
    library = SimpleNamespace(define=lambda name, _form: defined.append(name), impl=lambda *_given: None)
    return SimpleNamespace(library=library), defined


def a_torchvision(folder: Path, error: str) -> None:
    """A package whose first import ends with ``error``, and the next works."""
    ops = folder / "torchvision" / "ops"
    ops.mkdir(parents=True)
    flag = folder / "tried"
    (folder / "torchvision" / "__init__.py").write_text(
        f"import pathlib\nflag = pathlib.Path({str(flag)!r})\n"
        f"if {error!r} and not flag.exists():\n    flag.touch()\n    raise RuntimeError({error!r})\n",
        encoding="utf-8",
    )
    (ops / "__init__.py").write_text("", encoding="utf-8")
    (ops / "boxes.py").write_text("_assert_has_ops = None\n", encoding="utf-8")


@pytest.fixture
def own_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("torchvision", "torchvision.ops", "torchvision.ops.boxes"):  # taken away again afterwards
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        del sys.modules[name]
    return tmp_path


def test_a_torchvision_that_imports_is_left_alone(own_imports: Path) -> None:
    a_torchvision(own_imports, "")
    torch, defined = a_torch()
    assert mend(torch) is False
    assert defined == []


def test_a_missing_operator_is_defined_and_the_import_works(own_imports: Path) -> None:
    a_torchvision(own_imports, "operator torchvision::nms does not exist")
    torch, defined = a_torch()
    assert mend(torch) is True
    assert "torchvision::nms" in defined
    assert sys.modules["torchvision.ops.boxes"]._assert_has_ops() is None


def test_another_trouble_is_not_papered_over(own_imports: Path) -> None:
    a_torchvision(own_imports, "libjpeg is broken")
    torch, defined = a_torch()
    with pytest.raises(RuntimeError, match="libjpeg"):
        mend(torch)
    assert defined == []


def test_nothing_is_reported_and_nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in QUIET:
        monkeypatch.setenv(name, "")
    be_quiet()
    assert (os.environ["YOLO_OFFLINE"], os.environ["YOLO_AUTOINSTALL"]) == ("true", "false")


def test_training_and_one_runtime_alone_import_torch_and_ultralytics() -> None:
    root = Path(__file__).parents[3]
    rooms = ("alerts", "bench", "broker", "county", "detect", "edge", "ingest", "jingcun", "screen")
    wanted = re.compile(r"^\s*(?:import|from) (?:torch|ultralytics)\b", re.MULTILINE)
    files = [path for room in rooms for path in (root / room).rglob("*.py") if "node_modules" not in path.parts]
    found = [path for path in files if wanted.search(path.read_text(encoding="utf-8"))]
    assert sorted(path.relative_to(root).as_posix() for path in found) == [
        "detect/runtimes/ultralytics.py",
        "detect/train/engine.py",
    ]


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed (extra train)")
def test_doubles_are_suppressed_beside_the_real_torch() -> None:
    code = (
        "import torch; from detect.train.stand_in import mend; mend(torch); import torchvision;"
        "b = torch.tensor([[0., 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 4]]);"
        "s = torch.tensor([.5, .9, .7, .0]) + .01; print(torchvision.ops.nms(b, s, .5).tolist());"
        "print(torchvision.ops.nms(b[:0], s[:0], .5).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=170, check=True)
    assert done.stdout.split("\n")[:2] == ["[1, 2, 3]", "[]"]
