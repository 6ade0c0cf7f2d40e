"""One file per command; a room is imported only when its command runs."""
