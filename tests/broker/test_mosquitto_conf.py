"""The shipped mosquitto.conf, started as it is (only its port and folder are moved), keeps its promises."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker import topics
from broker.acl import Credential, acl_text, password_line
from broker.link import Link, LinkSettings, TlsSettings
from tests.servers import Mosquitto, real_mosquitto, wait_until

CONF = Path(__file__).resolve().parents[2] / "mosquitto.conf"
BOX = topics.Address.of_village("640999101201", "qx-box-01")


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    crt, key = str(tmp_path / "server.crt"), str(tmp_path / "server.key")
    openssl("req", "-x509", *curve, "-keyout", key, "-out", crt, *name)
    (tmp_path / "ca.crt").write_bytes((tmp_path / "server.crt").read_bytes())
    (tmp_path / "acl").write_text(acl_text("640999", [Credential("qx-box-01", (BOX,))]))
    (tmp_path / "passwords").write_text(password_line("qx-box-01", "right") + "\n")
    shipped = CONF.read_text(encoding="utf-8").replace("/mosquitto/secrets", str(tmp_path))
    shipped = shipped.replace("listener 8883\n", "").replace("log_dest stderr\n", "")
    with real_mosquitto(tmp_path, shipped + "\nuser root") as running:
        yield running


def attempt(server: Mosquitto, tls: TlsSettings | None, password: str | None) -> tuple[Link, list[tuple[bool, str]]]:
    states: list[tuple[bool, str]] = []
    user = "qx-box-01" if password else None
    settings = LinkSettings(server.host, server.port, "qx-box-01", username=user, password=password, tls=tls)
    link = Link(settings, lambda _: None, lambda up, words: states.append((up, words)))
    link.start()
    try:
        wait_until(lambda: states, "an answer")
    finally:
        link.stop()
    return link, states


# paho drops its socket without closing it when the handshake fails; the reference count closes it.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.real
def test_only_a_named_device_over_tls_gets_in(server: Mosquitto, tmp_path: Path) -> None:
    tls = TlsSettings(ca=tmp_path / "ca.crt")
    link, states = attempt(server, tls, "right")
    assert states[0] == (True, "")
    assert link.limit == 262_144
    for no_way in ((tls, "wrong"), (tls, None), (None, "right"), (TlsSettings(), "right")):
        assert attempt(server, *no_way)[1][0][0] is False, no_way
    assert "CERTIFICATE_VERIFY_FAILED" in attempt(server, TlsSettings(), "right")[1][0][1]


@pytest.mark.real
def test_old_tls_is_refused(server: Mosquitto) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-cipher", "DEFAULT@SECLEVEL=0"]
    old = subprocess.run([*command, "-tls1_1"], input=b"", capture_output=True, check=False, timeout=30)
    new = subprocess.run([*command, "-tls1_2"], input=b"", capture_output=True, check=False, timeout=30)
    assert old.returncode != 0
    assert new.returncode == 0
