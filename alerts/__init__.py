"""Alarm to ticket to notice: rules, book, sweep, channels."""
