"""What the book's database holds. A part with tables of its own is named here, so that opening makes them."""

from alerts import cross_tables, equipment_tables, move_tables, mute_tables, report_tables, rule_tables, tables
from alerts.papers import tables as paper_tables

METADATA = tables.METADATA
PARTS = (tables, move_tables, report_tables, equipment_tables, mute_tables, cross_tables, paper_tables, rule_tables)
