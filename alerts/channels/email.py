"""Sends notices as e-mail through the county's own mail server: plain text, and the same as small HTML.

The Message-ID comes from the notice's id, so that a mail which went out twice is one in whatever reads by Message-ID.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.catalog import secret_of
from alerts.channels.email_text import ADDRESS, LONGEST_SUBJECT, Sender, answered, subject, whole_subject, written
from alerts.channels.measures import Sketch, in_characters, in_units
from alerts.channels.templates import Worded, worded

KIND = "email"
_PORTS = {"tls": 465, "starttls": 587, "plain": 25}
_LABEL = "[A-Za-z0-9-]{1,63}"


class Settings(Worded):
    """The mail server and who sends. ``plain`` is for a closed network: no password goes over it.

    ``timeout_s`` is for one answer of the server, ``longest_s`` for the whole letter.
    """

    host: str = Field(pattern=rf"^{_LABEL}(\.{_LABEL})*$|^[0-9A-Fa-f:]+$")
    sender: str = Field(pattern=f"^{ADDRESS}$")
    sender_name: str = "净村"
    security: Literal["tls", "starttls", "plain"] = "tls"
    port: int | None = Field(default=None, ge=1, le=65535)
    user: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    timeout_s: float = Field(default=10, gt=0, le=20)
    longest_s: float = Field(default=30, gt=0, le=40)


def opened(settings: Settings, now: Callable[[], datetime]) -> Email:
    """The channel of these settings."""
    if bool(settings.user) != (settings.password_file is not None):
        raise ValueError("user and password_file belong together")
    if settings.user and settings.security == "plain":
        raise ValueError('a password is never sent in the clear: security = "tls" or "starttls"')
    password = secret_of(settings.password_file) if settings.password_file else ""
    if not (settings.user + password).isascii():
        raise ValueError("user and password must be ASCII: mail servers know no other")
    return Email(settings, password, now)


class Email:
    """One mail server; each letter has a connection of its own, for mail servers drop idle ones."""

    by = By.EMAIL

    def __init__(self, settings: Settings, password: str, now: Callable[[], datetime]) -> None:
        """The server's certificate is checked against the system's authorities, or those of ``ca_file``."""
        self._settings = settings
        self._password = password
        self._now = now
        self._tls = ssl.create_default_context(cafile=settings.ca_file) if settings.security != "plain" else None

    def send(self, letter: Letter) -> Answer:
        """Send one mail. Before its text is handed over nothing was sent; from then on only the answer tells."""
        if re.fullmatch(ADDRESS, letter.address) is None:
            return Answer(Result.FAILED, words=f"邮箱地址不对:{letter.address[:60]!r}")
        sender = Sender(self._settings.sender, self._settings.sender_name)
        mail = written(worded(letter, self._settings.templates), sender, self._now())
        handed = False
        try:
            with self._line() as smtp:
                _agreed(*smtp.mail(self._settings.sender))
                _agreed(*smtp.rcpt(letter.address))
                handed = True
                return answered(*smtp.data(mail), handed=True)
        except (OSError, ValueError) as fault:  # smtplib's own are the one, a challenge that is no Base64 the other
            return meaning(fault, handed=handed)

    def close(self) -> None:
        """Nothing stays open between letters."""

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        """A server that is ready for a letter. The connection is cut after ``longest_s``, however slowly it drips."""
        chosen = self._settings
        with ExitStack() as stack:
            address = (chosen.host, chosen.port or _PORTS[chosen.security])
            sock = stack.enter_context(socket.create_connection(address, chosen.timeout_s))
            spare = stack.enter_context(sock.dup())  # still reaches the connection when TLS has taken the other
            ends = threading.Timer(chosen.longest_s, _cut, (spare,))
            ends.daemon = True
            ends.start()
            stack.callback(ends.cancel)
            yield self._ready(sock, stack)

    def _ready(self, sock: socket.socket, stack: ExitStack) -> smtplib.SMTP:
        """Greeted, encrypted and logged in, as the settings ask."""
        chosen = self._settings
        smtp = self._speaking(self._encrypted(sock) if chosen.security == "tls" else sock, stack)
        _agreed(*smtp.getreply())
        smtp.ehlo_or_helo_if_needed()
        if chosen.security == "starttls":
            if not smtp.has_extn("starttls"):
                raise smtplib.SMTPNotSupportedError("STARTTLS")
            _agreed(*smtp.docmd("STARTTLS"))
            smtp = self._speaking(self._encrypted(sock), stack)  # a new one: nothing that was said in the clear counts
            smtp.ehlo_or_helo_if_needed()
        if chosen.user:
            _log_in(smtp, chosen.user, self._password)
        return smtp

    def _encrypted(self, sock: socket.socket) -> ssl.SSLSocket:
        assert self._tls is not None
        return self._tls.wrap_socket(sock, server_hostname=self._settings.host)

    def _speaking(self, sock: socket.socket, stack: ExitStack) -> smtplib.SMTP:
        smtp = smtplib.SMTP(local_hostname=self._settings.sender.rpartition("@")[2])
        smtp.sock = sock
        stack.callback(smtp.close)
        return smtp


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be sent: subject and plain text; the page says the same."""
    told = worded(letter, settings.templates)
    head = subject(told)
    body = {"subject": head, "text": told.text}
    return Sketch(body, (in_characters("subject", head, whole_subject(told), LONGEST_SUBJECT),
                         in_units("text", told.text, told.text, 0)))  # fmt: skip


def meaning(fault: Exception, *, handed: bool) -> Answer:
    """What it means that no letter was taken; ``handed``: its text had been given away, or was about to be."""
    if isinstance(fault, smtplib.SMTPResponseException):
        return answered(fault.smtp_code, fault.smtp_error, handed=handed)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return Answer(Result.FAILED, words=f"邮件服务器的证书不被信任({fault.verify_message}),核对host和ca_file")
    if isinstance(fault, OSError) and (
        isinstance(fault, smtplib.SMTPServerDisconnected) or not isinstance(fault, smtplib.SMTPException)
    ):
        where = "交出正文后断线,不知道是否收下" if handed else "连不上邮件服务器,或中途断线"
        return Answer(Result.RETRY, words=f"{where}:{type(fault).__name__}", maybe_sent=handed)
    return Answer(Result.FAILED, words=f"邮件服务器不支持所设的登录或加密方式:{' '.join(str(fault).split())[:120]}")


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Once, by one method: smtplib's own tries others after a refusal, and a server that hangs up then hides it."""
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    smtp.user, smtp.password = user, password
    ways: dict[str, Callable[..., Any]] = {
        "PLAIN": smtp.auth_plain,
        "LOGIN": smtp.auth_login,
        "CRAM-MD5": smtp.auth_cram_md5,
    }
    way = next((way for way in ways if way in offered), None)
    if way is None:
        raise smtplib.SMTPNotSupportedError(f"AUTH {' '.join(offered)}".strip())
    smtp.auth(way, ways[way])


def _agreed(code: int, words: bytes) -> None:
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, words)


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
