"""Every role at every route, inside and outside of its part of the county: who may not is told so, and sees nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, FastAPI

from county.snapshot import County
from county.staff import Unit, UnitKind
from county.values import Duty, Level, Person, PersonKind
from screen.access import matrix
from screen.access.matrix import Door, Unguarded, doors
from screen.access.open_doors import OPEN
from screen.access.roles import ADMINISTRATIVE, RIGHTS, Right, Role
from screen.app import bare, create_app
from tests.alerts.makes import event
from tests.county.small import BOX, CAMERA, COUNTY, DEVICES, DUTIES, OTHER_VILLAGE, PEOPLE, VILLAGE, small_county
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed

INSIDE = {  # who stands for a role, over the village of the ticket or over all
    Role.COUNTY: "c9", Role.TOWNSHIP: "t1", Role.VILLAGE: "v1", Role.CONTRACTOR: "k1", Role.HELPER: "h1",
    Role.SYSTEM: "sys", Role.SECURITY: "sec", Role.AUDITOR: "aud",
}  # fmt: skip
OUTSIDE = {Role.TOWNSHIP: "t8", Role.VILLAGE: "v2", Role.CONTRACTOR: "k2", Role.HELPER: "h2"}
# Whose name in an address is a thing that lies somewhere: outside of the own part it is not there.
PLACED = re.compile(r"\{(ticket|camera|device)\}|/places/\{code\}")
PEOPLED = small_county(
    people=(
        *(replace(one, unit="gov") for one in PEOPLE),
        Person("c9", "县管理员", "19900000019", "gov"), Person("t8", "别乡官", "19900000018", "gov"),
        Person("k1", "环卫工甲", "19900000021", "jie"), Person("k2", "环卫工乙", "19900000022", "jie"),
        Person("h1", "协管甲", "19900000023", "gov", kind=PersonKind.VOLUNTEER),
        Person("h2", "协管乙", "19900000024", "gov", kind=PersonKind.VOLUNTEER),
    ),
    units=(Unit("gov", "青峦县政府", UnitKind.GOVERNMENT), Unit("jie", "洁源公司", UnitKind.CONTRACTOR),),
    duties=(
        *DUTIES, Duty("c9", COUNTY, Level.COUNTY, "县监测中心"), Duty("t8", OTHER_VILLAGE, Level.TOWNSHIP, "包村"),
        Duty("k1", VILLAGE, Level.VILLAGE, "保洁员", 2), Duty("k2", OTHER_VILLAGE, Level.VILLAGE, "保洁员", 2),
        Duty("h1", VILLAGE, Level.VILLAGE, "协管员", 3), Duty("h2", OTHER_VILLAGE, Level.VILLAGE, "协管员", 3),
    ),
)  # fmt: skip


@contextmanager
def server(folder: Path) -> Iterator[tuple[Staffed, UUID, dict[str, TestClient]]]:
    staffed = Staffed(folder / "here", PEOPLED)
    for role in ADMINISTRATIVE:
        staffed.accounts.named.add(INSIDE[role], staffed.now(), role.value, f"{role.value} 先生")
    ticket = staffed.happen(event(0))
    with staffed.signed_in(*INSIDE.values(), *OUTSIDE.values(), "admin") as clients:
        yield staffed, ticket, clients
    staffed.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[UUID, dict[str, TestClient]]]:
    with server(tmp_path_factory.mktemp("matrix")) as (_, ticket, clients):
        yield ticket, clients


def test_each_is_called_by_the_own_name_and_role(scene: tuple[UUID, dict[str, TestClient]]) -> None:
    clients = scene[1]
    told = {name: clients[name].get("/api/v1/me").json() for name in ("sec", "aud", "v1")}
    assert {name: (one["name"], one["role"]) for name, one in told.items()} == {
        "sec": ("security 先生", "安全管理员"), "aud": ("auditor 先生", "审计员"), "v1": ("马村官", "村级"),
    }  # fmt: skip


GUARDED = [one for one in doors(bare()) if one.right is not None and one.path != "/api/v1/events"]


def asked(client: TestClient, door: Door, ticket: UUID) -> Any:
    values = {
        "ticket": str(ticket), "camera": CAMERA, "device": BOX, "code": VILLAGE, "number": "1", "person": "v1",
        "act": "accept", "form": "html", "figure": "open", "sha256": "a" * 64, "answer": "refuse", "deed": "approve",
    }  # fmt: skip
    path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], str(ticket)), door.path)
    more: dict[str, Any] = {} if door.method == "GET" else {"json": {}}
    return client.request(door.method, path, headers={"Idempotency-Key": f"key-{uuid4()}"}, **more)


def refused(answer: Any) -> bool:
    """Whether the matrix refused: the role, or that the account is not over the whole county."""
    return answer.status_code == 403 and ("没有这一项的权限" in answer.text or "只给管全县的账号" in answer.text)


@pytest.mark.parametrize("door", GUARDED, ids=lambda one: f"{one.method} {one.path}")
def test_who_has_no_right_is_refused_and_who_has_it_is_not(
    door: Door, scene: tuple[UUID, dict[str, TestClient]]
) -> None:
    ticket, clients = scene
    nobody = TestClient(clients["c9"].wired, base_url="http://127.0.0.1")
    assert asked(nobody, door, ticket).status_code == 401
    for role, name in INSIDE.items():
        over_all = role in ADMINISTRATIVE or role is Role.COUNTY
        may = door.right in RIGHTS[role] and (over_all or not door.whole)
        answer = asked(clients[name], door, ticket)
        assert refused(answer) != may, f"{role} {answer.status_code} {answer.text[:200]}"
        assert answer.status_code not in ((401,) if may else (200, 201, 202, 204, 401)), role
        assert answer.status_code < 500 or answer.status_code == 503


@pytest.mark.parametrize(
    "door", [one for one in GUARDED if PLACED.search(one.path)], ids=lambda one: f"{one.method} {one.path}"
)
def test_what_lies_outside_of_the_own_part_is_not_there(door: Door, scene: tuple[UUID, dict[str, TestClient]]) -> None:
    ticket, clients = scene
    for role, name in OUTSIDE.items():
        answer = asked(clients[name], door, ticket)
        if door.right in RIGHTS[role]:
            assert answer.status_code in (404, 422), f"{role} {answer.status_code} {answer.text[:200]}"
        else:
            assert answer.status_code == 403
        assert "石门村" not in answer.text


def test_a_route_that_nobody_thought_of_is_found() -> None:
    app, router = FastAPI(), APIRouter()
    router.add_api_route("/forgotten", lambda: "all of it")
    app.include_router(router)
    with pytest.raises(Unguarded, match="/forgotten"):
        doors(app)


def test_every_open_door_is_there_and_the_page_is_what_the_routes_say() -> None:
    found = doors(bare())
    assert set(OPEN) == {one.path for one in found if one.right is None}
    assert {one.right for one in found} >= set(Right) - {Right.ACCOUNTS, Right.AUDIT, Right.EVIDENCE}
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(found)


def test_the_first_account_gives_each_role_away_once_somebody_else_has_it(tmp_path: Path) -> None:
    with server(tmp_path) as (_, ticket, clients):
        door = next(one for one in GUARDED if one.path == "/api/v1/dead-letters" and one.method == "GET")
        assert refused(asked(clients["admin"], door, ticket))
        assert asked(clients["admin"], replace(door, path="/api/v1/me"), ticket).status_code == 403


@contextmanager
def kept_server(folder: Path, **changed: Any) -> Iterator[tuple[Staffed, UUID, str]]:
    """A server whose camera is kept to the county's people and one deputy, with a ticket and its picture there."""
    kept = replace(DEVICES[1], viewers=("county", "v1b"))
    staffed = Staffed(folder / "kept", County(replace(PEOPLED.content, devices=(DEVICES[0], kept, DEVICES[2])), 1))
    staffed.settings = replace(staffed.settings, **changed)
    sha256 = "b" * 64
    ticket = staffed.happen(event(0, picture=sha256))
    file = staffed.folder / "evidence" / sha256[:2] / sha256
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xd8\xff" + bytes(100))
    yield staffed, ticket, sha256
    staffed.close()


