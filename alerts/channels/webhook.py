"""Posts notices as signed JSON to one address of the county: its own SMS gate, a group robot bridge, an office system.

``X-Jingcun-Signature: sha256=HMAC(secret, "<timestamp>.<body>")`` with ``X-Jingcun-Timestamp`` in Unix seconds;
``Idempotency-Key`` is the notice's id, so that a receiver can drop a letter that came twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import httpx

from alerts.channels import Answer, By, Letter, Result
from alerts.channels.calling import LATER, NEVER_LEFT, body_of
from alerts.channels.catalog import ChannelSettings, secret_of
from alerts.channels.measures import Sketch, in_units

KIND = "webhook"
TIMEOUT = httpx.Timeout(10.0, connect=5.0)


class Settings(ChannelSettings):
    """Where notices are posted, and the file that holds the signing secret."""

    url: str
    secret_file: Path


def opened(settings: Settings, now: Callable[[], datetime]) -> Webhook:
    """The channel of these settings."""
    return Webhook(settings.url, secret_of(settings.secret_file).encode(), now)


class Webhook:
    """One receiver. Redirects are not followed: only the address in the settings gets names and links."""

    by = By.PHONE

    def __init__(self, url: str, secret: bytes, now: Callable[[], datetime], timeout: httpx.Timeout = TIMEOUT) -> None:
        """Post to ``url`` (http or https) and sign with ``secret``."""
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"webhook address {url!r} must begin with https:// (or http:// inside a closed network)")
        self._url = url
        self._secret = secret
        self._now = now
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def send(self, letter: Letter) -> Answer:
        """Post one letter; 2xx is accepted, 408/425/429/5xx and a broken line are worth a retry, the rest is not."""
        body = json.dumps(asdict(letter), ensure_ascii=False).encode()
        headers = headers_of(letter.id, body, self._secret, self._now())
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as reply:
                said = body_of(reply)
        except NEVER_LEFT as fault:
            return Answer(Result.RETRY, words=f"接收方连不上:{type(fault).__name__}")
        except httpx.HTTPError as fault:
            return Answer(Result.RETRY, words=f"没有等到接收方的回答:{type(fault).__name__}", maybe_sent=True)
        return classify(reply.status_code, said[:8000].decode(errors="replace")[:2000])

    def close(self) -> None:
        """Close the connection pool."""
        self._client.close()


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be posted: the whole letter, in which the receiver finds its words."""
    return Sketch(asdict(letter), (in_units("text", letter.text, letter.text, 0),))


def headers_of(letter_id: str, body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers of a JSON body that is posted now; ``letter_id`` is the same whenever it is posted again."""
    stamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": letter_id,
        "X-Jingcun-Timestamp": stamp,
        "X-Jingcun-Signature": sign(secret, stamp, body),
    }


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """The signature header of a body posted at ``stamp`` (Unix seconds)."""
    return "sha256=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def classify(status: int, text: str) -> Answer:
    """What an HTTP answer means for the letter."""
    if 200 <= status < 300:
        return Answer(Result.ACCEPTED, _provider_id(text), f"HTTP {status}")
    if status in LATER or status >= 500:
        return Answer(Result.RETRY, words=f"HTTP {status},稍后重试", maybe_sent=status >= 500)
    return Answer(Result.FAILED, words=f"HTTP {status},接收方拒绝:{text[:120]}")


def _provider_id(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("id", ""))[:200] if isinstance(value, dict) else ""
