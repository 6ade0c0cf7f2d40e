"""One county as an integrator sets it up: the handbook's commands, the shipped mosquitto.conf over TLS, PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from broker.embedded import free_port
from county import qingluan
from county.files import to_path
from edge.scenes.scene import HOME, load_scene
from jingcun.demo.stage import to_toml
from tests.broker.test_mosquitto_conf import CONF, openssl
from tests.servers import Mosquitto, real_mosquitto, wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]
BOX, CAMERA = "qx-box-01", "qx-cam-01"
PATIENCE_S = 120.0


def jingcun(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "jingcun", *words], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


@pytest.fixture
def server_toml(tmp_path: Path, real_postgres: str) -> Path:
    """The server's settings: everything as in deploy/server.toml, on free ports."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ingest.password").write_text("a long random server secret\n", encoding="utf-8")
    screen = free_port()
    file = tmp_path / "server.toml"
    broker = {
        "host": "127.0.0.1", "port": free_port(), "username": "ingest",
        "password_file": "secrets/ingest.password", "ca_file": "secrets/ca.crt",
    }  # fmt: skip
    settings = {
        "county": "640999", "folder": "var", "database": real_postgres, "broker": broker,
        "metrics": {"ingest": free_port(), "alerts": free_port(), "screen": free_port()},
        "notices": {"base_url": f"http://127.0.0.1:{screen}"}, "screen": {"port": screen, "secure_cookies": False},
    }  # fmt: skip
    file.write_text(to_toml(settings), encoding="utf-8")
    return file


@pytest.fixture
def mosquitto(tmp_path: Path, server_toml: Path) -> Iterator[Mosquitto]:
    """The shipped configuration with the registry's passwords and access list, on the port of the settings."""
    secrets = tmp_path / "secrets"
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    openssl("req", "-x509", *curve, "-keyout", str(secrets / "server.key"), "-out", str(secrets / "server.crt"), *name)
    (secrets / "ca.crt").write_bytes((secrets / "server.crt").read_bytes())
    to_path(qingluan.without_rules(qingluan.folder()), tmp_path / "county")
    jingcun("county", "load", str(tmp_path / "county"), "--author", "a", "--reason", "b", "-c", str(server_toml))
    secret = jingcun("device", "add", BOX, "--author", "a", "-c", str(server_toml))
    (secrets / "box.password").write_text(secret, encoding="utf-8")
    server_secret = str(secrets / "ingest.password")
    jingcun("device", "broker", str(secrets), "--server-secret", server_secret, "-c", str(server_toml))
    shipped = CONF.read_text(encoding="utf-8").replace("/mosquitto/secrets", str(secrets))
    shipped = shipped.replace("listener 8883\n", "").replace("log_dest stderr\n", "")
    with real_mosquitto(tmp_path, shipped + "\nuser root") as running:
        text = server_toml.read_text(encoding="utf-8")
        server_toml.write_text(re.sub(r'("127\.0\.0\.1", port = )\d+', rf"\g<1>{running.port}", text, count=1), "utf-8")
        yield running


def box_toml(tmp_path: Path, port: int) -> Path:
    scene = load_scene(HOME / "lane")
    camera = {
        "name": CAMERA, "spots": [{"name": f"{CAMERA}.spot-1", "polygon": scene.spot}], "look_at_least_s": 1.0,
        "source": {"type": "rendered", "scene": "lane", "fps": 2.0, "script": {"step": [{"at": 0, "state": "pile"}]}},
    }  # fmt: skip
    file = tmp_path / "box.toml"
    secrets = {"password_file": "secrets/box.password", "ca": "secrets/ca.crt"}
    file.write_text(
        to_toml({
            "device": BOX, "village": qingluan.qingluan().devices[BOX].village, "folder": "box", "cameras": [camera],
            "broker": {"host": "127.0.0.1", "port": port, **secrets}, "threads": 1, "health_s": 2,
            "metrics": {"port": free_port()},
        }),
        encoding="utf-8",
    )  # fmt: skip
    return file


def start(stack: ExitStack, output: Path, *words: str) -> subprocess.Popen[bytes]:
    sink = stack.enter_context(output.open("wb"))
    child = subprocess.Popen(
        [sys.executable, "-m", "jingcun", *words], stdout=sink, stderr=sink, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    stack.callback(end, child)
    return child


def end(child: subprocess.Popen[bytes]) -> None:
    members = psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(60)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    _, alive = psutil.wait_procs(members, timeout=20)
    assert alive == [], "a program outlived its supervisor"


def scraped(settings: Path) -> str:
    """What every program that the settings give a port tells Prometheus."""
    ports = tomllib.loads(settings.read_text(encoding="utf-8"))["metrics"].values()
    return "".join(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text for port in ports)


def test_a_county_on_postgresql_and_tls_sees_a_pile_and_names_a_person(
    tmp_path: Path, server_toml: Path, mosquitto: Mosquitto
) -> None:
    log, box_log = tmp_path / "server.log", tmp_path / "box.log"
    with ExitStack() as stack:
        start(stack, log, "server", "--config", str(server_toml))
        start(stack, box_log, "edge", "--config", str(box_toml(tmp_path, mosquitto.port)))
        url = re.search(r'base_url = "([^"]+)"', server_toml.read_text(encoding="utf-8"))
        assert url is not None
        wait_until(lambda: "首次口令" in log.read_text("utf-8"), "the server is up", PATIENCE_S)
        password = re.search(r"首次口令 (\S+?)（", log.read_text("utf-8"))
        assert password is not None
        with httpx.Client(base_url=url[1], timeout=30) as web:
            wait_until(lambda: answers(web), "the screen answers", PATIENCE_S)
            assert web.get("/api/v1/wall").status_code == 401
            web.post("/api/v1/login", json={"name": "admin", "password": password[1]}).raise_for_status()
            wait_until(lambda: tickets(web), f"a ticket; the box says:\n{box_log.read_text('utf-8')}", PATIENCE_S)
            row = tickets(web)[0]
            wall = web.get("/api/v1/wall").json()
            ticket = web.get(f"/api/v1/tickets/{row['ticket']}").json()
        told = scraped(server_toml) + scraped(tmp_path / "box.toml")
        health = json.loads(jingcun("device", "health", "--json", "-c", str(server_toml)).splitlines()[0])
    assert row["what"] == "garbage"
    assert ticket["person"]["name"]
    assert wall["links"]["boxes_online"] == 1
    assert wall["devices"]["dead_letters"] == 0
    for metric in (
        "jingcun_ingest_open 1.0", 'jingcun_ingest_messages_total{outcome="stored"}', 'jingcun_ingest_reader_lag{',
        "jingcun_alerts_decided_total", 'jingcun_alerts_tickets_open{status="dispatched"} 1.0',
        'jingcun_screen_requests_total{method="GET",route="/api/v1/wall",status="200"}',
        f'jingcun_edge_camera_online{{camera="{CAMERA}"}} 1.0', "jingcun_edge_outbox_waiting",
    ):  # fmt: skip
        assert metric in told, metric
    assert told.count("jingcun_readable 1.0") == 4
    assert (health["device"], health["online"], health["refused_by_server"]) == (BOX, True, 0)
    assert "Traceback" not in log.read_text("utf-8") + box_log.read_text("utf-8")


def answers(web: httpx.Client) -> bool:
    try:
        return web.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def tickets(web: httpx.Client) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = web.get("/api/v1/wall").json()["live"]
    return rows
