"""The committed build: small, free of foreign addresses and inline script, and the same as its sources."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.screen.pages_standin import ROOT, STATIC, page_assets

WEB = ROOT / "screen" / "web"
MOST_KB = 400
NAMES = ("wall", "desk", "login", "report", "office", "bind", "board")


def wire_bytes(file: Path) -> int:
    """Bytes on the wire: fonts are compressed already, the rest is gzipped by the server or the proxy."""
    data = file.read_bytes()
    return len(data) if file.suffix == ".woff2" else len(gzip.compress(data, 6))


def test_the_wall_weighs_at_most_400_kb_on_the_wire() -> None:
    files = page_assets("wall.html")
    assert {".html", ".js", ".css", ".woff2"} <= {file.suffix for file in files}
    wire = sum(wire_bytes(file) for file in files)
    assert wire / 1000 <= MOST_KB


@pytest.mark.parametrize("page", [f"{name}.html" for name in NAMES])
def test_a_page_has_no_inline_script_and_loads_only_from_this_server(page: str) -> None:
    html = (STATIC / page).read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"\son\w+=", html) == []
    assert re.findall(r"""(?:src|href)=["'](?!/static/)""", html) == []
    for asset in re.findall(r"/static/([\w./-]+)", html):
        assert (STATIC / asset).is_file()


def test_every_built_file_is_linked_from_a_page() -> None:
    text = "".join(file.read_text() for file in STATIC.rglob("*") if file.suffix in (".html", ".css", ".js"))
    assert [file.name for file in (STATIC / "assets").iterdir() if file.name not in text] == []


def test_no_style_sheet_or_script_fetches_from_elsewhere() -> None:
    for file in (STATIC / "assets").iterdir():
        if file.suffix == ".css":
            assert "http" not in file.read_text()
        if file.suffix == ".js":
            assert re.findall(r"""(?:fetch|import|EventSource)\(["'`]https?:""", file.read_text()) == []
            assert re.findall(r"\beval\(|new Function\(", file.read_text()) == []


def test_the_lock_file_names_no_registry() -> None:
    lock = (WEB / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 30


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None, reason="no Node on this machine: the committed build is used as it is"
)
@pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="run `npm ci` in screen/web to check the build")
def test_the_committed_build_is_what_the_sources_build(tmp_path: Path) -> None:
    built = subprocess.run(
        ["node", "node_modules/vite/bin/vite.js", "build", "--outDir", str(tmp_path), "--logLevel", "error"],
        cwd=WEB, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    fresh = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    kept = {file.relative_to(STATIC): file.read_bytes() for file in STATIC.rglob("*") if file.is_file()}
    assert sorted(map(str, fresh)) == sorted(map(str, kept)), "run `npm ci && npm run build` in screen/web and commit"
    assert fresh == kept
