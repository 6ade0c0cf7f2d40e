"""Uplinks as a LoRaWAN network server publishes them: ChirpStack v4 and The Things Stack v3, JSON, payload in base64.

Only what stands in both is taken: who, when, which port and counter, the bytes, and how the best gateway heard them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from broker.decoders import BadFrame

LARGEST = 262_144  # bytes of one uplink's JSON; many gateways may have heard it
_EUI = re.compile(r"[0-9A-Fa-f]{16}", re.ASCII)
_LONGEST_TEXT = 4_096


class NetworkServer(StrEnum):
    """Who speaks."""

    CHIRPSTACK = "chirpstack"
    THE_THINGS_STACK = "the-things-stack"


@dataclass(frozen=True, slots=True)
class Uplink:
    """One uplink. ``eui`` is 16 upper-case hex digits; ``at`` (aware) None where the server gave no usable time.

    ``rssi_dbm`` and ``snr_db`` are those of the gateway that heard it best.
    """

    eui: str
    port: int
    counter: int
    data: bytes
    at: datetime | None
    rssi_dbm: float | None
    snr_db: float | None


def unwrap(server: NetworkServer, payload: bytes) -> Uplink | None:
    """Return the uplink, None for an uplink without data (an empty frame); ``BadFrame`` for anything else."""
    if len(payload) > LARGEST:
        raise BadFrame(f"{len(payload)} bytes of JSON; the limit is {LARGEST}")
    try:
        table = from_json(payload, allow_inf_nan=False)
    except ValueError as problem:
        raise BadFrame(f"is not JSON ({str(problem)[:80]})") from problem
    if not isinstance(table, dict):
        raise BadFrame("is JSON, but no object")
    return _chirpstack(table) if server is NetworkServer.CHIRPSTACK else _things(table)


def _chirpstack(table: Mapping[str, Any]) -> Uplink | None:
    eui = _eui(_inside(table, "deviceInfo").get("devEui"), "deviceInfo.devEui")
    if not table.get("data"):
        return None
    return Uplink(
        eui, _whole(table, "fPort", 255), _whole(table, "fCnt", 2**32 - 1), _bytes(table["data"], "data"),
        _time(table.get("time")), *_best(table.get("rxInfo")),
    )  # fmt: skip


def _things(table: Mapping[str, Any]) -> Uplink | None:
    """An empty value is left out of these messages: no ``f_cnt`` is counter 0."""
    eui = _eui(_inside(table, "end_device_ids").get("dev_eui"), "end_device_ids.dev_eui")
    said = _inside(table, "uplink_message")
    if not said.get("frm_payload"):
        return None
    at = _time(said.get("received_at")) or _time(table.get("received_at"))
    return Uplink(
        eui, _whole(said, "f_port", 255), _whole(said, "f_cnt", 2**32 - 1), _bytes(said["frm_payload"], "frm_payload"),
        at, *_best(said.get("rx_metadata")),
    )  # fmt: skip


def _inside(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    if not isinstance(value, dict):
        raise BadFrame(f"has no {key}: is this an uplink of that network server?")
    return value


def _eui(value: object, where: str) -> str:
    if not isinstance(value, str) or not _EUI.fullmatch(value):
        raise BadFrame(f"{where} is {str(value)[:40]!r}, not 16 hex digits")
    return value.upper()


def _whole(table: Mapping[str, Any], key: str, most: int) -> int:
    value = table.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadFrame(f"{key} is {str(value)[:40]!r}, not a number from 0 to {most}")
    return value


def _bytes(value: object, where: str) -> bytes:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise BadFrame(f"{where} is no base64 text of at most {_LONGEST_TEXT} letters")
    try:
        return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as problem:
        raise BadFrame(f"{where} is not base64 ({problem})") from problem


def _time(value: object) -> datetime | None:
    """ISO 8601 with zone; finer than microseconds is cut off, for a datetime holds no more."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value, flags=re.ASCII))
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _best(heard: object) -> tuple[float | None, float | None]:
    """How the gateway with the strongest signal heard it: rssi and snr."""
    gateways: Iterable[object] = heard if isinstance(heard, list) else ()
    levels = [(_level(one.get("rssi"), -200, 20), _level(one.get("snr"), -60, 60))
              for one in gateways if isinstance(one, dict)]  # fmt: skip
    return max(levels, key=lambda one: -999.0 if one[0] is None else one[0], default=(None, None))


def _level(value: object, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return None
    return float(value)
