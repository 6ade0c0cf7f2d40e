"""Nobody makes the server fetch an address of their choosing: every call outwards goes where server.toml says.

First by the source: each file that can open a connection is listed with whence its address comes. Then by trying: an
address in every word of every route, of the county's files and of uploads, while no socket may be opened.
"""

from __future__ import annotations

import io
import json
import re
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest

from county.files import dump
from screen.access.matrix import Door, doors
from screen.access.roles import RIGHTS, Role
from screen.app import bare
from tests.county.small import BOX, CAMERA, POLICY_TOML, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.contract import told as openapi
from tests.screen.site import OUTLINE
from tests.screen.test_matrix import PEOPLED, server

HERE = Path(__file__).resolve().parents[2]
ROOMS = ("broker", "county", "ingest", "alerts", "screen", "jingcun")
OUTWARD = re.compile(
    r"^\s*(?:import|from)\s+(?:httpx|requests|aiohttp|urllib3|urllib\.request|http\.client|smtplib|ftplib|imaplib|xmlrpc"
    r"|socket|ssl|paho|websockets|boto3|obstore|subprocess)\b",
    re.MULTILINE,
)
WHENCE = {
    "broker/embedded.py": "a broker of its own on this machine",
    "broker/link.py": "[broker] host and port of server.toml",
    "broker/mosquitto.py": "starts a program, whose arguments are paths of the server's folder",
    "broker/sockets.py": "is handed an open socket by the link",
    "ingest/evidence/s3.py": "[evidence.s3] endpoint",
    "ingest/pictures.py": "starts the child that reads pictures, which are handed over as bytes",
    "ingest/run.py": "asks only for the name of this machine",
    "ingest/series/influx.py": "[series] address",
    "ingest/series/process.py": "starts the child that writes the series of [series]",
    "ingest/series/victoria.py": "[series] address",
    "alerts/channels/calling.py": "the base of a [[channel]]; redirects are not followed",
    "alerts/channels/email.py": "[[channel]] host",
    "alerts/channels/heartbeat.py": "[notices] heartbeat_url",
    "alerts/channels/hook.py": "[[channel]] url and horns, checked when they are opened",
    "alerts/channels/loudspeaker.py": "as the hook",
    "alerts/channels/sms.py": "[[channel]] base",
    "alerts/channels/voice.py": "as the hook",
    "alerts/channels/webhook.py": "[[channel]] url",
    "alerts/settings.py": "asks only for the name of this machine",
    "screen/app.py": "listens",
    "jingcun/demo/run.py": "its own demo server on this machine",
    "jingcun/demo/stage.py": "free ports of this machine",
    "jingcun/demo/villagers.py": "its own demo server on this machine",
    "jingcun/supervise.py": "starts our own programs",
    "jingcun/wiring.py": "asks only for the name of this machine",
}
AWAY = "http://canary.invalid:8/latest?x="
ALSO = (
    "//canary.invalid/x",
    "rtsp://canary.invalid/live",
    "file:///etc/passwd",
    r"\\canary.invalid\share",
    "ftp://canary.invalid",
)
WHO = ("sys", "c9")
MOVES = ("/api/v1/logout", "/api/v1/own/", "/api/v1/login")


def test_every_file_that_can_call_outwards_says_whence_its_address_comes() -> None:
    files = (path for room in ROOMS for path in sorted((HERE / room).rglob("*.py")))
    found = {str(path.relative_to(HERE)) for path in files if OUTWARD.search(path.read_text(encoding="utf-8"))}
    assert found == set(WHENCE), "a new way out needs an address from server.toml, and a line above"


