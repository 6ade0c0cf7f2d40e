"""The command, and one straight wiring page per program."""
