"""``jingcun device health``: how every box says it is, with the reason of what it could not send."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from broker.messages import Health, Status
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load

if TYPE_CHECKING:
    from ingest.latest import LatestValue

CLOCK_SLACK_S = 120.0  # as much as the rules let a device's clock run ahead


def health(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Show each box: online, its clock, what waits, what was dropped or refused and why, and its cameras."""
    from ingest.latest import Latest
    from ingest.store import StoreAway

    with one_line_errors(StoreAway), closing(Latest(load(config).store("inbox"))) as latest:
        states = {value.device: value.message() for value in latest.all("status")}
        rows = [facts(value, states.get(value.device)) for value in latest.all("health")]
    for row in rows:
        put_json(row) if as_json else print("\n".join(words(row)))


def facts(value: LatestValue, status: Any) -> dict[str, Any]:
    """One box as a JSON object: the newest health and status, and by how many seconds its clock was ahead of ours then.

    Health is never kept back, so what lies between its time and its arrival is the clock, and the line by seconds.
    """
    said = value.message()
    if not isinstance(said, Health):
        raise TypeError(f"a health message was expected, not {type(said).__name__}")
    online = status.online if isinstance(status, Status) else None
    clock_off_s = round((value.at - value.received_at).total_seconds(), 1)
    return {
        "online": online,
        "clock_off_s": clock_off_s,
        **said.model_dump(mode="json", exclude={"message_id", "schema_number"}),
    }


def words(row: dict[str, Any]) -> list[str]:
    """The same for a person."""
    state = {True: "online", False: "offline", None: "never heard"}[row["online"]]
    lost = f"dropped {row['outbox_dropped']}, too large {row['refused_oversize']}, refused {row['refused_by_server']}"
    lines = [f"{row['device']:<16} {state:<8} {row['at'][:19]}  waiting {row['outbox_waiting']}, {lost}"
             f"{_clock(row['clock_off_s'])}  {row['note']}"]  # fmt: skip
    for camera in row["cameras"]:
        seen = "sees" if camera["online"] else f"blind: {camera['reason'] or 'no frame'}"
        lines.append(f"    {camera['name']:<14} {seen}, {camera['frames']} frames, {camera['restarts']} restarts"
                     f"{_switched(camera)}")  # fmt: skip
    return lines


def _clock(off_s: float) -> str:
    """That a clock is wrong, where it is."""
    if abs(off_s) <= CLOCK_SLACK_S:
        return ""
    size = f"{abs(off_s) / 60:.0f} min" if abs(off_s) < 7_200 else f"{abs(off_s) / 3_600:.0f} h"
    return f", CLOCK {size} {'ahead' if off_s > 0 else 'behind'}"


def _switched(camera: dict[str, Any]) -> str:
    """What somebody switched at a camera, where it is not as usual."""
    parts = [] if camera["detection"] else ["detection off"]
    parts += [f"off: {', '.join(camera['kinds_off'])}"] if camera["kinds_off"] else []
    parts += [] if camera["pictures"] else ["no pictures"]
    parts += [f"least score {camera['min_score']:g}"] if camera["min_score"] else []
    return "".join(f", {part}" for part in parts)
