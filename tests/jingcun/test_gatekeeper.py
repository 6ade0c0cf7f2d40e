"""The broker's files follow the registry: a revoked device is cut off a live Mosquitto, the others notice nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker import topics
from broker.link import Delivery, Link, LinkSettings, TlsSettings
from broker.mosquitto import MosquittoConf, ReloadFailed, by_command, by_signal, conf_text, exchange
from county import qingluan
from county.book import CountyBook
from county.credentials import address
from county.invitations import invite
from county.office import add_device_secret, revoke_device_secret
from jingcun.demo.stage import to_toml
from jingcun.gatekeeper import LOOK_S, Gatekeeper
from tests.broker.test_mosquitto_conf import CONF, openssl
from tests.servers import Mosquitto, accepts, free_port, real_mosquitto, wait_until

COUNTY, FIRST, SECOND = "640999", "qx-box-01", "qx-box-02"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[CountyBook]:
    (tmp_path / "var").mkdir()
    with CountyBook(f"sqlite:///{tmp_path / 'var' / 'county.db'}") as opened:
        opened.save(qingluan.folder(), "test", "first")
        yield opened


@dataclass
class Box:
    """A device on the broker, and how its connection fared."""

    name: str
    server: Mosquitto
    password: str
    ca: Path
    states: list[tuple[bool, str]] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        tls = TlsSettings(self.ca)
        settings = LinkSettings(
            self.server.host, self.server.port, self.name, self.name, self.password, tls=tls, retry_min_s=0.1,
            retry_max_s=0.3,
        )  # fmt: skip
        wanted = [(topics.door(COUNTY), 1)]
        self.link = Link(settings, self._hear, lambda up, words: self.states.append((up, words)), wanted)

    def _hear(self, delivery: Delivery) -> None:
        self.heard.append(delivery.payload)
        delivery.ack()


def settings_file(folder: Path) -> Path:
    (folder / "ingest.password").write_text("a long random server secret\n", encoding="utf-8")
    file = folder / "server.toml"
    file.write_text(to_toml({"county": COUNTY, "folder": "var"}), encoding="utf-8")
    return file


@contextmanager
def keeper(folder: Path, config: Path) -> Iterator[None]:
    """``jingcun device broker --keep`` as an operator runs it."""
    words = ["device", "broker", str(folder), "--server-secret", str(config.parent / "ingest.password")]
    words += ["-c", str(config), "--keep", "--pid-file", str(folder / "pid")]
    child = subprocess.Popen([sys.executable, "-m", "jingcun", *words], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert b"passwords" in child.stdout.readline()
        yield
    finally:
        child.terminate()
        child.stdout.close()
        assert child.wait(30) == 0


def certificate(folder: Path) -> None:
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    openssl("req", "-x509", *curve, "-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt"), *name)
    (folder / "ca.crt").write_bytes((folder / "server.crt").read_bytes())


def running(folder: Path, conf: MosquittoConf) -> str:
    """The generated configuration without what the fixture itself says."""
    text = conf_text(conf).replace(f"listener {conf.port}\n", "").replace("log_dest stderr\n", "")
    return f"{text}\nuser root\npid_file {folder / 'pid'}"


def test_who_is_cut_off_is_told_with_device_and_village_and_no_hash(
    tmp_path: Path, book: CountyBook, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (FIRST, SECOND):
        add_device_secret(book, name, "a", NOW)
    Gatekeeper.of(book, tmp_path / "files", "server secret", MosquittoConf(tmp_path)).write()
    revoke_device_secret(book, FIRST, "lost", NOW)
    Gatekeeper.of(book, tmp_path / "files", "server secret", MosquittoConf(tmp_path)).write()
    (told,) = caplog.records
    device = book.current().device(FIRST)
    assert device is not None
    assert (told.__dict__["device"], told.__dict__["village"]) == (FIRST, device.village)
    assert told.getMessage() == f"{FIRST} is cut off: its password was revoked or replaced"


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho, where a connection is refused
def test_a_revoked_device_is_cut_off_and_kept_out_and_the_other_notices_nothing(
    tmp_path: Path, book: CountyBook
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    certificate(secrets)
    config = settings_file(tmp_path)
    passwords = {name: add_device_secret(book, name, "a", NOW) for name in (FIRST, SECOND)}
    Gatekeeper.of(book, secrets, "a long random server secret", MosquittoConf(secrets)).write()
    with ExitStack() as stack:
        server = stack.enter_context(real_mosquitto(secrets / "run", running(secrets, MosquittoConf(secrets))))
        boxes = {name: Box(name, server, password, secrets / "ca.crt") for name, password in passwords.items()}
        ingest = Box("ingest", server, "a long random server secret", secrets / "ca.crt")
        for box in (*boxes.values(), ingest):
            stack.callback(box.link.stop)
            box.link.start()
            wait_until(lambda box=box: box.link.connected, f"{box.name} connects")
        stack.enter_context(keeper(secrets, config))
        revoke_device_secret(book, FIRST, "lost", NOW)
        began = time.monotonic()
        wait_until(lambda: not boxes[FIRST].link.connected, "the revoked box is cut off", 30)
        print(f"a revocation held after {time.monotonic() - began:.2f} s")
        wait_until(
            lambda: any("refused" in words for _, words in boxes[FIRST].states), "and refused when it comes again"
        )
        ingest.link.publish(topics.door(COUNTY), b"still here")
        wait_until(lambda: b"still here" in boxes[SECOND].heard, "the other hears on")
        assert boxes[SECOND].states == [(True, "")]
        assert b"still here" not in boxes[FIRST].heard
        fresh = Box(FIRST, server, add_device_secret(book, FIRST, "a", NOW), secrets / "ca.crt")
        stack.callback(fresh.link.stop)
        fresh.link.start()
        wait_until(lambda: fresh.link.connected, "a new secret lets it in again, without anybody's doing", 30)


@pytest.mark.real
@pytest.mark.slow
def test_an_invited_box_claims_its_secret_and_gets_in_by_itself(tmp_path: Path, book: CountyBook) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    certificate(secrets)
    config, port = settings_file(tmp_path), free_port()
    config.write_text(config.read_text(encoding="utf-8") + f"\n[screen]\nport = {port}\n", encoding="utf-8")
    broker = {"host": "127.0.0.1", "port": 8883, "password_file": "box.password"}
    box_file = tmp_path / "box.toml"
    village = book.current().devices[FIRST].village
    box_file.write_text(to_toml({"device": FIRST, "village": village, "folder": "box", "broker": broker}), "utf-8")
    code, _ = invite(book, FIRST, "installer", datetime.now(UTC))
    Gatekeeper.of(book, secrets, "a long random server secret", MosquittoConf(secrets)).write()
    with ExitStack() as stack:
        server = stack.enter_context(real_mosquitto(secrets / "run", running(secrets, MosquittoConf(secrets))))
        stack.enter_context(keeper(secrets, config))
        with (tmp_path / "screen.log").open("wb") as log:
            screen = subprocess.Popen([sys.executable, "-m", "jingcun", "screen", "-c", str(config)], stdout=log)
        stack.callback(screen.wait, 60)
        stack.callback(screen.terminate)
        wait_until(lambda: accepts(port), "the screen listens", 90)
        words = ["claim", "--server", f"http://127.0.0.1:{port}", "-c", str(box_file), "--code"]
        claims = [
            subprocess.run(
                [sys.executable, "-m", "jingcun", *words, typed], capture_output=True, text=True, check=False
            )
            for typed in ("aaaa-bbbb-cccc", code)
        ]
        assert [done.returncode for done in claims] == [2, 0], claims
        assert "安装码不对" in claims[0].stderr
        box = Box(FIRST, server, (tmp_path / "box.password").read_text(encoding="utf-8"), secrets / "ca.crt")
        stack.callback(box.link.stop)
        box.link.start()
        wait_until(lambda: box.link.connected, "the box gets in", 30)


def test_the_look_at_the_registry_leaves_time_for_the_five_seconds() -> None:
    assert LOOK_S <= 2.0


def test_the_shipped_configuration_is_what_the_command_writes() -> None:
    assert CONF.read_text(encoding="utf-8") == conf_text(MosquittoConf())


def test_certificates_are_asked_for_beside_the_password_never_instead() -> None:
    text = conf_text(MosquittoConf(certificates=True))
    assert "require_certificate true" in text
    assert "crlfile /mosquitto/secrets/crl.pem" in text
    assert "use_identity_as_username false" in text
    assert "password_file" in text


def test_only_what_changed_is_written_and_only_its_owner_reads_it(tmp_path: Path, book: CountyBook) -> None:
    gatekeeper = Gatekeeper.of(book, tmp_path / "out", "secret", MosquittoConf(tmp_path / "out"))
    assert sorted(gatekeeper.write()) == ["acl", "mosquitto.conf", "passwords"]
    assert gatekeeper.write() == []
    add_device_secret(book, FIRST, "a", NOW)
    assert sorted(gatekeeper.write()) == ["acl", "passwords"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert gatekeeper.book.credentials_stamp(COUNTY) == "1/1/0/0"
    place = address(book.current(), book.current().devices[FIRST])
    assert f"topic write {place.topic('event')}" in (tmp_path / "out" / "acl").read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_writes_for_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 1883, 1883)
    exchange(tmp_path, {"acl": "text"})
    found = (tmp_path / "acl").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1883, 1883, 0o600)


def test_a_reload_that_failed_is_owed_until_it_worked_and_happens_once_for_a_change(
    tmp_path: Path, book: CountyBook, caplog: pytest.LogCaptureFixture
) -> None:
    gatekeeper = Gatekeeper.of(book, tmp_path / "out", "secret", MosquittoConf(tmp_path / "out"))
    calls: list[str] = []

    def reload() -> None:
        calls.append((tmp_path / "out" / "passwords").read_text(encoding="utf-8"))
        if len(calls) < 3:
            raise ReloadFailed("the broker is not there")

    stop = threading.Event()
    thread = threading.Thread(target=gatekeeper.keep, args=(reload, stop, 0.01))
    thread.start()
    wait_until(lambda: len(calls) == 3, "the third try works")
    add_device_secret(book, FIRST, "a", NOW)
    wait_until(lambda: len(calls) == 4, "a reload for the new device")
    stop.set()
    thread.join(20)
    assert len(calls) == 4
    assert [FIRST in text for text in calls] == [False, False, False, True]
    assert caplog.text.count("the broker is not there") == 1


def test_a_reload_without_a_broker_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ReloadFailed, match="is it running"):
        by_signal(tmp_path / "pid")()
    with pytest.raises(ReloadFailed, match="ended with 3: no such unit"):
        by_command(["sh", "-c", "echo no such unit >&2; exit 3"])()
    with pytest.raises(ReloadFailed, match="no-such-program"):
        by_command(["no-such-program"])()
    by_command(["true"])()
