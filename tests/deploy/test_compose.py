"""Both compose files: docker-compose takes them, what they mount is there, and nothing opens that need not."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from jingcun.__main__ import app
from tests.deploy.composed import COUNTY_FILE, DEPLOY, FILES, PROVINCE, PROVINCE_FILE, docker_compose, mounted, services
from tests.test_docs import FORBIDDEN

PINNED = re.compile(r"[\w./-]+:v?\d+(\.\d+)*")
COUNTIES = ("640999", "640998")


def name_of(file: Path) -> str:
    return file.relative_to(DEPLOY).as_posix()


@pytest.mark.real
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_docker_compose_takes_the_file_without_a_word(file: Path) -> None:
    done = docker_compose(file, "config", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.real
def test_docker_compose_refuses_a_file_with_a_slip_of_the_pen(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COUNTY_FILE.read_text(encoding="utf-8").replace("restart:", "restrat:"), encoding="utf-8")
    done = docker_compose(wrong, "config", "-q")
    assert done.returncode != 0
    assert "restrat" in done.stderr


@pytest.mark.real
@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_docker_compose_sees_the_services_that_we_see(file: Path) -> None:
    told = yaml.safe_load(docker_compose(file, "config").stdout)["services"]
    assert set(told) == set(services(file))
    for name, ours in services(file).items():
        assert told[name].get("hostname") == ours.get("hostname"), name
        assert told[name].get("command") == ours.get("command"), name
        assert len(told[name].get("volumes", [])) == len(ours.get("volumes", [])), name


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_what_is_mounted_is_in_the_repository_or_made_in_the_secrets_step(file: Path) -> None:
    steps = (file.parent / "README.md").read_text(encoding="utf-8")
    assert mounted(file)
    for source in mounted(file):
        if not source.is_relative_to(file.parent / "secrets"):
            assert source.exists(), source
            continue
        name = source.relative_to(file.parent).as_posix()
        county = next((code for code in COUNTIES if code in name), "")
        assert name.replace(county, "$county") in steps if county else name in steps, name


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_image_is_built_here_or_has_a_fixed_version(file: Path) -> None:
    for name, service in services(file).items():
        if "build" in service:
            context = (file.parent / service["build"]["context"]).resolve()
            assert (context / service["build"]["dockerfile"]).is_file(), name
        else:
            assert PINNED.fullmatch(service["image"]), f"{name}: {service['image']}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_only_tls_is_published_and_the_screens_on_loopback(file: Path) -> None:
    ports = {name: service.get("ports", []) for name, service in services(file).items()}
    for name, published in ports.items():
        for port in published:
            if "server" in name:
                assert re.fullmatch(r"127\.0\.0\.1:\d+:8080", port), port
            else:
                assert re.fullmatch(r"\d+:8883", port), port
    outside = Counter(port.rsplit(":", 1)[0] for published in ports.values() for port in published)
    assert set(outside.values()) == {1}, "a port is published twice"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_what_a_server_runs_is_a_command_of_ours(file: Path) -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    image = re.search(r"CMD \[(.+)\]\n*$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert image is not None
    usual = [word.strip('" ') for word in image[1].split(",")]
    commands = [one.get("command", usual) for one in services(file).values() if "build" in one]
    assert commands
    for command in commands:
        options = {option for one in root.commands[command[0]].params for option in one.opts}
        assert {word for word in command if word.startswith("-")} <= options, command
        assert command[-1] == "/etc/jingcun/server.toml"


def test_each_county_has_a_server_and_a_standby_that_differ_only_in_name_and_role() -> None:
    whole = services(PROVINCE_FILE)
    for code in COUNTIES:
        server, standby = whole[f"server-{code}"], whole[f"standby-{code}"]
        assert server["hostname"] != standby["hostname"], "one name in the lease: each would throw the other out"
        assert standby["command"][0] == "ingest"
        assert "command" not in server
        assert standby["healthcheck"] == {"disable": True}
        assert server["volumes"] == standby["volumes"], "half a picture lies where it was received"
        for of_both in (server, standby):
            assert of_both["build"]["args"] == {"EXTRA": "s3"}
            assert f"./server-{code}.toml:/etc/jingcun/server.toml:ro" in of_both["volumes"]
    names = [one["hostname"] for name, one in whole.items() if name.startswith(("server", "standby", "emqx"))]
    assert len(set(names)) == len(names)


def test_a_further_county_is_the_same_services_with_its_code() -> None:
    first, second = (_of_county(code) for code in COUNTIES)
    assert len(first) == 3
    assert first == second


def test_the_image_takes_the_library_of_s3_in_the_version_that_the_tests_run() -> None:
    extra = [line for line in (DEPLOY / "requirements-s3.txt").read_text("utf-8").splitlines() if line[0] != "#"]
    locked = (DEPLOY.parent / "requirements-dev.txt").read_text(encoding="utf-8")
    assert extra[0].startswith("obstore==")
    assert "\n".join(extra) in locked
    after = locked.split("\n".join(extra), 1)[1].splitlines()[1]
    assert "--hash" not in after, "a hash of another platform is missing"


def test_nothing_that_ships_carries_a_secret_or_a_place_of_one_machine() -> None:
    for file in sorted(path for path in PROVINCE.iterdir() if path.is_file()):
        text = file.read_text(encoding="utf-8")
        for wrong in FORBIDDEN:
            assert not re.search(wrong, text), file.name
        assert not re.search(r"(?i)(password|secret|token|cookie)\s*[:=]\s*['\"]?[0-9a-f]{16,}", text), file.name


def _of_county(code: str) -> dict[str, Any]:
    """A county's services with its code and its screen's port struck out."""
    found = {name: one for name, one in services(PROVINCE_FILE).items() if code in name}
    text = re.sub(r"127\.0\.0\.1:\d+", "PORT", yaml.safe_dump(found)).replace(code, "CODE")
    told: dict[str, Any] = yaml.safe_load(text)
    return told
