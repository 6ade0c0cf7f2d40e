"""The export of bins as FIWARE WasteContainer: ids, types, units, ranges, place; nothing that was not measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sensors.bins import BinState, Heard, absorb
from alerts.sensors.ngsi import CONTEXT, entities, entity
from broker.messages import Kind, Reading
from county.values import Device, DeviceKind
from tests.alerts.makes import at
from tests.county.small import BIN, BOX, DEVICES, VILLAGE, small_county

COUNTY = small_county()
NOW = at(240)
STATUSES = {"ok", "lidOpen", "dropped", "moved", "vandalized", "burning", "unknown"}  # of the published schema
KNOWN = {
    "id", "type", "@context", "location", "name", "serialNumber", "address", "status", "binFullnessThreshold",
    "refDevice", "fillingLevel", "temperature", "binLoggedTime", "dateLastEmptying", "nextActuationDeadline", "source",
}  # fmt: skip


def state(*told: dict[str, Any], simulated: bool = False) -> BinState:
    made = BinState(BIN)
    for number, values in enumerate(told):
        one = Reading(message_id=uuid4(), device=BOX, at=at(60 * number), spot=BIN, simulated=simulated, **values)
        made = absorb(made, one, Heard(one.at, one.at), COUNTY.devices[BIN], COUNTY.policy.bins).state
    return made


def check(made: dict[str, Any]) -> None:
    """What the schema and NGSI-LD ask of an entity."""
    assert made.keys() <= KNOWN
    assert made["id"].startswith("urn:ngsi-ld:WasteContainer:")
    assert re.fullmatch(r"urn:ngsi-ld:[A-Za-z]+:[A-Za-z0-9_.:-]+", made["id"])
    assert (made["type"], made["@context"]) == ("WasteContainer", CONTEXT)
    assert made["@context"][-1] == "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"
    place = made["location"]
    longitude, latitude = place["value"]["coordinates"]
    assert (place["type"], place["value"]["type"]) == ("GeoProperty", "Point")
    assert -180 <= longitude <= 180
    assert -90 <= latitude <= 90
    assert made["status"]["value"] in STATUSES
    assert made["refDevice"]["type"] == "Relationship"
    assert all(one.startswith("urn:ngsi-ld:Device:") for one in made["refDevice"]["object"])
    for name in made.keys() - {"id", "type", "@context", "location", "refDevice"}:
        assert made[name]["type"] == "Property", name
        assert made[name]["value"] is not None, name
    if "fillingLevel" in made:
        assert 0 <= made["fillingLevel"]["value"] <= 1
        assert made["fillingLevel"]["unitCode"] == "C62"
    if "temperature" in made:
        assert made["temperature"]["unitCode"] == "CEL"
    for name in ("fillingLevel", "temperature"):
        assert name not in made or _zulu(made[name]["observedAt"])
    for name in ("binLoggedTime", "dateLastEmptying", "nextActuationDeadline"):
        if name in made:
            assert made[name]["value"]["@type"] == "DateTime"
            assert _zulu(made[name]["value"]["@value"])
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def _zulu(text: str) -> bool:
    return text.endswith("Z") and datetime.fromisoformat(text).tzinfo is not None


def test_a_bin_that_fills_says_level_temperature_and_its_next_emptying() -> None:
    told = [{"fill_percent": percent, "temperature_c": 21.5} for percent in (95, 10, 20, 30, 40)]
    made = entity(COUNTY, COUNTY.devices[BIN], state(*told), NOW)
    check(made)
    assert made["id"] == f"urn:ngsi-ld:WasteContainer:{COUNTY.code}:{BIN}"
    assert made["fillingLevel"] == {
        "type": "Property", "value": 0.4, "unitCode": "C62", "observedAt": "2026-11-21T06:00:00.000Z",
    }  # fmt: skip
    assert made["location"]["value"]["coordinates"] == [106.21, 36.11]
    assert made["temperature"]["value"] == 21.5
    assert made["dateLastEmptying"]["value"]["@value"] == "2026-11-21T03:00:00.000Z"
    assert made["nextActuationDeadline"]["value"]["@value"] == "2026-11-21T11:00:00.000Z"
    assert made["address"]["value"]["addressLocality"] == "柳林镇 石门村"
    assert "source" not in made


def test_a_bin_that_never_spoke_is_a_place_with_an_unknown_status_and_no_level() -> None:
    made = entity(COUNTY, COUNTY.devices[BIN], None, NOW)
    check(made)
    assert made["status"]["value"] == "unknown"
    assert not {"fillingLevel", "temperature", "binLoggedTime", "nextActuationDeadline"} & made.keys()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "ok"),
        ({"lid_open": True}, "lidOpen"),
        ({"wrong": frozenset({Kind.BIN_TILTED})}, "dropped"),
        ({"wrong": frozenset({Kind.BIN_FIRE, Kind.BIN_TILTED})}, "burning"),
        ({"heard_at": at(0)}, "unknown"),
    ],
)
def test_the_status_is_a_word_of_the_schema(changes: dict[str, Any], expected: str) -> None:
    made = entity(COUNTY, COUNTY.devices[BIN], replace(state(*[{"fill_percent": 5}] * 5), **changes), NOW)
    check(made)
    assert made["status"]["value"] == expected


def test_a_simulated_bin_says_so() -> None:
    made = entity(COUNTY, COUNTY.devices[BIN], state({"fill_percent": 5}, simulated=True), NOW)
    assert made["source"] == {"type": "Property", "value": "simulated"}


def test_a_bin_without_a_place_is_left_out_and_the_rest_come_by_id() -> None:
    more = (
        Device("bin-0", DeviceKind.BIN, "0号桶", VILLAGE, BOX, 106.2, 36.1, "WGS-84"),
        Device("bin-9", DeviceKind.BIN, "9号桶", VILLAGE, BOX),
    )
    found = entities(small_county(devices=(*DEVICES, *more)), {}, NOW)
    assert [one["serialNumber"]["value"] for one in found] == ["bin-0", "bin-1"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "fill_percent": st.floats(0, 100), "temperature_c": st.floats(-60, 300), "tilted": st.booleans(),
                "lid_open": st.booleans(),
            },
        ),
        max_size=8,
    )
)  # fmt: skip
def test_any_state_gives_a_valid_entity(told: list[dict[str, Any]]) -> None:
    check(entity(COUNTY, COUNTY.devices[BIN], state(*told), NOW))
