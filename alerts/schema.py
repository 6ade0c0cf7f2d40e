"""What the book's database holds. A part with tables of its own is named here, so that opening makes them."""

from alerts.alarms import cross_tables, rule_tables
from alerts.asks import move_tables
from alerts.bindings import binding_tables
from alerts.devices import equipment_tables
from alerts.lists import list_tables
from alerts.mutes import mute_tables
from alerts.notices import receipt_tables, trouble_tables
from alerts.papers import tables as paper_tables
from alerts.register import tables as register_tables
from alerts.reports import report_tables
from alerts.store import tables
from alerts.tickets import voice_tables

METADATA = tables.METADATA
PARTS = (tables, move_tables, report_tables, equipment_tables, mute_tables, cross_tables, paper_tables, rule_tables,
         receipt_tables, binding_tables, trouble_tables, voice_tables, register_tables, list_tables)  # fmt: skip
