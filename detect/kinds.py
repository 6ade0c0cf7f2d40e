"""What a spot can be watched for: the label each kind needs from the model, its Chinese words, and how far it is shown.

Labels that are no kind (a bin, a person, a vehicle, a plate) never open anything and never stand in an event.
"""

from __future__ import annotations

from typing import Literal, get_args

What = Literal[
    "garbage", "overflow", "dumped", "straw_pile", "manure_pile", "earth_pile", "coal_pile", "floating_waste"
]
Label = Literal[
    "garbage", "overflow", "straw_pile", "manure_pile", "earth_pile", "coal_pile", "floating_waste", "person", "vehicle"
]
Light = Literal["day", "night"]  # a picture in colour, or one without (infrared)
MOVING, CHANGED = "moving", "changed"  # labels that no model gives: what ``detect.ground`` sees
ALL: tuple[What, ...] = get_args(What)
USUAL: tuple[What, ...] = ("garbage", "overflow", "dumped")
# Learnt from rendered scenes alone and not verified on real pictures: off unless a spot asks for them by name.
RENDERED_ONLY: tuple[What, ...] = ALL[3:]
VISITORS = frozenset({"person", "vehicle"})
LABELS: dict[What, Label] = {
    "garbage": "garbage", "overflow": "overflow", "dumped": "garbage", "straw_pile": "straw_pile",
    "manure_pile": "manure_pile", "earth_pile": "earth_pile", "coal_pile": "coal_pile",
    "floating_waste": "floating_waste",
}  # fmt: skip
CHINESE: dict[What, str] = {
    "garbage": "暴露垃圾", "overflow": "垃圾桶满溢", "dumped": "乱倾倒", "straw_pile": "柴草乱堆",
    "manure_pile": "粪堆", "earth_pile": "乱堆土", "coal_pile": "煤堆", "floating_waste": "水面漂浮物",
}  # fmt: skip
