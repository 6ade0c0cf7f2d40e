"""Signed hooks to what the county runs itself, a call centre or horns: small JSON in, a clear yes or no out.

Signed as the webhook is. The other side answers ``{"accepted": true, "id": "its own number"}``, or ``{"accepted":
false, "words": "why"}``, with ``"retry_s": 60`` where waiting helps. It drops an ``id`` that it has taken before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx

from alerts.channels import Answer, Letter, Result
from alerts.channels.calling import TIMEOUT, Call, Line, Said
from alerts.channels.webhook import headers_of

ADDRESS = r"^https?://[^\s/]+\S*$"
LONGEST = 200  # characters that are read aloud
_LONGEST_WAIT_S = 3600.0
_TAIL = re.compile(r"(登录处理|处理|查看)?[:：]?\s*$")


class Hook:
    """Addresses that share one secret."""

    def __init__(self, secret: bytes, now: Callable[[], datetime], timeout: httpx.Timeout = TIMEOUT) -> None:
        """``now`` stamps what is signed."""
        self._secret = secret
        self._now = now
        self._line = Line("http://hook.invalid", timeout)  # every call names its whole address

    def post(self, url: str, letter_id: str, body: Mapping[str, Any]) -> Answer:
        """Post one thing to be said; ``letter_id`` is the same whenever it is posted again."""
        content = json.dumps({"id": letter_id, **body}, ensure_ascii=False).encode()
        headers = headers_of(letter_id, content, self._secret, self._now())
        said = self._line.ask(Call("POST", url, headers=headers, content=content))
        return said if isinstance(said, Answer) else read(said)

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()


def read(said: Said) -> Answer:
    """What the other side's JSON means; only a plain ``"accepted": true`` is a yes."""
    words = " ".join(str(said.get("words") or "").split())[:120]
    if said.get("accepted") is True:
        return Answer(Result.ACCEPTED, str(said.get("id") or "")[:200], words)
    if "accepted" not in said:
        return Answer(Result.FAILED, words=f"回答里没有accepted:{json.dumps(said, ensure_ascii=False)[:120]}")
    wait = said.get("retry_s")
    if isinstance(wait, int | float) and wait > 0:
        return Answer(Result.RETRY, words=f"对方请稍后:{words}", wait_s=min(float(wait), _LONGEST_WAIT_S))
    return Answer(Result.FAILED, words=f"对方不接:{words or '没有说明原因'}")


def spoken(letter: Letter, longest: int = LONGEST) -> str:
    """The letter as a voice reads it: no link, no brackets, at most ``LONGEST`` characters."""
    text = letter.text.replace(letter.link, "") if letter.link else letter.text
    text = _TAIL.sub("", re.sub(r"https?://\S+", "", text)).replace("【", "").replace("】", ",")
    return cut(" ".join(text.split()), longest)


def cut(text: str, longest: int = LONGEST) -> str:
    """At most so many characters; what is longer ends with a whole sentence and says where the rest is."""
    if len(text) <= longest:
        return text
    rest = "其余请看手机。"
    head = text[: longest - len(rest)]
    end = max(head.rfind(mark) for mark in "。；！？;!?")
    return (head[: end + 1] if end > 0 else head) + rest
