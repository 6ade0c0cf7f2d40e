"""A stand-in for the county's mail server: RFC 5321 as far as a client of ours meets it, with STARTTLS, TLS and AUTH.

``says`` replaces the reply to a command (``"rcpt": "450 4.2.1 busy"``), to the greeting (``greeting``) or to the whole
text of the mail (``text``); ``hangs_up`` and ``drips`` name where the line breaks or crawls instead. Commands in the
wrong order are refused, as are lines over 998 bytes and text that is no ASCII.
"""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_AFTER = {"mail": "ehlo", "rcpt": "mail", "data": "rcpt"}
_USUAL = {
    "greeting": "220 mail.qingluan.example ESMTP", "ehlo": "", "mail": "250 2.1.0 Ok", "rcpt": "250 2.1.5 Ok",
    "data": "354 End data with <CR><LF>.<CR><LF>", "text": "250 2.0.0 Ok: queued as 4Bq7Xz1",
    "starttls": "220 Go ahead",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """What was taken: from and to of the envelope, the text as it came, whether encrypted, and who was logged in."""

    sender: str
    to: str
    text: bytes
    encrypted: bool
    user: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1; ``file`` is what a client trusts."""

    file: Path
    server: ssl.SSLContext


def certificate(folder: Path, host: str = "127.0.0.1") -> Certificate:
    """Make one for a host, good for a day around now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=12))
        .not_valid_after(now + timedelta(hours=12))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, crt = folder / f"{host}.key", folder / f"{host}.crt"
    pem.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, pem)
    return Certificate(crt, context)


@dataclass
class Playing:
    """How the server behaves; may be changed while it runs."""

    says: dict[str, str] = field(default_factory=dict)
    hangs_up: str = ""
    drips: str = ""
    login: tuple[str, str] | None = None  # the only user and password, asked for before MAIL
    ways: str = "LOGIN PLAIN"
    starttls: bool = True


class MailServer(socketserver.ThreadingTCPServer):
    """The server at 127.0.0.1:``port``; use it with ``with``."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None, *, at_once: bool = False) -> None:
        """With ``tls`` it offers STARTTLS; ``at_once`` it is encrypted from the first byte."""
        super().__init__(("127.0.0.1", 0), _Talk)
        self.tls = tls
        self.at_once = at_once
        self.playing = Playing()
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        """Talk until somebody has gone."""
        self._encrypted, self._user, self._stage = False, "", ""
        self._from, self._to = "", ""
        try:
            if self.server.at_once:
                self._encrypt()
            if self._say("greeting"):
                while line := self.rfile.readline(1000):
                    if not self._command(line):
                        return
        except OSError:
            """The client has gone, or trusts us not."""
        finally:
            self.connection.close()

    def _command(self, line: bytes) -> bool:
        """Answer one command; False when the line ends here."""
        word, _, rest = line.decode("ascii").rstrip("\r\n").partition(" ")
        word = word.lower()
        self.server.commands.append(word)
        if word in _AFTER and self._stage != _AFTER[word]:
            return self._write("503 5.5.1 bad sequence of commands")
        doing: dict[str, Callable[[str], bool]] = {
            "ehlo": self._ehlo, "mail": self._mail, "rcpt": self._rcpt, "data": self._data, "auth": self._auth,
            "starttls": self._starttls,
        }  # fmt: skip
        return doing[word](rest) if word in doing else self._write("502 5.5.2 no such command")

    def _ehlo(self, _rest: str) -> bool:
        offers = ["mail.qingluan.example"]
        if self.server.tls and not self._encrypted and self.server.playing.starttls:
            offers.append("STARTTLS")
        if self.server.playing.login and self._encrypted:
            offers.append(f"AUTH {self.server.playing.ways}")
        self._stage = "ehlo"
        lines = [f"250{' ' if n == len(offers) - 1 else '-'}{offer}" for n, offer in enumerate(offers)]
        return self._say("ehlo", "\r\n".join(lines))

    def _starttls(self, _rest: str) -> bool:
        if not self._say("starttls"):
            return False
        if "starttls" not in self.server.playing.says:
            self._encrypt()
            self._stage = ""
        return True

    def _auth(self, rest: str) -> bool:
        if "auth" in self.server.playing.says:
            return self._say("auth")
        way, _, first = rest.partition(" ")
        if way.upper() == "LOGIN":
            self._write("334 " + base64.b64encode(b"Password:").decode())
            user, password = _plain(first), _plain(self.rfile.readline(1000).decode())
        else:
            _, user, password = _plain(first).split("\0")
        if (user, password) != self.server.playing.login:
            self._write("535 5.7.8 Error: authentication failed")
            return False  # as some servers do: no second guess
        self._user = user
        return self._write("235 2.7.0 Authentication successful")

    def _mail(self, rest: str) -> bool:
        if self.server.playing.login and not self._user:
            return self._write("530 5.7.0 Must issue a STARTTLS command or log in first")
        self._from, self._stage = _path(rest), "mail"
        return self._say("mail")

    def _rcpt(self, rest: str) -> bool:
        self._to, self._stage = _path(rest), "rcpt"
        return self._say("rcpt")

    def _data(self, _rest: str) -> bool:
        if not self._say("data"):
            return False
        if not self.server.playing.says.get("data", "354").startswith("354"):
            return True
        lines: list[bytes] = []
        while (line := self.rfile.readline(2000)) not in {b".\r\n", b""}:
            if len(line) > 1000 or not line.isascii() or not line.endswith(b"\r\n"):
                return self._write("554 5.6.0 not a mail")
            lines.append(line.removeprefix(b"."))
        if "text" not in self.server.playing.says:
            self.server.mails.append(Mail(self._from, self._to, b"".join(lines), self._encrypted, self._user))
        return self._say("text")

    def _say(self, where: str, usual: str = "") -> bool:
        playing = self.server.playing
        if playing.hangs_up == where:
            return False
        reply = playing.says.get(where) or usual or _USUAL[where]
        if playing.drips == where:
            for char in reply * 100:
                self.wfile.write(char.encode())
                if self.server.over.wait(0.4):
                    return False
        return self._write(reply)

    def _write(self, reply: str) -> bool:
        self.wfile.write(reply.encode() + b"\r\n")
        return True

    def _encrypt(self) -> None:
        assert self.server.tls is not None
        self.connection = self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self._encrypted = True


def _path(rest: str) -> str:
    """``FROM:<a@b> SIZE=3`` → ``a@b``."""
    return rest.partition("<")[2].partition(">")[0]


def _plain(coded: str) -> str:
    return base64.b64decode(coded).decode()
