"""The table of roles: the three administrators are apart, and nobody may what no role gives."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated

import pytest
from fastapi import FastAPI

from screen.access.roles import ADMINISTRATIVE, NAMES, RIGHTS, Right, Role, rights_of
from screen.access.viewer import Viewer, needs
from screen.problems import install
from tests.screen.site import Site

CHANGING = {Right.ACT, Right.PEOPLE_EDIT, Right.DEVICES_EDIT, Right.POLICY_EDIT, Right.ACCOUNTS}


def test_every_role_has_a_name_and_rights() -> None:
    assert set(RIGHTS) == set(NAMES) == set(Role)
    assert rights_of(Role) == set(Right)


@pytest.mark.parametrize(("one", "other"), list(combinations(ADMINISTRATIVE, 2)))
def test_what_one_administrator_changes_no_other_does(one: Role, other: Role) -> None:
    assert not RIGHTS[one] & RIGHTS[other] & CHANGING


@pytest.mark.parametrize("role", ADMINISTRATIVE)
def test_no_administrator_does_business_and_only_the_auditor_reads_the_audit(role: Role) -> None:
    assert Right.ACT not in RIGHTS[role]
    assert (Right.AUDIT in RIGHTS[role]) == (role is Role.AUDITOR)
    assert not (role is Role.AUDITOR and RIGHTS[role] & CHANGING)


def test_a_route_that_needs_a_right_is_shut_to_who_has_it_not(site: Site) -> None:
    with site.signed_in() as client:
        app: FastAPI = client.wired
        install(app)

        @app.get("/act")
        def act(viewer: Annotated[Viewer, needs(Right.ACT)]) -> str:
            return viewer.name

        @app.get("/audit")
        def audit(viewer: Annotated[Viewer, needs(Right.AUDIT)]) -> str:
            return viewer.name

        _first(app, 2)
        assert client.get("/audit").json() == "admin"
        refused = client.get("/act")
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "您的身份（系统管理员、安全管理员、审计员）没有这一项的权限",
    )  # fmt: skip
    with site.client() as nobody:
        assert nobody.get("/api/v1/me").status_code == 401


def _first(app: FastAPI, added: int) -> None:
    """The page that says "no such address" takes what comes after it."""
    routes = app.router.routes
    routes[:] = [*routes[-added:], *routes[:-added]]
