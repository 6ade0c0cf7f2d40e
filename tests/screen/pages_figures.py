"""What the stand-in answers about figures: the wall's own number, and the rows of the feed as its list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = dict[str, Any]


def behind(wall: JSON, path: str) -> JSON:
    """The answer to ``/api/v1/figures/NAME?...`` that agrees with this wall."""
    asked = urlsplit(path)
    name, params = asked.path.rsplit("/", 1)[1], parse_qs(asked.query)
    total = _total(wall, name, params)
    limit = int(params.get("limit", ["50"])[0])
    rows = [_row(wall["live"][n % len(wall["live"])], n) for n in range(min(total, limit))]
    return {"figure": name, "total": total, "rows": total, "now": wall["now"], "shown": rows}


def _total(wall: JSON, name: str, params: dict[str, list[str]]) -> int:
    if "kind" in params:
        return sum(one["count"] for one in wall["categories"] if one["what"] in params["kind"])
    if name == "rung":
        return int(wall["ladder"][params["rung"][0]]["open"])
    if name.startswith("rank_"):
        rank = next(one for one in wall["ranking"] if one["code"] == params["scope"][0])
        return int(rank[{"rank_open": "open", "rank_overdue": "overdue", "rank_ended": "closed"}[name]])
    if name.startswith("hour_"):
        n = wall["trend"]["hours"].index(params["hour"][0])
        last = n + int(params["hours"][0])
        kinds = ["closed"] if name == "hour_closed" else params.get("severity", ["urgent", "major", "minor"])
        return sum(sum(wall["trend"][kind][n:last]) for kind in kinds)
    known = {**wall["funnel"], **wall["kpi"], "upkeep": wall["devices"]["tickets"],
             "upkeep_overdue": wall["devices"]["tickets_overdue"], "dealt": 20, "late": 1}  # fmt: skip
    return int(known[name])


def _row(live: JSON, n: int) -> JSON:
    return {**live, "code": f"GD-{n:04d}", "overdue": False, "in_time": None, "closed_at": None, "looks": None}
