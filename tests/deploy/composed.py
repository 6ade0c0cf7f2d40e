"""The two compose files as values, and Debian's docker-compose for those who want its own word."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROVINCE = DEPLOY / "province"
COUNTY_FILE, PROVINCE_FILE = DEPLOY / "compose.yaml", PROVINCE / "compose.yaml"
FILES = (COUNTY_FILE, PROVINCE_FILE)


@cache
def services(file: Path) -> dict[str, dict[str, Any]]:
    """Every service with its anchors merged, as any YAML reader sees them."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return found


def mounted(file: Path) -> list[Path]:
    """What of this machine a compose file mounts, and its secrets; named volumes are none of it."""
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    sources = [line.split(":")[0] for one in services(file).values() for line in one.get("volumes", [])]
    sources += [secret["file"] for secret in whole.get("secrets", {}).values()]
    return [(file.parent / source).resolve() for source in sources if source.startswith(".")]


def docker_compose(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the real program; skipped (failed when JINGCUN_REQUIRE_REAL is set) where it is not installed."""
    program = shutil.which("docker-compose")
    if program is None:
        text = "docker-compose is not here: apt-get install docker-compose"
        if os.environ.get("JINGCUN_REQUIRE_REAL"):
            pytest.fail(text)
        pytest.skip(text)
    command = [program, "-f", str(file), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
