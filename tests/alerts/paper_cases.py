"""Rectification notices for tests: a good one, and hostile words and pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np

from alerts.papers.rectification import Found, Ground, Named, Rectification, Shown, number_words

T0 = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # ten in the morning in the county
DUE = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>&amp;\"'", "马\x00村\x07官\x1b[31m", "啊" * 2000, "x" * 2000,
    "\u202e官村马\u2066\u200f\ufeff", "马村官😀🦄👩\u200d👩\u200d👧", "#set page(width: 1pt)\n$x$ *b* _i_ @a <b> \\ ",
    "\ud800半个字", "a\u0301\u0302" * 500, "\ufffe\uffff", "{{7*7}}${jndi:x}%s%n", "行一\r\n\u2028行二", "]]>-->",
    "𠮷㐀䶮堃",
)  # fmt: skip


def notice(**changed: Any) -> Rectification:
    good = Rectification(
        number_words("青环整", 2026, 12), "GD-1121-0001", T0, DUE, "柳林镇人民政府",
        Named("马村官", "石门村村民委员会"), Ground("柳林镇 石门村", "村口垃圾点"),
        Found("暴露垃圾、垃圾桶满溢", "暴露垃圾", "重要", T0 - timedelta(minutes=75)),
        ("清除问题点位的全部垃圾，做到地面见底、不留死角", "清运的垃圾送指定收集点，不得就地焚烧、掩埋或者转移倾倒",
         "落实日常保洁，防止同一地点再次发生"),
        Shown("ab" * 32, T0 - timedelta(minutes=75), "村口摄像机", "人员、车牌已作模糊处理"),
    )  # fmt: skip
    return replace(good, **changed)


def photo(width: int = 640, height: int = 360) -> bytes:
    """A drawn picture as JPEG."""
    image = np.full((height, width, 3), (150, 180, 170), np.uint8)
    cv2.rectangle(image, (width // 4, height // 2), (width // 2, height - 10), (60, 80, 120), -1)
    done, data = cv2.imencode(".jpg", image)
    assert done
    return data.tobytes()
