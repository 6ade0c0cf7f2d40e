"""The county's own authority: what it issues OpenSSL accepts, and what is revoked a live Mosquitto refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from broker.authority import LIST_RENEWED, Authority, Issued
from broker.link import Link, LinkSettings, TlsSettings
from broker.mosquitto import MosquittoConf, by_signal, conf_text
from county import qingluan
from county.book import CountyBook
from county.office import add_device_secret, revoke_device_secret
from jingcun.gatekeeper import Gatekeeper
from tests.servers import Mosquitto, real_mosquitto, wait_until

NOW = datetime.now(UTC).replace(microsecond=0)
COUNTY, FIRST, SECOND = "640999", "qx-box-01", "qx-box-02"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path / "ca", COUNTY, NOW)


def put(folder: Path, name: str, issued: Issued) -> TlsSettings:
    (folder / f"{name}.key").write_text(issued.key)
    (folder / f"{name}.crt").write_text(issued.certificate)
    return TlsSettings(folder / "ca" / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key")


def verify(folder: Path, name: str, *more: str) -> str:
    call = ["openssl", "verify", "-CAfile", str(folder / "ca" / "ca.crt"), *more, str(folder / f"{name}.crt")]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout + done.stderr


def test_openssl_accepts_what_is_issued_for_its_purpose_and_refuses_what_is_revoked(
    authority: Authority, tmp_path: Path
) -> None:
    good, bad = authority.client(FIRST, NOW), authority.client(SECOND, NOW)
    put(tmp_path, "good", good)
    put(tmp_path, "bad", bad)
    put(tmp_path, "server", authority.server(["county.example", "127.0.0.1"], NOW))
    (tmp_path / "crl.pem").write_text(authority.revoked({bad.serial}, NOW))
    checked = ("-crl_check", "-CRLfile", str(tmp_path / "crl.pem"))
    assert "good.crt: OK" in verify(tmp_path, "good", "-purpose", "sslclient", *checked)
    assert "revoked" in verify(tmp_path, "bad", "-purpose", "sslclient", *checked)
    assert "OK" in verify(tmp_path, "server", "-purpose", "sslserver", "-verify_hostname", "county.example")
    assert "OK" in verify(tmp_path, "server", "-purpose", "sslserver", "-verify_ip", "127.0.0.1")
    assert "OK" not in verify(tmp_path, "good", "-purpose", "sslserver")
    assert "OK" not in verify(tmp_path, "server", "-purpose", "sslclient")


def test_keys_are_their_owners_and_an_authority_is_never_overwritten(authority: Authority, tmp_path: Path) -> None:
    del authority
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "ca" / "ca.crt").read_bytes()
    with pytest.raises(FileExistsError):
        Authority.make(tmp_path / "ca", COUNTY, NOW)
    assert (tmp_path / "ca" / "ca.crt").read_bytes() == before


def test_a_list_is_renewed_daily_and_whenever_it_says_something_else(authority: Authority, tmp_path: Path) -> None:
    text = authority.revoked({1, 7}, NOW)
    assert authority.list_holds(text, {7, 1}, NOW)
    assert not authority.list_holds(text, {7}, NOW)
    assert not authority.list_holds(text, {1, 7}, NOW + LIST_RENEWED)
    assert not authority.list_holds("", {1, 7}, NOW)
    assert not authority.list_holds("garbled", set(), NOW)
    other = Authority.make(tmp_path / "other", "640998", NOW)
    assert not authority.list_holds(other.revoked({1, 7}, NOW), {1, 7}, NOW)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[CountyBook]:
    with CountyBook(f"sqlite:///{tmp_path / 'county.db'}") as opened:
        opened.save(qingluan.folder(), "test", "first")
        yield opened


def refused(server: Mosquitto, name: str, password: str, tls: TlsSettings) -> str:
    """Why a connection is refused, "" when it is not."""
    states: list[tuple[bool, str]] = []
    settings = LinkSettings(server.host, server.port, f"{name}-try", name, password, tls=tls)
    link = Link(settings, lambda _: None, lambda up, words: states.append((up, words)))
    link.start()
    try:
        wait_until(lambda: states, "an answer")
    finally:
        link.stop()
    return states[0][1]


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho, where a handshake fails
def test_certificate_and_password_open_together_and_a_revoked_certificate_never_again(
    authority: Authority, book: CountyBook, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    issued = authority.server(["127.0.0.1"], NOW)
    (secrets / "ca.crt").write_bytes((tmp_path / "ca" / "ca.crt").read_bytes())
    (secrets / "server.crt").write_text(issued.certificate)
    (secrets / "server.key").write_text(issued.key)
    own, clients = MosquittoConf(secrets, certificates=True), {}
    passwords = {name: add_device_secret(book, name, "a", NOW) for name in (FIRST, SECOND)}
    for name in (FIRST, SECOND):
        one = authority.client(name, NOW)
        book.put_certificate(COUNTY, name, one.serial, NOW)
        clients[name] = put(tmp_path, name, one)
    gatekeeper = Gatekeeper.of(book, secrets, "server", own, authority)
    assert "crl.pem" in gatekeeper.write(NOW)
    assert gatekeeper.write(NOW) == []
    text = conf_text(own).replace("listener 8883\n", "").replace("log_dest stderr\n", "")
    with ExitStack() as stack:
        server = stack.enter_context(
            real_mosquitto(secrets / "run", f"{text}\nuser root\npid_file {secrets / 'run' / 'pid'}")
        )
        bare = TlsSettings(secrets / "ca.crt")
        assert refused(server, FIRST, passwords[FIRST], clients[FIRST]) == ""
        assert refused(server, FIRST, passwords[FIRST], bare), "no certificate"
        assert refused(server, FIRST, "wrong", clients[FIRST]), "no password"
        revoke_device_secret(book, FIRST, "lost", NOW)
        assert sorted(gatekeeper.write(NOW)) == ["acl", "crl.pem", "passwords"]
        fresh = add_device_secret(book, FIRST, "a", NOW)  # even with a password that holds
        gatekeeper.write(NOW)
        by_signal(secrets / "run" / "pid")()
        wait_until(lambda: refused(server, FIRST, fresh, clients[FIRST]), "the revoked certificate is refused")
        assert refused(server, SECOND, passwords[SECOND], clients[SECOND]) == ""
        again = authority.client(FIRST, NOW + timedelta(seconds=1))
        assert refused(server, FIRST, fresh, put(tmp_path, "again", again)) == ""


def test_without_an_authority_there_is_no_list_and_no_such_configuration(book: CountyBook, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="authority"):
        Gatekeeper.of(book, tmp_path, "server", MosquittoConf(certificates=True))
