"""Bins: level, fire, fall, silence, emptying."""
