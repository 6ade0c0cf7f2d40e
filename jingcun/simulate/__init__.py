"""A county under a fast clock: invented happenings, looks and people drive the real engine on a real book."""
