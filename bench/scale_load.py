"""What so many counties send and keep, and how many of them a machine carries: arithmetic on ``bench.scale_inputs``.

Counties lie side by side, each with one writer and one engine, so every load is that of one county times their number;
what differs by level is which engine carries it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench import scale_inputs as given

DAY_S = 86_400
MONTH_DAYS = 30
FREE = 10  # PostgreSQL connections kept for people


@dataclass(frozen=True, slots=True)
class Load:
    """What so many counties send and keep. Rates a second or a day as named; sizes in bytes."""

    counties: int

    @property
    def villages(self) -> float:
        """Villages."""
        return self.counties * given.VILLAGES.value

    @property
    def cameras(self) -> float:
        """Cameras."""
        return self.counties * given.CAMERAS.value

    @property
    def bins(self) -> float:
        """Bins with a sensor."""
        return self.counties * given.BINS.value

    @property
    def boxes(self) -> float:
        """Boxes: enough for the cameras, and at least one a village."""
        return max(self.villages, self.cameras / given.CAMERAS_OF_BOX.value)

    @property
    def links(self) -> float:
        """Connections to the broker."""
        return self.boxes * given.LINKS_OF_BOX.value

    @property
    def readings(self) -> float:
        """Readings a day."""
        return self.bins * 24 * 60 / given.BIN_MINUTES.value

    @property
    def events(self) -> float:
        """Events a day, without the second telling that brings the picture."""
        return self.cameras * given.EVENTS.value

    @property
    def chunks(self) -> float:
        """Picture messages a day."""
        return self.events * math.ceil(given.PICTURE.value / given.CHUNK.value)

    @property
    def receipted(self) -> float:
        """Messages a day that are stored and receipted: these must not be lost."""
        return self.readings + 2 * self.events + self.chunks

    @property
    def passing(self) -> float:
        """Messages a day of which only the latest value counts."""
        return self.boxes * (DAY_S / given.HEALTH_S.value + DAY_S / given.COVERAGE_S.value)

    @property
    def mean(self) -> float:
        """Messages a second upwards."""
        return (self.receipted + self.passing) / DAY_S

    @property
    def busy(self) -> float:
        """Messages a second in the busiest hour: readings and health come evenly, what is seen does not."""
        seen = 2 * self.events + self.chunks
        return (self.readings + self.passing + given.BUSY.value * seen) / DAY_S

    @property
    def backlog(self) -> float:
        """Receipted messages that wait in the boxes after an hour without a door, in the busiest hour."""
        return (self.readings + given.BUSY.value * (2 * self.events + self.chunks)) / 24

    @property
    def sent(self) -> float:
        """Bytes a day of what is receipted, without MQTT and TLS."""
        picture = given.PICTURE.value * given.CHUNK_SENT.value / given.CHUNK.value
        return self.readings * given.READING_SENT.value + self.events * (2 * given.EVENT_SENT.value + picture)

    @property
    def inbox(self) -> float:
        """Bytes of the inbox when all its months are full."""
        day = (
            self.readings * given.READING_ROW.value
            + 2 * self.events * given.EVENT_ROW.value
            + self.chunks * given.CHUNK_ROW.value
        )
        return day * MONTH_DAYS * given.MONTHS.value

    @property
    def values(self) -> float:
        """Series values a day: a reading's, and count and score of each event."""
        return self.readings * given.FIELDS.value + 2 * self.events

    @property
    def series_sqlite(self) -> float:
        """Bytes of SQLite series files: raw values of 30 days, hours of a year. The days of ten years are small."""
        hours = self.bins * given.FIELDS.value * 365 * given.HOURS_DAY.value
        return self.values * 30 * given.RAW_VALUE.value + hours

    @property
    def series_year(self) -> float:
        """Bytes a year in VictoriaMetrics or InfluxDB, which keep the raw values."""
        return self.values * 365 * given.VALUE.value

    @property
    def pictures(self) -> float:
        """Bytes of pictures when the oldest begin to go."""
        return self.events * given.PICTURE.value * given.PICTURE_DAYS.value

    @property
    def tickets(self) -> float:
        """Tickets a day."""
        return self.counties * given.TICKETS.value

    @property
    def notices(self) -> float:
        """Notices a day."""
        return self.tickets * given.NOTICES.value

    @property
    def reconnects(self) -> float:
        """Connections a second when all come back at once."""
        return self.links / given.RECONNECT_S.value


LEVELS = {
    "county": Load(1),
    "province": Load(int(given.PROVINCE.value)),
    "country": Load(int(given.COUNTRY.value)),
}


def counties_a_machine() -> int:
    """How many counties' servers, standbys and series one machine carries: by its memory, and by its cores."""
    each = given.SERVER_MB.value + given.STANDBY_MB.value + given.SERIES_MB.value
    by_rate = given.DOOR_RATE.value * given.MACHINE_CORES.value / 2 / Load(1).busy
    return math.floor(min(given.MACHINE_MB.value / each, by_rate))


def counties_a_postgres() -> int:
    """How many counties one PostgreSQL carries by its connections, of which some stay free for people."""
    each = given.SERVER_LINKS.value + given.STANDBY_LINKS.value
    return math.floor((given.POSTGRES_LINKS.value - FREE) / each)


def machines(counties: int) -> dict[str, int]:
    """How many machines of each sort carry so many counties; the broker and the bucket are counted by their makers."""
    return {
        "servers": math.ceil(counties / counties_a_machine()),
        "postgres": math.ceil(counties / counties_a_postgres()),
    }
