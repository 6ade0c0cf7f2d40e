"""Makes the fictional county 青峦县 (640999 is nobody's code): ``python -m county.generate [--check]``.

The same files each time; a test compares them with those in ``county/qingluan``. Nothing in it is real: the
outline is noise, the names are drawn, and the phone numbers begin with +999, a country code that is assigned to
nobody, so a demo that is wired to a real channel by mistake can reach no real person.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from county.calendar import Calendar, Day
from county.files import dump
from county.generate_people import Cast, duties_of, keepers_of, units_of
from county.policy import Policy
from county.policy_file import read_policy
from county.snapshot import Content
from county.terrain import Terrain, area, centroid, make_terrain, spread
from county.values import Device, DeviceKind, LegalBasis, Region, Spot
from county.ways import Way, WayKind

HOME = Path(__file__).parent / "qingluan"
CODE, NAME, CRS, SEED = "640999", "青峦县", "CGCS2000", 20
VILLAGES, CAMERAS, BINS = 259, 186, 423
TOWNSHIPS = (
    "青峦镇", "柳林镇", "石桥镇", "云河镇", "南坪镇", "白塔镇", "松坡乡",
    "望川乡", "沙湾乡", "双泉乡", "枣园乡", "北岭乡", "马家堡乡", "清水乡",
)  # fmt: skip
VILLAGE_NAMES = (
    "石门", "上河", "下河", "柳树", "张家湾", "李家沟", "王家坪", "桃园", "杏花", "新庄", "老庄",
    "泉沟", "高台", "红旗", "团结", "前进", "和平", "大塬", "小塬", "东坡", "西坡", "阳洼",
    "沙沟", "石岔", "马营", "双庙", "榆树", "新民", "黄岔", "白杨", "兴隆", "永丰",
)  # fmt: skip
# The four boxes of the demo: township number; each box has two cameras and two bins in its first two villages.
DEMO = (1, 2, 5, 13)
FIELD = ((0.06, 0.34), (0.94, 0.34), (0.97, 0.97), (0.03, 0.97))  # where things lie in a camera's picture
KINDS = ("garbage", "overflow", "dumped")
ROAD = "青环路"

_WORDS = {
    DeviceKind.BOX: ("box", "边缘盒子", LegalBasis.NONE),
    DeviceKind.CAMERA: ("cam", "摄像机", LegalBasis.ART7),
    DeviceKind.BIN: ("bin", "垃圾桶", LegalBasis.NONE),
}
_HOLIDAYS = (
    ("元旦", date(2026, 1, 1), 3), ("春节", date(2026, 2, 15), 9), ("清明节", date(2026, 4, 4), 3),
    ("劳动节", date(2026, 5, 1), 5), ("端午节", date(2026, 6, 19), 3), ("中秋节", date(2026, 9, 25), 3),
    ("国庆节", date(2026, 10, 1), 7),
)  # fmt: skip
_WORKED = ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))
_SOURCE = "国务院办公厅关于2026年部分节假日安排的通知(2025-11-04)"


def make(policy: Policy) -> Content:
    """The whole county as values."""
    rng = Random(SEED)
    terrain = make_terrain(len(TOWNSHIPS), SEED)
    regions = tuple(_regions(terrain, rng))
    villages = [region for region in regions if region.level == "village"]
    cast = Cast(rng)
    duties = tuple(duties_of(regions, cast))
    boxes, spots = _equipment(villages, rng)
    keepers = Cast(Random(SEED + 1), len(cast.people))
    ways = tuple(_ways(spots, {village.code: village for village in villages}))
    duties = (*duties, *keepers_of([way for way, _ in ways], keepers))
    laid: dict[str, list[str]] = defaultdict(list)
    for way, spot in ways:
        laid[spot].append(way.id)
    spots = [replace(spot, ways=tuple(laid[spot.id])) for spot in spots]
    days = {day.date: day for day in _days()}
    return Content(
        regions,
        (*cast.people, *keepers.people),
        duties,
        tuple(boxes),
        tuple(spots),
        policy,
        Calendar(days),
        _outline(terrain),
        tuple(way for way, _ in ways),
        tuple(units_of(regions)),
    )


def files() -> dict[str, bytes]:
    """The files of the folder; the two policies are written by hand and only passed through."""
    toml = (HOME / "policy.toml").read_bytes()
    policy, problems = read_policy(toml)
    if policy is None:
        raise ValueError(f"{HOME / 'policy.toml'}: {problems[0]}")
    return dict(dump(make(policy), toml))


def _regions(terrain: Terrain, rng: Random) -> Iterator[Region]:
    yield Region(CODE, NAME, kind="county")
    counts = _shares([area(ring) for ring in terrain.townships], VILLAGES)
    for number, (name, ring, count) in enumerate(zip(TOWNSHIPS, terrain.townships, counts, strict=True)):
        code, (x, y) = f"{CODE}{100 + number}", centroid(ring)
        yield Region(code, name, CODE, "town" if name.endswith("镇") else "township", None, None,
                     round(x, 5), round(y, 5), CRS)  # fmt: skip
        names = _shuffled(VILLAGE_NAMES, rng)
        for place, (point, village) in enumerate(zip(spread(ring, count, rng), names, strict=False)):
            own = f"{code}{200 + place}"
            yield Region(own, f"{village}村", code, "village", None, None, *point, CRS)
            yield from (Region(f"{own}{n:03d}", f"第{'一二'[n - 1]}网格", own, "grid") for n in (1, 2))


def _shares(weights: Sequence[float], total: int) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total (largest remainder)."""
    exact = [weight * total / sum(weights) for weight in weights]
    counts = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda n: counts[n] - exact[n])
    for n in order[: total - sum(counts)]:
        counts[n] += 1
    return counts


