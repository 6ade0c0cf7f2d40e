"""Whatever a stranger, an official or the holder of a code sends: an answer or a problem document, never a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screen.access.patience import Patience
from screen.access.tap import Tap
from screen.app import utc_now
from tests.screen.browser import TestClient
from tests.screen.contract import told as openapi
from tests.screen.site import Site

Call = tuple[str, str]
CALLS: list[Call] = [
    (method.upper(), path)
    for path, operations in openapi()["paths"].items()
    for method in operations
    if path not in ("/api/v1/events", "/api/v1/logout")  # the one never ends, the other ends the session
]
NASTY = [
    "", "0", "-1", "9" * 30, "\x00", "%", "..", "../..", "null", "NaN", "1e999", "<script>", "'--", "\ud7ff",
    "乙" * 300, "a" * 64, "01937c1e-5f7a-7c3e-9d55-0b1f5a6c7d8e", "accept", "done",
]  # fmt: skip
_text = st.sampled_from(NASTY) | st.text(max_size=40)
_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_fields = [
    "reason", "words", "photos", "lon", "lat", "crs", "name", "password", "payload", "what", "spot", "region", "place",
    "reporter", "source", "origin", "verdict",
    "until", "to", "finding", "camera", "area", "categories", "begin", "daily", "works",
]  # fmt: skip
_body = st.dictionaries(st.sampled_from(_fields), _value, max_size=5) | _value


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, TestClient], str]]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    site = Site(folder)
    code = site.code(picture="a" * 64)
    with site.signed_in() as official, site.client() as stranger, site.client() as named:
        password = named.wired.state.gate.account.named.add("v1", site.now)
        assert named.post("/api/v1/login", json={"name": "v1", "password": password}).status_code == 200
        yield {"official": official, "stranger": stranger, "holder": stranger, "named": named}, code
    site.close()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    call=st.sampled_from(CALLS), words=st.lists(_text, min_size=2, max_size=2), body=_body, key=_text,
    who=st.sampled_from(["stranger", "official", "holder", "named"]),
)  # fmt: skip
def test_no_request_breaks_the_server(  # noqa: PLR0917
    parties: tuple[dict[str, TestClient], str], call: Call, words: list[str], body: Any, key: str, who: str
) -> None:
    clients, code = parties
    method, path = call
    client = clients[who]
    client.wired.state.codes = Patience(utc_now, 10**9, timedelta(minutes=1))  # or guessing is all that is tested
    client.wired.state.refusals = Patience(utc_now, 10**9, timedelta(minutes=1))
    client.wired.state.reports = Tap(utc_now, 10**9, 10**9, timedelta(minutes=1))
    parts = iter([code, *words] if who == "holder" and "{code}" in path else words)
    path = re.sub(r"{\w+}", lambda _: quote(next(parts).encode("utf-8", "replace"), safe=""), path)
    headers = {"Idempotency-Key": key.encode("utf-8", "replace")}
    answer = client.request(method, path, json=body if method == "POST" else None, headers=headers)
    assert answer.status_code < 500, (method, path, body, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert re.search("[\u4e00-\u9fff]", answer.json()["detail"])
