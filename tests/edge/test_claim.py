"""The box's side of a claim: the secret is on disk before it travels, travels over TLS only, and ends in its file."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.claim import ClaimFailed, claim
from tests.broker.test_mosquitto_conf import openssl

PLACE = {"device": "box-1", "county": "640999", "township": "640999101", "village": "640999101201"}


@dataclass
class County:
    """A stand-in for the county's screen: what it was asked, and what it answers."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    on_disk: list[bool] = field(default_factory=list)
    status: int = 200
    body: bytes = json.dumps(PLACE).encode()
    watch: Path | None = None


def serve(county: County, folder: Path) -> http.server.HTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            county.asked.append(said)
            county.on_disk.append(
                any(said["secret"] in path.read_text() for path in (county.watch or folder).iterdir())
            )
            self.send_response(county.status)
            if county.status == 302:
                self.send_header("Location", county.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(county.body)

        def log_message(self, *_: object) -> None:
            pass

    return http.server.HTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    openssl("req", "-x509", *curve, "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "ca.crt"), *name)
    found = County()
    server = serve(found, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.crt", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join(20)
    server.server_close()


@pytest.fixture
def file(tmp_path: Path, county: County) -> Path:
    county.watch = tmp_path / "secrets"
    return tmp_path / "secrets" / "box.password"


def test_the_secret_is_kept_before_it_is_sent_and_only_its_owner_reads_it(
    county: County, file: Path, tmp_path: Path
) -> None:
    assert claim(county.url, "box-1", "aaaa-bbbb-cccc", file, tmp_path / "ca.crt") == PLACE
    (asked,) = county.asked
    assert file.read_text() == asked["secret"]
    assert len(asked["secret"]) >= 43
    assert (asked["device"], asked["code"], county.on_disk) == ("box-1", "aaaa-bbbb-cccc", [True])
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == ["box.password"]


def test_after_a_lost_answer_the_same_secret_is_claimed_again_and_the_old_file_stays(
    county: County, file: Path, tmp_path: Path
) -> None:
    file.parent.mkdir()
    file.write_text("the old one")
    county.status, county.body = 502, b"<html>bad gateway"
    with pytest.raises(ClaimFailed, match="502"):
        claim(county.url, "box-1", "code", file, tmp_path / "ca.crt")
    assert file.read_text() == "the old one"
    county.status, county.body = 200, json.dumps(PLACE).encode()
    claim(county.url, "box-1", "code", file, tmp_path / "ca.crt")
    assert county.asked[0]["secret"] == county.asked[1]["secret"] == file.read_text()


def test_a_refusal_is_told_in_the_servers_words(county: County, file: Path, tmp_path: Path) -> None:
    county.status, county.body = 403, json.dumps({"detail": "安装码不对"}).encode()
    with pytest.raises(ClaimFailed, match="安装码不对"):
        claim(county.url, "box-1", "code", file, tmp_path / "ca.crt")
    assert not file.exists()


def test_a_server_that_is_not_trusted_never_sees_the_secret(county: County, file: Path) -> None:
    with pytest.raises(ClaimFailed, match="CERTIFICATE_VERIFY_FAILED"):
        claim(county.url, "box-1", "code", file)
    assert county.asked == []


def test_a_redirect_is_not_followed(county: County, file: Path, tmp_path: Path) -> None:
    county.status, county.body = 302, b""
    with pytest.raises(ClaimFailed, match="302"):
        claim(county.url, "box-1", "code", file, tmp_path / "ca.crt")
    assert len(county.asked) == 1


@pytest.mark.parametrize(
    "server", ["http://county.example", "ftp://127.0.0.1", "county.example", "http://127.0.0.1.example"]
)
def test_plain_text_leaves_this_machine_never(server: str, tmp_path: Path) -> None:
    with pytest.raises(ClaimFailed, match="https"):
        claim(server, "box-1", "code", tmp_path / "box.password")
    assert list(tmp_path.iterdir()) == []


def test_nobody_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClaimFailed, match="is the address right"):
        claim("https://127.0.0.1:1", "box-1", "code", tmp_path / "box.password")
