"""Bins as NGSI-LD entities of FIWARE's WasteContainer: what another city's platform reads. Pure.

Attribute names, value ranges and the words of ``status`` are those of the Smart Data Models schema 0.3.0
(dataModel.WasteManagement); CGCS2000 is WGS-84 within centimetres, and nothing else is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from alerts.sensors import bins
from alerts.sensors.bins import BinState
from alerts.sensors.fill import forecast
from broker.messages import Kind
from county.policy import BinThresholds
from county.snapshot import County
from county.values import Device, DeviceKind

CONTEXT = [
    "https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
]
Entity = dict[str, Any]


def entities(county: County, states: Mapping[str, BinState], now: datetime) -> list[Entity]:
    """Every bin that stands somewhere, by id; one without coordinates is no entity, for the model needs a place."""
    return [entity(county, one, states.get(one.id), now) for one in bins_of(county) if one.longitude is not None]


def bins_of(county: County) -> Iterable[Device]:
    """The bins of the registry, by id."""
    return sorted((one for one in county.devices.values() if one.kind is DeviceKind.BIN), key=lambda one: one.id)


def entity(county: County, device: Device, state: BinState | None, now: datetime) -> Entity:
    """One bin. What was not measured is left out, never 0; times are UTC."""
    limits = county.bins_at(device.id)
    made: Entity = {
        "id": f"urn:ngsi-ld:WasteContainer:{county.code}:{device.id}",
        "type": "WasteContainer",
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [device.longitude, device.latitude]},
        },
        "name": _property(device.name),
        "serialNumber": _property(device.id),
        "address": _property({
            "addressCountry": "CN", "addressRegion": county.name, "addressLocality": county.place_name(device.village),
        }),
        "status": _property(_status(state, now, limits)),
        "binFullnessThreshold": _property(limits.dirty),
        "refDevice": {"type": "Relationship", "object": [f"urn:ngsi-ld:Device:{county.code}:{device.id}"]},
    }  # fmt: skip
    if state is not None:
        made |= _measured(state, limits.dirty, now)
    return made | {"@context": CONTEXT}


def _measured(state: BinState, full: float, now: datetime) -> Entity:
    made: Entity = {}
    level = state.level
    if level.percent is not None and level.at is not None:
        made["fillingLevel"] = _property(round(level.percent / 100, 4), at=level.at, unit="C62")
    if state.temperatures:
        at, degrees = state.temperatures[-1]
        made["temperature"] = _property(degrees, at=at, unit="CEL")
    if state.at is not None:
        made["binLoggedTime"] = _property(_time(state.at))
    if level.emptied is not None:
        made["dateLastEmptying"] = _property(_time(level.emptied.at))
    told = forecast(level, full, now)
    if told is not None:
        made["nextActuationDeadline"] = _property(_time(told.at))
    if state.simulated:
        made["source"] = _property("simulated")
    return made


def _status(state: BinState | None, now: datetime, limits: BinThresholds) -> str:
    if state is not None and Kind.BIN_FIRE in state.wrong:
        return "burning"
    if state is None or bins.is_silent(state, now, limits):
        return "unknown"
    if Kind.BIN_TILTED in state.wrong:
        return "dropped"
    return "lidOpen" if state.lid_open else "ok"


def _property(value: Any, *, at: datetime | None = None, unit: str = "") -> Entity:
    made: Entity = {"type": "Property", "value": value}
    if unit:
        made["unitCode"] = unit
    if at is not None:
        made["observedAt"] = _text(at)
    return made


def _time(at: datetime) -> Entity:
    return {"@type": "DateTime", "@value": _text(at)}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
