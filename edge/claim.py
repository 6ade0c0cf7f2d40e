"""A box claims its own secret: it makes one, hands it in with the installer's code over TLS, and keeps it in its file.

The secret is on disk before it is sent, so whatever breaks, the same claim may be made again.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECRET_BYTES = 32
PATIENCE_S = 30.0
MOST_ANSWER = 65_536  # bytes


class ClaimFailed(RuntimeError):
    """The secret was not claimed; the text says why and what to do. The same code may be tried again."""


def claim(server: str, device: str, code: str, file: Path, ca: Path | None = None) -> dict[str, str]:
    """Claim a secret for ``device`` and leave it in ``file`` (mode 600); returns where the county says it stands.

    ``server`` is the screen's address, ``https://…``; plain HTTP only to this machine itself.
    """
    _must_be_safe(server)
    waiting = file.with_name(f".{file.name}.claiming")
    secret = _kept(waiting)
    place = _ask(f"{server.rstrip('/')}/api/v1/claim", {"device": device, "code": code, "secret": secret}, ca)
    waiting.replace(file)
    return place


def _must_be_safe(server: str) -> None:
    parts = urlsplit(server)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")):
        return
    raise ClaimFailed(f"{server}: the secret travels over https:// only")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kept(file: Path) -> str:
    """The secret of a claim that was begun, or a fresh one; on disk before it is used."""
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(secret)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    return secret


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the secret to a place that nobody named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _ask(url: str, body: dict[str, str], ca: Path | None) -> dict[str, str]:
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    opener = urllib.request.build_opener(_NoDetour, urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=PATIENCE_S) as answer:
            place: dict[str, str] = json.loads(answer.read(MOST_ANSWER))
            return place
    except urllib.error.HTTPError as refusal:
        with refusal:
            raise ClaimFailed(_words(refusal)) from refusal
    except (OSError, ValueError) as fault:
        raise ClaimFailed(f"{url}: {fault}; is the address right, and does the box trust its certificate?") from fault


def _words(refusal: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refusal.read(MOST_ANSWER))["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        return f"the server answered {refusal.code}; is this the address of the county's screen?"
