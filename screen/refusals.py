"""What the OpenAPI document says of refusals: every operation may answer with a problem document."""

from __future__ import annotations

from typing import Any

from screen.access.open_doors import OPEN
from screen.once.door import KEY, UPLOADS
from screen.problem_kinds import BY_NAME, BY_STATUS
from screen.problems import MEDIA_TYPE

_KIND = BY_STATUS[404]
SCHEMA: dict[str, Any] = {
    "title": "Problem", "type": "object", "required": ["type", "title", "status", "detail"],
    "description": "RFC 9457. Decide by status and type; detail says what is wrong here and what helps.",
    "properties": {
        "type": {"type": "string", "enum": sorted(kind.uri for kind in BY_NAME.values())},
        "title": {"type": "string", "description": "of the type, by Accept-Language in Chinese or English"},
        "status": {"type": "integer"}, "detail": {"type": "string"},
    },
    "examples": [{"type": _KIND.uri, "title": _KIND.title, "status": 404, "detail": "没有这张工单"}],
}  # fmt: skip
_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ONCE: dict[str, Any] = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "A new one for each deed, and the same again after a lost answer: one effect. Known for 48 hours.",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$", "title": "Idempotency-Key"},
}  # fmt: skip
_ONCE_REFUSALS = {
    "409": "Conflict; or the same request still runs (Retry-After), or its answer was shown once only",
    "422": "Invalid content; or the key is no key, or was used for another request",
}


def with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its refusals; the framework's own shape of a 422, which nobody is ever sent, is taken out."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = SCHEMA
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            if "422" in answers:
                answers["422"] = {"description": BY_STATUS[422].title_en, "content": _CONTENT}
            answers["default"] = {"description": "Any refusal", "content": _CONTENT}
            if once(method, path):
                _tell_once(operation)
    return document


def once(method: str, path: str) -> bool:
    """Whether the layer of screen/once honours a key here: a POST that needs somebody signed in, and is no upload."""
    return method == "post" and path.startswith("/api/v1/") and _signed_in(path) and not path.endswith(UPLOADS)


def _tell_once(operation: dict[str, Any]) -> None:
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        return
    parameters = operation.setdefault("parameters", [])
    if all(one["name"] != _ONCE["name"] for one in parameters):
        parameters.append(_ONCE)
    for status, words in _ONCE_REFUSALS.items():
        operation["responses"][status] = {"description": words, "content": _CONTENT}


def _signed_in(path: str) -> bool:
    return path not in OPEN or path.startswith("/api/v1/own/")
