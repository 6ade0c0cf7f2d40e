"""The county as the demo's wall should know it: only the devices that really play, so that nothing reads as offline."""

from __future__ import annotations

import json
from collections.abc import Collection

from county.files import Folder
from jingcun.demo.day import Day


def devices_of(day: Day) -> frozenset[str]:
    """The boxes, cameras and bins that take part."""
    return frozenset({*day.boxes, *(one.camera for one in day.cameras), *(one.bin for one in day.bins)})


def only(files: Folder, devices: Collection[str]) -> Folder:
    """The county's files with no other device in the registry, and no spot of another device."""
    head, *rows = files["devices.csv"].decode("utf-8").splitlines()
    kept = [head, *(row for row in rows if row.split(",", 1)[0] in devices)]
    spots = json.loads(files["spots.geojson"])
    spots["features"] = [one for one in spots["features"] if one["properties"]["device"] in devices]
    return {
        **files,
        "devices.csv": ("\n".join(kept) + "\n").encode("utf-8"),
        "spots.geojson": json.dumps(spots, ensure_ascii=False).encode("utf-8"),
    }