def _shuffled(names: Sequence[str], rng: Random) -> list[str]:
    return [name for _, name in sorted((rng.random(), name) for name in names)]


def _equipment(villages: Sequence[Region], rng: Random) -> tuple[list[Device], list[Spot]]:
    """The demo's four boxes first, then a box with two cameras in every other village until the cameras are used up."""
    pairs = [[v for v in villages if v.parent == f"{CODE}{100 + number}"][:2] for number in DEMO]
    demo = [village for pair in pairs for village in pair]
    others = _shuffled_regions([village for village in villages if village not in demo], rng)
    sites = [*pairs, *([village, village] for village in others)][: CAMERAS // 2]
    devices = [_device(DeviceKind.BOX, n, pair[0], "", rng) for n, pair in enumerate(sites, 1)]
    spots: list[Spot] = []
    for number, village in enumerate((village for pair in sites for village in pair), 1):
        camera = _device(DeviceKind.CAMERA, number, village, f"qx-box-{(number + 1) // 2:02d}", rng)
        devices.append(camera)
        region = f"{village.code}001" if number % 4 == 2 else village.code
        name = ("村口垃圾点", "巷道垃圾点", "集市垃圾点", "河边垃圾点")[number % 4]
        spots.append(Spot(f"{camera.id}.spot-1", camera.id, name, region, "street", FIELD, KINDS))
    devices += _bins(sites, others, rng)
    return devices, spots


def _ways(spots: Sequence[Spot], villages: Mapping[str, Region]) -> Iterator[tuple[Way, str]]:
    """A lane, a bank or a stretch of the county road where a camera outside the demo looks at one, and its spot."""
    kinds = {"巷道垃圾点": (WayKind.LANE, "一巷", ""), "河边垃圾点": (WayKind.DITCH, "村前渠", ""),
             "村口垃圾点": (WayKind.ROAD, "段", ROAD)}  # fmt: skip
    seen: set[tuple[str, WayKind]] = set()
    for spot in spots[2 * len(DEMO) :]:
        village = villages[spot.region[:12]]
        if spot.name not in kinds or (village.code, kinds[spot.name][0]) in seen:
            continue
        kind, name, road = kinds[spot.name]
        seen.add((village.code, kind))
        whole = f"{village.name}{name}" if road else name
        rota = (0, 3) if kind is WayKind.ROAD else ()
        yield Way(f"{kind.value}-{village.code}", kind, whole, village.code, road, rota=rota), spot.id


def _bins(sites: Sequence[Sequence[Region]], others: Sequence[Region], rng: Random) -> Iterator[Device]:
    """Two bins a village; one in a village with a box talks through it, the others have a radio of their own."""
    box_of = {village.code: f"qx-box-{n:02d}" for n, pair in enumerate(sites, 1) for village in pair}
    demo = [village for pair in sites[: len(DEMO)] for village in pair]
    places = [*demo, *(village for _ in range(2) for village in (*others, *demo))]
    for number, village in enumerate(places[:BINS], 1):
        yield _device(DeviceKind.BIN, number, village, box_of.get(village.code, ""), rng)


def _shuffled_regions(regions: Sequence[Region], rng: Random) -> list[Region]:
    by_code = {region.code: region for region in regions}
    return [by_code[code] for code in _shuffled(list(by_code), rng)]


def _device(kind: DeviceKind, number: int, village: Region, box: str, rng: Random) -> Device:
    assert village.longitude is not None
    assert village.latitude is not None
    short, noun, basis = _WORDS[kind]
    longitude = round(village.longitude + 0.006 * (rng.random() - 0.5), 5)
    latitude = round(village.latitude + 0.006 * (rng.random() - 0.5), 5)
    identity, name = f"qx-{short}-{number:02d}", f"{village.name}{number}号{noun}"
    return Device(identity, kind, name, village.code, box, longitude, latitude, CRS, basis)


def _days() -> Iterator[Day]:
    for name, first, length in _HOLIDAYS:
        yield from (Day(first + timedelta(days=n), False, name, _SOURCE) for n in range(length))
    yield from (Day(date(2026, month, day), True, "调休上班", _SOURCE) for month, day in _WORKED)


def _outline(terrain: Terrain) -> str:
    shapes = [(CODE, NAME, "county", terrain.county)]
    named = enumerate(zip(TOWNSHIPS, terrain.townships, strict=True))
    shapes += [(f"{CODE}{100 + n}", name, "township", ring) for n, (name, ring) in named]
    features = []
    for code, name, level, ring in shapes:
        x, y = centroid(ring)
        properties = {"code": code, "name": name, "level": level, "cp": [round(x, 5), round(y, 5)], "crs": CRS}
        features.append({"type": "Feature", "id": code, "properties": properties,
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})  # fmt: skip
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with ``--check`` return 1 when those on disk differ."""
    stale = [name for name, data in files().items() if not _same(HOME / name, data)]
    if "--check" in arguments:
        sys.stderr.writelines(f"{HOME / name} is stale; run python -m county.generate\n" for name in stale)
        return 1 if stale else 0
    for name, data in files().items():
        (HOME / name).write_bytes(data)
    return 0


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
