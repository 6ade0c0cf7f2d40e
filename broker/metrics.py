"""What a program tells Prometheus: values read at the moment of the question. The one file that knows its library.

Every room turns what it counts anyway into ``Sample``s; nothing is counted twice, and a program that is not asked does
no work. A label may name what the registry bounds (a device, a camera, a channel), never a message or a ticket.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

log = logging.getLogger(__name__)

PREFIX = "jingcun_"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value. ``name`` is without the prefix and ends in its unit (``…_seconds``), a counter in ``_total``."""

    name: str
    words: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["counter", "gauge"]:
        """A counter only rises while the program runs."""
        return "counter" if self.name.endswith("_total") else "gauge"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a program answers Prometheus; only this machine unless told otherwise."""

    port: int
    host: str = "127.0.0.1"


Read = Callable[[], Iterable[Sample]]


@contextmanager
def serving(listen: Listen | None, read: Read, away: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Answer at ``/metrics`` while the block runs; without ``listen`` nothing happens.

    A store that is away (``away``) costs the room's own values, never the answer: ``jingcun_readable`` says 0 then.
    ``OSError`` when the port is taken.
    """
    if listen is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(_Asked(read, away))
    ProcessCollector(registry=registry)
    server, thread = start_http_server(listen.port, addr=listen.host, registry=registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def families(samples: Iterable[Sample]) -> list[Metric]:
    """Samples of one name together, as the library wants them."""
    found: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for one in samples:
        name = PREFIX + one.name
        if name not in found:
            make = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
            found[name] = make(name, one.words, labels=sorted(one.labels))
        found[name].add_metric([one.labels[label] for label in sorted(one.labels)], one.value)
    return list(found.values())


class _Asked:
    """A collector that asks at the moment of the question."""

    def __init__(self, read: Read, away: tuple[type[Exception], ...]) -> None:
        self._read = read
        self._away = away

    def collect(self) -> Iterable[Metric]:
        try:
            samples, readable = list(self._read()), 1.0
        except self._away as fault:
            log.warning("metrics: %s", fault)
            samples, readable = [], 0.0
        return families([Sample("readable", "1 when the program's stores answered this question", readable), *samples])

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked when the collector is made known: the stores may be away at that moment."""
        return []
