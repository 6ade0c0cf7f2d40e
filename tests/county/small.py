"""A small county for tests: one township with two villages, one box with a camera and a bin, three rungs of people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from county.calendar import Calendar
from county.files import dump
from county.policy import Policy
from county.snapshot import Content, County
from county.values import Device, DeviceKind, Duty, LegalBasis, Level, Person, Region, Spot
from county.ways import Way, WayKind

COUNTY, TOWNSHIP, VILLAGE, OTHER_VILLAGE = "640999", "640999101", "640999101200", "640999101201"
BOX, CAMERA, BIN, SPOT = "box-1", "cam-1", "bin-1", "cam-1.spot-1"

REGIONS = (
    Region(COUNTY, "青峦县"),
    Region(TOWNSHIP, "柳林镇", COUNTY),
    Region(VILLAGE, "石门村", TOWNSHIP),
    Region(OTHER_VILLAGE, "上河村", TOWNSHIP),
)
PEOPLE = (
    Person("v1", "马村官", "19900000001", "石门村村委会"),
    Person("v1b", "马副手", "19900000002", "石门村村委会"),
    Person("v2", "何村官", "19900000003", "上河村村委会"),
    Person("t1", "田乡官", "19900000004", "柳林镇政府"),
    Person("c1", "郝县官", "19900000005", "青峦县政府"),
)
DUTIES = (
    Duty("v1", VILLAGE, Level.VILLAGE, "村支书"),
    Duty("v1b", VILLAGE, Level.VILLAGE, "网格员", rank=1),
    Duty("v2", OTHER_VILLAGE, Level.VILLAGE, "村支书"),
    Duty("t1", TOWNSHIP, Level.TOWNSHIP, "包村干部"),
    Duty("c1", TOWNSHIP, Level.COUNTY, "包乡领导"),
)
DEVICES = (
    Device(BOX, DeviceKind.BOX, "石门村盒子", VILLAGE),
    Device(CAMERA, DeviceKind.CAMERA, "村口摄像机", VILLAGE, BOX, 106.2, 36.1, "CGCS2000", LegalBasis.ART7),
    Device(BIN, DeviceKind.BIN, "1号桶", VILLAGE, BOX, 106.21, 36.11, "CGCS2000"),
)
SPOTS = (
    Spot(SPOT, CAMERA, "村口垃圾点", VILLAGE, "street", ((0.1, 0.3), (0.9, 0.3), (0.9, 0.95), (0.1, 0.95)),
         ("garbage", "overflow", "dumped")),
)  # fmt: skip


RUNGS = ("village", "township", "county", "leader")


def limits(value: float = 30, unit: str = "minute", rungs: tuple[str, ...] = RUNGS[:3]) -> list[dict[str, Any]]:
    """The same limit for accepting and handling on each rung."""
    return [
        {"stage": stage, "level": level, "value": value, "unit": unit}
        for stage in ("accept", "handle")
        for level in rungs
    ]


def small_policy(**overrides: Any) -> Policy:
    """A policy of 30-minute limits; ``overrides`` are top-level fields of ``Policy`` (``limits=``, …)."""
    return Policy.model_validate({"limits": limits(), **overrides})


# What is of Content, not of Policy.
PARTS = ("regions", "people", "duties", "devices", "spots", "ways", "units", "leaves", "shifts")


def small_county(revision: int = 1, **overrides: Any) -> County:
    """The county; ``overrides`` are fields of its policy, except those of ``Content`` (``duties=…``, ``devices=…``)."""
    parts: dict[str, Any] = {name: overrides.pop(name) for name in PARTS if name in overrides}
    policy = small_policy(**overrides)
    content: dict[str, Any] = {
        "regions": REGIONS, "people": PEOPLE, "duties": DUTIES, "devices": DEVICES, "spots": SPOTS, **parts,
    }  # fmt: skip
    return County(Content(policy=policy, calendar=Calendar(), **content), revision)


def led_county(**overrides: Any) -> County:
    """The county with its leaders as a fourth rung: 李县长 answers for the township."""
    people = (*PEOPLE, Person("l1", "李县长", "19900000006", "青峦县政府"))
    duties = (*DUTIES, Duty("l1", TOWNSHIP, Level.LEADER, "包乡镇县级领导"))
    led = {"people": people, "duties": duties, "ladder": list(RUNGS), "limits": limits(rungs=RUNGS)}
    return small_county(**{**led, **overrides})


LANE, DITCH = "shimen-lane-1", "shimen-ditch"
WAYS = (
    Way(LANE, WayKind.LANE, "乐善巷", VILLAGE),
    Way(DITCH, WayKind.DITCH, "红旗渠石门段", VILLAGE, rota=(0, 3)),
)
KEEPERS = (Duty("v1b", LANE, Level.VILLAGE, "巷长"), Duty("v2", DITCH, Level.VILLAGE, "沟渠管护人"))


def wayside(**overrides: Any) -> County:
    """The county with a lane and a ditch, each with its keeper; its spot lies on both."""
    laid = {"ways": WAYS, "duties": (*DUTIES, *KEEPERS), "spots": (replace(SPOTS[0], ways=(LANE, DITCH)),)}
    return small_county(**{**laid, **overrides})


POLICY_TOML = "\n".join(
    f'[[limit]]\nstage = "{limit["stage"]}"\nlevel = "{limit["level"]}"\nvalue = {limit["value"]}\nunit = "minute"\n'
    for limit in limits()
)


def small_folder(**texts: str) -> dict[str, bytes]:
    """The same county as files; ``texts`` replace whole files (``people_csv="id,name…"``)."""
    folder = dict(dump(small_county().content, POLICY_TOML.encode()))
    return {**folder, **{name[::-1].replace("_", ".", 1)[::-1]: text.encode() for name, text in texts.items()}}
