"""What the reckoning of scale starts from: every number with where it comes from. Change one here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

From = Literal["measured", "code", "design", "assumed"]


@dataclass(frozen=True, slots=True)
class Given:
    """A number, what it counts, and its source: a command that measures it, a file that says it, or nobody."""

    value: float
    what: str
    how: From
    source: str


# Measured. The door's rate is that of docs/bench.md: one county's ingest, SQLite, Mosquitto, two cores.
DOOR_RATE = Given(6025, "messages a second through one county's door", "measured", "`python -m bench --only door_rate`")
READING_SENT = Given(
    300, "bytes of a reading on the wire, without MQTT and TLS", "measured", "`python -m bench.scale_sizes`"
)
EVENT_SENT = Given(623, "bytes of an event on the wire", "measured", "`python -m bench.scale_sizes`")
CHUNK_SENT = Given(29_676, "bytes of a whole picture chunk on the wire", "measured", "`python -m bench.scale_sizes`")
READING_ROW = Given(508, "bytes of a reading's row in a PostgreSQL inbox", "measured", "`python -m bench.scale_sizes`")
EVENT_ROW = Given(
    866, "bytes of an event's row, the larger of SQLite and PostgreSQL", "measured", "`python -m bench.scale_sizes`"
)
CHUNK_ROW = Given(533, "bytes of the row of a picture chunk", "measured", "`python -m bench.scale_sizes`")
RAW_VALUE = Given(21.9, "bytes of a raw value in the SQLite series", "measured", "`python -m bench.scale_sizes`")
HOURS_DAY = Given(976, "bytes of the hours of one series and day there", "measured", "`python -m bench.scale_sizes`")
SERVER_MB = Given(
    321,
    "MB that one county's server holds (PSS of its six processes)",
    "measured",
    "`pytest -s tests/deploy/test_weight.py`",
)
SERVER_LINKS = Given(17, "PostgreSQL connections that it holds", "measured", "`pytest -s tests/deploy/test_weight.py`")

# What the code does.
HEALTH_S = Given(60, "s between two health messages of a box", "code", "`health_s` in edge/settings.py")
COVERAGE_S = Given(300, "s between two coverage messages of a box", "code", "`coverage_s` in edge/settings.py")
LINKS_OF_BOX = Given(2, "connections of a box to its broker", "code", "edge/box.py: events, and pictures beside them")
RECONNECT_S = Given(60, "s over which the boxes come back after a cut", "code", "`retry_max_s` in edge/settings.py")
CHUNK = Given(22_000, "bytes of a picture in one message", "code", "`CHUNK_BYTES` in broker/messages.py")
MONTHS = Given(7, "months of the inbox: six whole ones and the running one", "code", "`KEEP` in ingest/months.py")
PICTURE_DAYS = Given(90, "days that a picture is kept", "code", "`picture_days` in jingcun/settings.py")
POSTGRES_LINKS = Given(400, "connections that one PostgreSQL takes", "code", "deploy/province/compose.yaml")

# What the design says of a county and of the country; nobody has counted it in a village.
VILLAGES = Given(250, "villages of a county", "design", "design notes §4; five real counties have 70 to 349")
CAMERAS = Given(1000, "cameras of a county", "design", "design notes §4")
BINS = Given(5000, "bins of a county", "design", "design notes §4")
BIN_MINUTES = Given(30, "minutes between two readings of a bin", "design", "design notes §4")
EVENTS = Given(10, "events of a camera a day", "design", "design notes §4")
PICTURE = Given(150_000, "bytes of an event's picture", "design", "design notes §4")
FIELDS = Given(4, "values of a reading", "design", "design notes §4")
VALUE = Given(2, "bytes of a value in VictoriaMetrics or InfluxDB", "design", "design notes §4")
TICKETS = Given(150, "tickets of a county a day", "design", "design notes §4: 50 to 200 are what people can do")
PROVINCE = Given(100, "counties of a province", "design", "design notes §4")
COUNTRY = Given(2850, "county-level units of the country", "design", "design notes §4 (MCA 2023: 2,843 to 2,844)")

# Assumed: the first county will say.
CAMERAS_OF_BOX = Given(4, "cameras of a box", "assumed", "one box a village; four is what `camera_cpu` runs")
NOTICES = Given(3, "notices of a ticket", "assumed", "one to its person, the rest reminders and steps of the ladder")
BUSY = Given(4, "times the mean in the busiest hour", "assumed", "what is seen falls into ten hours of light")
STANDBY_MB = Given(100, "MB of an ingest standby", "assumed", "the ingest of the measured server holds 68")
SERIES_MB = Given(256, "MB of a county's VictoriaMetrics", "assumed", "the tests give it 64")
STANDBY_LINKS = Given(3, "PostgreSQL connections of a waiting standby", "assumed", "one for each store that it opens")
MACHINE_MB = Given(
    12_000, "MB of a 16 GB machine that the programs may have", "assumed", "the rest for the system and its cache"
)
MACHINE_CORES = Given(8, "cores of that machine", "assumed", "the door's rate was measured on two")

ALL: tuple[Given, ...] = tuple(one for one in list(globals().values()) if isinstance(one, Given))
