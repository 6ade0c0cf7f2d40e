"""The village box: cameras, bin sensors, outbox, commands, health."""
