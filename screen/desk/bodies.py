"""What comes with an act of the desk: what the office takes too, and what only a phone knows."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from alerts.tickets.doing import Data
from alerts.values import Voice
from screen.desk.photo_shapes import Sha, taken
from screen.moments import Moment
from screen.shapes import ActBody

MOST_VOICES = 3


class DeskBody(ActBody):
    """What comes with an act; which fields count depends on the act.

    ``accuracy_m`` is how exact the position is. ``pressed_at`` and ``sent_at`` are the phone's own clock when the act
    was done and when it leaves the phone. ``voices`` are voice notes that were uploaded with the same link.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {},
                {"reason": "不是我们村"},
                {"photos": ["0" * 64], "words": "已清理"},
                {
                    "lon": 106.05,
                    "lat": 36.12,
                    "crs": "WGS-84",
                    "accuracy_m": 12,
                    "sent_at": "2026-11-21T16:05:00+08:00",
                },
            ]
        },
    )

    accuracy_m: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)
    pressed_at: Moment | None = None
    sent_at: Moment | None = None
    voices: list[Sha] = Field(default_factory=list, max_length=MOST_VOICES)

    def data(self, voices: tuple[Voice, ...]) -> Data:
        """The body as the acts take it."""
        return Data(
            self.words or self.reason, tuple(taken(one) for one in self.photos), self.lon, self.lat, self.crs,
            accuracy_m=self.accuracy_m, pressed_at=self.pressed_at, sent_at=self.sent_at, voices=voices,
        )  # fmt: skip
