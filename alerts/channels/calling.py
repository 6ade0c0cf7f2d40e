"""How channels call a provider: one connection pool each, no redirects, and every way in which no answer comes.

What a provider says inside HTTP 200 is for the channel to read; here it is only made sure that there is something.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from alerts.channels import Answer, Result

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MOST = 1_000_000  # bytes of an answer that anybody reads
LONGEST_S = 20.0  # an answer that drips is given up
LATER = frozenset({408, 425, 429})
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: method and path (or a whole address), query, headers, and a JSON body or raw bytes."""

    method: str
    url: str
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    json: Any = None
    content: bytes | None = None


class Line:
    """The line to one provider, at ``base`` (http or https)."""

    def __init__(self, base: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        """``base`` without a slash at its end; plain http is for a closed network and for tests."""
        if not base.startswith(("http://", "https://")):
            raise ValueError(f"address {base!r} must begin with https:// (or http:// inside a closed network)")
        self._client = httpx.Client(base_url=base, timeout=timeout, follow_redirects=False, trust_env=False)

    def ask(self, call: Call) -> Said | Answer:
        """The JSON object that the provider answers with, whatever its status below 500; an ``Answer`` where none came.

        JSON goes out as UTF-8 as it is: WeCom refuses escapes.
        """
        headers = dict(call.headers or {})
        try:
            content = call.content
            if call.json is not None:
                content = json.dumps(call.json, ensure_ascii=False, separators=(",", ":")).encode()
                headers.setdefault("Content-Type", "application/json; charset=utf-8")
            with self._client.stream(
                call.method, call.url, params=call.params, headers=headers, content=content
            ) as reply:
                body = body_of(reply)
        except NEVER_LEFT as fault:
            return Answer(Result.RETRY, words=f"连不上:{type(fault).__name__}")
        except httpx.HTTPError as fault:
            return Answer(Result.RETRY, words=f"没有等到回答:{type(fault).__name__}", maybe_sent=True)
        except (httpx.InvalidURL, UnicodeError) as fault:  # as by a token that holds what no address can
            return Answer(Result.FAILED, words=f"这个请求写不出来:{type(fault).__name__}")
        return _read(reply.status_code, body)

    def close(self) -> None:
        """Close the connection pool."""
        self._client.close()


def body_of(reply: httpx.Response) -> bytes:
    """What of the answer anybody reads; ``httpx.ReadTimeout`` where it drips."""
    body, end = b"", time.monotonic() + LONGEST_S
    for part in reply.iter_bytes():
        body += part
        if len(body) > MOST:
            break
        if time.monotonic() > end:
            raise httpx.ReadTimeout("the answer drips")
    return body[:MOST]


def _read(status: int, body: bytes) -> Said | Answer:
    if status >= 500 or status in LATER:
        return Answer(Result.RETRY, words=f"HTTP {status},稍后重试", maybe_sent=status >= 500)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        return said
    text = body[:600].decode(errors="replace")
    if 200 <= status < 300:
        return Answer(Result.RETRY, words=f"回答不是JSON:{text[:80]}", maybe_sent=True)
    return Answer(Result.FAILED, words=f"HTTP {status},拒绝:{text[:120]}")
