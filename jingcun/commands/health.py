"""``jingcun device health``: how every box says it is, with the reason of what it could not send."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from broker.messages import Health, Status
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load


def health(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show each box: online, what waits, what was dropped or refused and why, and its cameras."""
    from ingest.latest import Latest
    from ingest.store import StoreAway

    with one_line_errors(StoreAway), closing(Latest(load(config).store("inbox"))) as latest:
        states = {value.device: value.message() for value in latest.all("status")}
        rows = [facts(value.message(), states.get(value.device)) for value in latest.all("health")]
    for row in rows:
        put_json(row) if as_json else print("\n".join(words(row)))


def facts(said: Any, status: Any) -> dict[str, Any]:
    """One box as a JSON object: the newest health and status."""
    if not isinstance(said, Health):
        raise TypeError(f"a health message was expected, not {type(said).__name__}")
    online = status.online if isinstance(status, Status) else None
    return {"online": online, **said.model_dump(mode="json", exclude={"message_id", "schema_number"})}


def words(row: dict[str, Any]) -> list[str]:
    """The same for a person."""
    state = {True: "online", False: "offline", None: "never heard"}[row["online"]]
    lost = f"dropped {row['outbox_dropped']}, too large {row['refused_oversize']}, refused {row['refused_by_server']}"
    lines = [f"{row['device']:<16} {state:<8} {row['at'][:19]}  waiting {row['outbox_waiting']}, {lost}  {row['note']}"]
    for camera in row["cameras"]:
        seen = "sees" if camera["online"] else f"blind: {camera['reason'] or 'no frame'}"
        lines.append(f"    {camera['name']:<14} {seen}, {camera['frames']} frames, {camera['restarts']} restarts"
                     f"{_switched(camera)}")  # fmt: skip
    return lines


def _switched(camera: dict[str, Any]) -> str:
    """What somebody switched at a camera, where it is not as usual."""
    parts = [] if camera["detection"] else ["detection off"]
    parts += [f"off: {', '.join(camera['kinds_off'])}"] if camera["kinds_off"] else []
    parts += [] if camera["pictures"] else ["no pictures"]
    parts += [f"least score {camera['min_score']:g}"] if camera["min_score"] else []
    return "".join(f", {part}" for part in parts)
