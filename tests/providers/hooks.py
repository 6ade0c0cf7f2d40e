"""Stand-ins for what a county runs itself: a call centre and a gateway of horns, both behind a signed hook."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from tests.providers.standin import Answering, Heard, Reply, said

SECRET = "s3cret"


def signed(doing: Callable[[Mapping[str, Any]], str], now_s: float) -> Answering:
    """A hook that checks signature, clock (5 minutes) and repeats, and takes what ``doing`` finds no fault with."""
    taken: set[str] = set()

    def answer(heard: Heard) -> Reply:
        stamp = heard.headers["x-jingcun-timestamp"]
        mac = hmac.new(SECRET.encode(), stamp.encode() + b"." + heard.body, hashlib.sha256).hexdigest()
        if heard.headers["x-jingcun-signature"] != f"sha256={mac}":
            return said({"accepted": False, "words": "签名不对"}, 401)
        if abs(int(stamp) - now_s) > 300:
            return said({"accepted": False, "words": "时钟差太多"}, 401)
        body = heard.json()
        if body["id"] != heard.headers["idempotency-key"]:
            return said({"accepted": False, "words": "编号不一致"}, 400)
        if body["id"] in taken:
            return said({"accepted": True, "id": f"job-{body['id']}", "words": "此前已受理"})
        if fault := doing(body):
            return said({"accepted": False, "words": fault}, 400)
        taken.add(body["id"])
        return said({"accepted": True, "id": f"job-{body['id']}"})

    return answer


def call_centre(body: Mapping[str, Any]) -> str:
    """What is wrong with an order to call somebody; empty where nothing is."""
    if set(body) != {"id", "phone", "person", "ticket", "text"}:
        return f"字段不对:{sorted(body)}"
    if not 0 < len(body["text"]) <= 200:
        return "朗读内容要在200字以内"
    return "" if body["phone"].lstrip("+").isdigit() else "号码不对"


def horns(body: Mapping[str, Any]) -> str:
    """What is wrong with an announcement; empty where nothing is."""
    if set(body) != {"id", "village", "place", "text", "repeat"}:
        return f"字段不对:{sorted(body)}"
    if not 0 < len(body["text"]) <= 200:
        return "播报内容要在200字以内"
    return "" if 1 <= body["repeat"] <= 5 else "次数不对"
