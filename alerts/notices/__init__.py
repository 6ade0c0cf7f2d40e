"""Notices on their way: which channel next, what each attempt came to, and when somebody must not be disturbed."""