def test_no_client_follows_a_redirect_or_a_proxy_of_the_surroundings() -> None:
    for name in WHENCE:
        made = re.findall(r"httpx\.(?:Async)?Client\((.*)\)", (HERE / name).read_text(encoding="utf-8"))
        if not name.startswith("jingcun/demo"):
            assert all("follow_redirects=False" in one and "trust_env=False" in one for one in made), name


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, TestClient]]]:
    with server(tmp_path_factory.mktemp("addresses")) as (_, ticket, clients):
        yield str(ticket), {name: clients[name] for name in WHO}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every try to reach anybody, none of which comes to anything."""
    heard: list[str] = []

    def refuse(*asked: Any, **_: Any) -> NoReturn:
        heard.append(repr(asked[-2:]))
        raise ConnectionRefusedError

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    return heard


TOLD = openapi()
SCHEMAS: dict[str, Any] = TOLD["components"]["schemas"]
DOORS = [
    one for one in doors(bare())
    if one.method == "POST" and one.path.startswith("/api/v1/") and not one.path.startswith(MOVES)
]  # fmt: skip
FORMED = {"date-time": "2026-11-22T18:00:00+08:00", "date": "2026-12-01", "uuid": str(uuid4())}


def filled(schema: dict[str, Any], word: str) -> Any:
    """A body by its schema, with an address wherever free words may stand."""
    if "$ref" in schema:
        return filled(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]], word)
    if several := [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]:
        return filled(several[0], word)
    kind = schema.get("type")
    if kind == "object":
        return {name: filled(one, word) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [filled(schema["items"], word)] if schema.get("items") and "pattern" not in str(schema) else []
    if kind == "string" and "const" not in schema and "enum" not in schema:
        return FORMED.get(schema.get("format", ""), word[: schema.get("maxLength", len(word))])
    return schema.get("const", schema.get("enum", [{"boolean": False}.get(str(kind), 1)])[0])


def bodies(door: Door) -> Iterator[dict[str, Any]]:
    """What is sent to a door: everything at once, then its own example with one word after another."""
    content = TOLD["paths"][door.path]["post"].get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        files = {"file": ("http://canary.invalid/x.jpg", f"#EXTM3U\n{AWAY}\n".encode(), "application/x-mpegurl")}
        yield {"files": files} if content else {}
        return
    schema = content["application/json"]["schema"]
    whole = filled(schema, AWAY)
    yield {"json": whole}
    named = SCHEMAS.get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
    example = named.get("examples", [{}])[0] or {name: whole[name] for name in named.get("required", ())}
    example |= {"after": 1} if "after" in example else {}
    for number, name in enumerate(sorted(named.get("properties", {}).keys() - {"after"})):
        word = filled(named["properties"][name], ALSO[number % len(ALSO)])
        if "canary" in str(word) or "passwd" in str(word):
            yield {"json": example | {name: word}}


def test_an_address_in_any_word_of_any_route_is_never_called(
    people: tuple[str, dict[str, TestClient]], calls: list[str]
) -> None:
    ticket, clients = people
    there = {"ticket": ticket, "camera": CAMERA, "device": BOX, "code": VILLAGE, "number": "1", "person": "v1"}
    asked = dict.fromkeys(("url", "next", "callback", "echostr"), AWAY)
    taken = set()
    for door in DOORS:
        path = re.sub(r"{(\w+)}", lambda name: there.get(name[1], "reject"), door.path)
        who = clients[WHO[door.right in RIGHTS[Role.COUNTY]]]
        for more in bodies(door):
            headers = {"X-Forwarded-Host": "canary.invalid", "Referer": AWAY, "Idempotency-Key": f"key-{uuid4()}"}
            answer = who.post(path, params=asked, headers=headers, follow_redirects=False, **more)
            assert answer.status_code < 500 or answer.status_code == 503, (door, more, answer.text)
            taken |= {door.path} if answer.is_success else set()
    assert calls == []
    assert len(taken) > 8, f"the words went in where they may: {sorted(taken)}"


def test_half_letters_zero_bytes_turned_text_and_formulas_are_a_refusal_or_kept_as_words(
    people: tuple[str, dict[str, TestClient]],
) -> None:
    """No fault, and no answer that another reader could not read: half a letter (a lone surrogate) is never kept."""
    ticket, clients = people
    there = {"ticket": ticket, "camera": CAMERA, "device": BOX, "code": VILLAGE, "number": "1", "person": "v1"}
    for door in DOORS:
        path = re.sub(r"{(\w+)}", lambda name: there.get(name[1], "reject"), door.path)
        who = clients[WHO[door.right in RIGHTS[Role.COUNTY]]]
        schema = TOLD["paths"][door.path]["post"].get("requestBody", {}).get("content", {}).get("application/json")
        for word in ("=1\ud800", "=1\x00\u202e") if schema else ():
            body = json.dumps(filled(schema["schema"], word)).encode()
            headers = {"Content-Type": "application/json", "Idempotency-Key": f"key-{uuid4()}"}
            answer = who.post(path, content=body, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, (door, word, answer.text)
            assert not ("\ud800" in word and answer.is_success and b"ud800" in body), (door, answer.text)


def pack(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def test_an_address_in_the_county_s_own_files_is_never_called(
    people: tuple[str, dict[str, TestClient]], calls: list[str]
) -> None:
    _, clients = people
    outline = json.loads(OUTLINE)
    linked = {"type": "link", "properties": {"href": AWAY, "type": "proj4"}}
    outline |= {"crs": linked, "$schema": AWAY, "@context": AWAY}
    policy = f'{POLICY_TOML}\n[[phrase]]\nact = "done"\nwords = ["{AWAY[:20]}"]\n'
    files = dump(PEOPLED.content, policy.encode())
    files = {name: data.replace("石门村".encode(), AWAY.encode()) for name, data in files.items()}
    packed = pack(files | {"outline.geojson": json.dumps(outline).encode()})
    after = clients["sys"].get("/api/v1/policy").json()["number"]
    for path in ("/outlook", ""):
        answer = clients["sys"].post(
            f"/api/v1/county/folder{path}", files={"file": ("county.zip", packed, "application/zip")},
            data={"after": after, "reason": AWAY},
        )  # fmt: skip
        assert answer.is_success, answer.text
    draft = {"text": policy, "after": after + 1, "reason": AWAY}
    assert clients["sys"].post("/api/v1/policy/outlook", json=draft).status_code == 200
    assert AWAY in clients["c9"].get("/api/v1/reports/form").text
    assert clients["c9"].get("/api/v1/geo").status_code == 200
    assert calls == []