def test_a_camera_that_is_kept_to_some_shows_its_pictures_to_nobody_else(tmp_path: Path) -> None:
    with kept_server(tmp_path) as (staffed, ticket, sha256):
        staffed.accounts.named.add("sys", staffed.now(), "system", "系统先生")
        with staffed.signed_in("v1", "v1b", "t1", "c9", "sys", "admin") as clients:
            seen = {name: client.get(f"/api/v1/evidence/{sha256}").status_code for name, client in clients.items()}
            stills = {
                name: client.get(f"/api/v1/cameras/{CAMERA}").json()["still"] is not None
                for name, client in clients.items()
            }
            told = {name: client.get(f"/api/v1/tickets/{ticket}").status_code for name, client in clients.items()}
            wall = clients["c9"].get("/api/v1/wall").json()
    assert seen == {"v1": 200, "v1b": 200, "t1": 404, "c9": 200, "sys": 404, "admin": 403}, "v1 has it, admin says why"
    assert stills == {"v1": False, "v1b": True, "t1": False, "c9": True, "sys": False, "admin": True}
    assert set(told.values()) == {200}, "the ticket is everybody's whose part it is in"
    assert (wall["snapshot"], wall["live"][0]["ticket"]) == (None, str(ticket)), (
        "all see the wall: no such picture on it"
    )


def test_a_visitor_of_an_open_wall_sees_no_picture_of_a_camera_that_is_kept_to_some(tmp_path: Path) -> None:
    with kept_server(tmp_path, open_wall=True) as (staffed, _, sha256):
        app = create_app(staffed.settings, staffed.now, staffed.accounts)
        with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 40000)) as visitor:
            assert visitor.get(f"/api/v1/evidence/{sha256}").status_code == 404
            assert sha256 not in visitor.get("/api/v1/wall").text + visitor.get("/api/v1/cameras").text
            staffed.load(County(PEOPLED.content, 2))
            later = create_app(staffed.settings, staffed.now, staffed.accounts)
        with TestClient(later, base_url="http://127.0.0.1", client=("127.0.0.1", 40000)) as visitor:
            assert visitor.get(f"/api/v1/evidence/{sha256}?on=wall").status_code == 200
