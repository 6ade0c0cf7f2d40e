"""Where a list goes on, told in the answer's head: RFC 8288, ``Link: <…>; rel="next"``."""

from __future__ import annotations

from fastapi import Request, Response


def tell_next(request: Request, response: Response, **cursor: str | int | None) -> None:
    """Name the next page's address: this request's own, with another cursor. Nothing at the end (no cursor)."""
    further = {name: value for name, value in cursor.items() if value}
    if further:
        url = request.url.include_query_params(**further)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
