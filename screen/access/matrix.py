"""The matrix of roles and routes, read from the app itself, and the page of the documents that shows it.

``python -m screen.access.matrix`` writes docs/access.md; ``--check`` fails where it is not what the app says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from screen.access.open_doors import OPEN
from screen.access.roles import NAMES, RIGHTS, Right, Role
from screen.app import bare

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
HEAD = """# Who may what: every route, every role

Written by `python -m screen.access.matrix` from the routes themselves; `make check` fails when it is stale.
● may, ◐ may where it is over the whole county, empty: 403 (401 for a visitor). Where a role may, it is on its own part
of the county: what lies outside is not there (404). Whether somebody may do
something with this very ticket, the act itself asks again.

"""


@dataclass(frozen=True, slots=True)
class Door:
    """One route: how it is called, and what guards it; ``right`` is None for one of ``OPEN``."""

    method: str
    path: str
    right: Right | None
    whole: bool = False

    def lets(self, role: Role) -> bool:
        """Whether a role may pass, over its own part of the county."""
        return self.right is None or self.right in RIGHTS[role]


class Unguarded(RuntimeError):
    """A route has neither a right nor a reason to be open; the text names it."""


def doors(app: FastAPI) -> list[Door]:
    """Every route of an app by path and method; ``Unguarded`` for one that nobody thought of."""
    found = [door for route in _routes(app.routes) for door in _doors(route)]
    return sorted(found, key=lambda one: (one.path, one.method))


def _routes(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """The routes of an app; those of a router that it includes stand below it."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
            yield from _routes(inner.routes)


def _doors(route: APIRoute) -> Iterator[Door]:
    guards = [one for one in _calls(route.dependant) if hasattr(one, "right")]
    if len(guards) > 1 or not (guards or route.path in OPEN):
        raise Unguarded(f"{route.path}: {len(guards)} rights, and {'' if route.path in OPEN else 'not '}among OPEN")
    for method in sorted((route.methods or set()) - {"HEAD"}):
        if guards:
            yield Door(method, route.path, guards[0].right, guards[0].whole)  # type: ignore[attr-defined]
        else:
            yield Door(method, route.path, None)


def _calls(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def page(found: Sequence[Door]) -> str:
    """The document: the guarded routes as a table, the rights by their name, the open doors with their reasons."""
    roles = list(Role)
    lines = [
        "| route | right | " + " | ".join(NAMES[role] for role in roles) + " |",
        "|---|---|" + "---|" * len(roles),
        *(
            f"| `{one.method} {one.path}` | {one.right} | "
            + " | ".join((("◐" if one.whole else "●") if one.lets(role) else "") for role in roles) + " |"
            for one in found if one.right is not None
        ),
    ]  # fmt: skip
    open_doors = [
        f"| `{one.method} {one.path}` | {OPEN[one.path]} |" for one in found if one.right is None
    ]  # fmt: skip
    rest = ["", "## Open doors", "", "| route | why no right guards it |", "|---|---|", *open_doors, ""]
    return HEAD + "\n".join([*lines, *rest])


def main(arguments: Sequence[str]) -> int:
    text = page(doors(bare()))
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{PAGE.name} is stale: run `python -m screen.access.matrix` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
