"""Pictures in; what is seen, and what changed at a spot, out. Knows no MQTT, village or ticket."""
