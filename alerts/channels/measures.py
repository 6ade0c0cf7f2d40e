"""What a channel would send, measured against what its provider takes; ``preview`` shows it, nothing goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.channels.fits import units


@dataclass(frozen=True, slots=True)
class Measure:
    """One field: what goes out (``text``), what there was to say (``whole``), and how full it is; ``most`` 0: no limit.

    ``note`` is the count in words where the unit alone does not say it (``62/70 字,1 条短信``).
    """

    name: str
    text: str
    whole: str
    used: int
    most: int
    unit: str = "字"
    note: str = ""

    @property
    def cut(self) -> bool:
        """Whether less goes out than there was to say."""
        return self.text != self.whole

    @property
    def count(self) -> str:
        """How full it is, in words."""
        return self.note or (f"{self.used}/{self.most} {self.unit}" if self.most else f"{self.used} {self.unit}")


@dataclass(frozen=True, slots=True)
class Sketch:
    """The body as it would be sent, and its fields; ``declined``: the channel's own settings keep it silent."""

    body: Any
    measures: tuple[Measure, ...] = ()
    template: str = ""
    declined: str = ""


def in_bytes(name: str, text: str, whole: str, most: int) -> Measure:
    """A field that is counted in bytes of UTF-8."""
    return Measure(name, text, whole, len(text.encode()), most, "字节")


def in_units(name: str, text: str, whole: str, most: int) -> Measure:
    """A field that is counted in characters as phones count them: an emoji is two."""
    return Measure(name, text, whole, units(text), most)


def in_characters(name: str, text: str, whole: str, most: int) -> Measure:
    """A field that is counted in characters, as a voice reads them and a mail's subject is cut."""
    return Measure(name, text, whole, len(text), most)
