"""Schemathesis with each role at every route: never a fault of ours, and no answer but those of docs/openapi.json.

The examples are made once for a route and sent by everybody; half of them name things that are there, for a made-up id
tries no more than the door. What takes a session or an account from the others is left to tests of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from screen.access.matrix import doors
from screen.access.patience import Patience
from screen.access.roles import RIGHTS, Role
from screen.access.tap import Tap
from screen.app import bare, create_app
from tests.county.small import BOX, CAMERA, VILLAGE
from tests.depth import depth
from tests.screen.browser import TestClient
from tests.screen.contract import told as openapi
from tests.screen.test_matrix import INSIDE, PEOPLED, server

LEFT_OUT = {
    "GET /api/v1/events",  # never ends
    "POST /api/v1/logout", "POST /api/v1/own/sessions/end", "POST /api/v1/own/password",  # end the session
}  # fmt: skip
VISITOR = Role.VISITOR.value
ON_THE_WALL = {  # all that a visitor of an open wall may: what is on it, and the doors that are everybody's
    f"{one.method} {one.path}" for one in doors(bare()) if one.right is None or one.right in RIGHTS[Role.VISITOR]
}
SPARE = "h2"  # whose account may be ended
SCHEMA = schemathesis.openapi.from_dict(openapi())
OPERATIONS: list[APIOperation[Any, Any, Any, Any]] = [
    found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok) and found.ok().label not in LEFT_OUT
]
load_all_checks()
CONFORM: list[Any] = [
    not_a_server_error,
    *CHECKS.get_by_names(["response_schema_conformance", "content_type_conformance", "status_code_conformance"]),
]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, TestClient], dict[str, str]]]:
    with server(tmp_path_factory.mktemp("schemathesis")) as (staffed, ticket, clients):
        app = clients["c9"].wired
        there = {
            "ticket": str(ticket), "camera": CAMERA, "device": BOX, "code": VILLAGE, "person": SPARE, "name": SPARE,
            "number": "1",
        }  # fmt: skip
        roles = {role.value: clients[name] for role, name in INSIDE.items()}
        nobody = TestClient(app, base_url="http://127.0.0.1", client=("192.0.2.9", 40000))
        opened = create_app(replace(staffed.settings, open_wall=True), staffed.now, staffed.accounts)
        with TestClient(opened, base_url="http://127.0.0.1", client=("127.0.0.1", 40000)) as visitor:
            visitor.wired = opened
            yield roles | {"nobody": nobody, VISITOR: visitor}, there


def patient(app: Any) -> None:
    """Take the limits off, or they are all that is tested."""
    now, never = app.state.gate.now, timedelta(minutes=1)
    for name in ("codes", "refusals", "receipts", "scans", "claims"):
        setattr(app.state, name, Patience(now, 10**9, never))
    for name in ("reports", "pictures"):
        setattr(app.state, name, Tap(now, 10**9, 10**9, never))


def sent(client: TestClient, case: Case[Any]) -> Any:
    """Send a case as schemathesis would: the bytes are those that its own client makes of it."""
    told = case.as_transport_kwargs(base_url="http://127.0.0.1")
    whole = {
        name: told[name] for name in ("method", "url", "params", "headers", "json", "data", "files") if name in told
    }
    wanted = requests.Request(**whole).prepare()
    headers = dict(wanted.headers) | {"Idempotency-Key": f"key-{uuid4()}"}  # one of its own would soon be a used one
    answer = client.request(str(wanted.method), str(wanted.url), headers=headers, content=wanted.body)
    answer.request.read()  # the checks look at what was sent
    return answer


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_no_role_finds_a_fault_and_every_answer_is_in_the_contract(
    operation: APIOperation[Any, Any, Any, Any], everybody: tuple[dict[str, TestClient], dict[str, str]]
) -> None:
    clients, there = everybody
    patient(clients["county"].wired)
    patient(clients[VISITOR].wired)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(
        max_examples=depth(8) // 2, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=cases, real=st.booleans())
    def everybody_sends(case: Case[Any], real: bool) -> None:
        if real:
            for name in re.findall(r"{(\w+)}", operation.path):
                case.path_parameters[name] = there.get(name, case.path_parameters.get(name))
        for role, client in clients.items():
            answer = sent(client, case)
            assert answer.status_code < 500 or answer.status_code == 503, (role, case.as_curl_command(), answer.text)
            case.validate_response(answer, checks=CONFORM)
            if role == VISITOR:
                assert not answer.is_success or operation.label in ON_THE_WALL, (case.as_curl_command(), answer.text)
                assert not any(one.phone in answer.text for one in PEOPLED.people.values()), answer.text

    everybody_sends()


def test_a_visitor_of_an_open_wall_is_let_in_there_and_nowhere_else(
    everybody: tuple[dict[str, TestClient], dict[str, str]],
) -> None:
    visitor = everybody[0][VISITOR]
    assert {path: visitor.get(path).status_code for path in ("/api/v1/wall", "/api/v1/cameras", "/api/v1/me")} == {
        "/api/v1/wall": 200, "/api/v1/cameras": 200, "/api/v1/me": 401,
    }  # fmt: skip
    assert visitor.get("/api/v1/wall", headers={"Host": "county.example"}).status_code == 421


def test_whoever_came_in_is_still_in_so_that_no_answer_above_was_that_of_a_stranger(
    everybody: tuple[dict[str, TestClient], dict[str, str]],
) -> None:
    clients, _ = everybody
    assert {role: clients[role].get("/api/v1/me").status_code for role in INSIDE} == dict.fromkeys(INSIDE, 200)
