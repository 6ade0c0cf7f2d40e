"""Bin sensors: look at each when it is due, store what is new, then let the sensor's files go."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from broker.messages import ClockSource
from broker.topics import Address
from edge.clock import begun
from edge.outbox import Outbox, row
from edge.sensors import BinSettings, FrameBin, JsonBin
from edge.sources import BinSource, Surroundings, Wait, utc_now
from edge.sources.bin_json import JsonReadings
from edge.sources.bin_simulated import Simulated

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Bin:
    """One bin: its source, when it is due (monotonic seconds), and how many readings could not be used."""

    source: BinSource
    due: float = 0.0
    bad: int = 0

    def read(self, outbox: Outbox, address: Address) -> int:
        """Store what is new and return how many readings; a kill at any point neither loses nor doubles one."""
        name = f"bin/{self.source.name}"
        memory = outbox.recall(name)
        taken = self.source.look(memory)
        remember = {name: taken.memory} if taken.memory != memory else {}
        if taken.readings or remember:
            outbox.put([row(address, one) for one in taken.readings], remember=remember)
        for path in taken.done:
            try:
                path.unlink(missing_ok=True)
            except OSError as problem:
                log.warning("%s: %s cannot be removed (%s); make its folder writable", name, path, problem.strerror)
        for words in taken.bad:
            log.warning("%s: %s", self.source.name, words)
        self.bad += len(taken.bad)
        return len(taken.readings)


def open_bins(
    settings: tuple[BinSettings, ...], outbox: Outbox, device: str, clock: ClockSource, wait: Wait
) -> dict[str, Bin]:
    """Return the bins that the box itself looks at, by name; one whose sensor sends frames speaks unasked."""
    made: dict[str, Bin] = {}
    for one in settings:
        if isinstance(one.source, FrameBin):
            continue
        around = Surroundings(utc_now, wait, clock, begun(outbox, one.name, utc_now()))
        source: BinSource = (
            JsonReadings(one.name, device, one.source, around)
            if isinstance(one.source, JsonBin)
            else Simulated(one.name, device, one.source, around)
        )
        made[one.name] = Bin(source)
    return made
