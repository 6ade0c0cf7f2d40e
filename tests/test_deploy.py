"""The deploy files can be read by what they are for, carry no secret, and open nothing that they need not."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from county.qingluan import qingluan
from edge.settings import load

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"


def test_the_box_settings_that_ship_name_a_registered_box_and_its_spots() -> None:
    settings = load(DEPLOY / "box.toml")
    county = qingluan()
    box = county.device(settings.device)
    assert box is not None
    assert box.village == settings.village
    for camera in settings.cameras:
        for spot in camera.watched:
            assert county.spot(settings.device, spot.name) is not None
    for one in settings.bins:
        assert county.spot(settings.device, one.name) is not None


def test_compose_names_the_four_parts_and_publishes_only_tls_and_loopback() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"mosquitto", "postgres", "influxdb", "server"}
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports == ["8883:8883", "127.0.0.1:8080:8080"]
    for name, secret in compose["secrets"].items():
        assert secret["file"].startswith("./secrets/"), name


@pytest.mark.parametrize("unit", ["jingcun-server.service", "jingcun-edge.service"])
def test_a_unit_runs_without_root_and_comes_back(unit: str) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(DEPLOY / "systemd" / unit)
    service = parser["Service"]
    assert service["User"] == "jingcun"
    assert service["Restart"] == "always"
    assert service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"


def test_no_settings_file_carries_a_secret() -> None:
    files = sorted(DEPLOY.rglob("*.toml"))
    assert len(files) >= 4
    for file in files:
        for key, value in _flat(tomllib.loads(file.read_text(encoding="utf-8"))):
            assert not re.fullmatch(r"password|secret|token|key", key), f"{file.name}: {key}"
            user = str(value).rpartition("@")[0].rpartition("/")[2]
            assert ":" not in user or "{password}" in str(value), f"{file.name}: {key} holds a password"


def test_a_box_installs_no_web_framework_and_no_database_driver() -> None:
    lock = (ROOT / "requirements-edge.txt").read_text(encoding="utf-8")
    names = {line.split("==")[0].lower() for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    assert names
    assert not names & {"fastapi", "starlette", "sqlalchemy", "psycopg", "psycopg-binary", "torch", "ultralytics"}


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-edge.txt", "requirements-dev.txt"])
def test_locks_carry_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|index-url", text)
    assert not re.search(r"^torch==", text, re.MULTILINE)


def test_the_dashboard_asks_only_for_what_the_programs_tell() -> None:
    board = json.loads((DEPLOY / "grafana" / "jingcun.json").read_text(encoding="utf-8"))
    asked = {
        name for panel in board["panels"] for target in panel["targets"]
        for name in re.findall(r"jingcun_\w+", target["expr"])
    }  # fmt: skip
    told = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*/metrics.py"))
    names = {f"jingcun_{name}" for name in re.findall(r'Sample\(\s*"(\w+)"', told)}
    assert asked <= names, asked - names
    assert len(names) >= 25
    jobs = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["ingest", "alerts", "screen", "edge"]


def _flat(table: dict[str, object]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        rows = value if isinstance(value, list) else [value]
        for one in rows:
            found += _flat(one) if isinstance(one, dict) else [(key, one)]
    return found
