"""What the OpenAPI document says of refusals: every operation may answer with a problem document."""

from __future__ import annotations

from typing import Any

from screen.problem_kinds import BY_NAME, BY_STATUS
from screen.problems import MEDIA_TYPE

_KIND = BY_STATUS[404]
SCHEMA: dict[str, Any] = {
    "title": "Problem", "type": "object", "required": ["type", "title", "status", "detail"],
    "description": "RFC 9457. Decide by status and type; detail says in Chinese what is wrong here and what helps.",
    "properties": {
        "type": {"type": "string", "enum": sorted(kind.uri for kind in BY_NAME.values())},
        "title": {"type": "string", "description": "of the type, by Accept-Language in Chinese or English"},
        "status": {"type": "integer"}, "detail": {"type": "string"},
    },
    "examples": [{"type": _KIND.uri, "title": _KIND.title, "status": 404, "detail": "没有这张工单"}],
}  # fmt: skip
_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its refusals; the framework's own shape of a 422, which nobody is ever sent, is taken out."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = SCHEMA
    for operations in document["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            if "422" in answers:
                answers["422"] = {"description": BY_STATUS[422].title_en, "content": _CONTENT}
            answers["default"] = {"description": "Any refusal", "content": _CONTENT}
    return document
