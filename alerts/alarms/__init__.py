"""From what was seen, measured or reported to an alarm: rules, conditions, the ground it stands on."""
