"""The office pages about the county itself: devices, people, policy."""
