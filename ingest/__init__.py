"""The one durable door, both ways: inbox, receipts, dead letters, commands, series, evidence."""
