"""What the stand-in answers behind the wall: lists that agree with its figures, a village with a camera, devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from screen.wall.board import board_of

JSON = dict[str, Any]


AWAY, OLD, NONE = "qx-cam-003", "qx-cam-002", "qx-cam-004"


def of_the_wall(wall: JSON, address: str) -> JSON | None:
    """The answer to what the wall asks beside its own JSON; None for any other address."""
    path, last = urlsplit(address).path, urlsplit(address).path.rsplit("/", 1)[1]
    query = parse_qs(urlsplit(address).query)
    answers: dict[str, Callable[[], JSON]] = {
        f"/api/v1/figures/{last}": lambda: behind(wall, address),
        f"/api/v1/places/{last}": lambda: place(wall, last),
        f"/api/v1/cameras/{last}": lambda: next(one for one in cameras(wall) if one["id"] == last),
        "/api/v1/cameras": lambda: {"now": wall["now"], "total": 4, "online": 3, "shown": cameras(wall)},
        "/api/v1/public/board": lambda: board_of(wall).model_dump(mode="json"),
        "/api/v1/equipment": lambda: equipment(wall, query["kind"][0]),
    }
    return answers[path]() if path in answers else None


def cameras(wall: JSON) -> list[JSON]:
    """Four cameras: one with a young picture, one with an old one, one that is silent, one that never sent any."""
    shot = wall["snapshot"]
    seen = {key: shot[key] for key in ("ticket", "sha256", "boxes", "what_name", "rendered")}
    head = {"village": "640999101200", "place": "柳林镇 石门村", "words": "", "open": 0, "worst": None,
            "heard_at": wall["now"], "online": True, "still": None, "live": True}  # fmt: skip
    hours = {"heard_at": "2026-11-21T10:00:00+08:00"}
    young = {**seen, "at": wall["now"], "fresh": True}
    old = {**seen, "at": "2026-11-21T08:30:00+08:00", "fresh": False}
    return [
        head | {"id": "qx-cam-001", "name": "村口摄像机", "still": young, "open": 1, "worst": "urgent"},
        head | {"id": OLD, "name": "河边摄像机", "still": old},
        head
        | hours
        | {"id": AWAY, "name": "巷道摄像机", "online": False, "words": "与平台断开已 4.5 小时", "still": old},
        head | {"id": NONE, "name": "广场摄像机", "live": False},
    ]


def place(wall: JSON, code: str) -> JSON:
    """A place with the way to it; a village has cameras and a bin."""
    townships = wall["map"]["townships"]
    here = next((one for one in townships if code.startswith(one["code"])), None)
    path = [{"code": wall["county"]["code"], "name": wall["county"]["name"]}]
    path += [{"code": here["code"], "name": here["name"]}] if here else []
    village = {"code": f"{code[:9]}200", "name": "石门村", "open": 1, "worst": "urgent", "cameras": 4, "bins": 1}
    alone = len(code) == 12
    path += [{"code": code, "name": "石门村"}] if alone else []
    one = {"id": "bin-1", "name": "1号桶", "fill": 62.5, "tone": "plain", "heard_at": wall["now"]}
    return {
        "now": wall["now"], "path": path, "open": here["open"] if here else 6, "children": [] if alone else [village],
        "cameras": cameras(wall) if alone else [], "bins": [one] if alone else [],
    }  # fmt: skip


def equipment(wall: JSON, kind: str) -> JSON:
    """Two devices of a kind, one of them silent."""
    head = {"kind": kind, "place": "柳林镇 石门村", "village": "640999101200"}
    well = {"id": f"qx-{kind}-1", "name": "一号", "well": True, "words": "", "heard_at": wall["now"]}
    silent = {"id": f"qx-{kind}-2", "name": "二号", "well": False, "words": "没有数据已 3.0 小时",
              "heard_at": "2026-11-21T11:30:00+08:00"}  # fmt: skip
    shown = [head | silent | {"facts": ["程序 1.0"]}, head | well | {"facts": ["程序 1.0", "磁盘剩 8.0 GB"]}]
    return {"now": wall["now"], "kind": kind, "total": 2, "faulty": 1, "spots": 9, "spots_judged": 7, "shown": shown}


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
    if name == "open":
        return int(place(wall, params["scope"][0])["open"])
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
