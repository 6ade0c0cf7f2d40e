"""Notices on their way: which channel next, what each attempt came to, and when somebody must not be disturbed.

A *notice* is a row of ``notices``: somebody is to be told something, by a route. A *letter* (``alerts.channels``) is
what a channel sends of it, once for each try. ``alerts/post.py`` takes a notice along this road:

- it waits, and is still wanted: ``statements``; until the morning: ``quiet_hours``; joined into a digest: ``sorting``
  and ``cap``, ``digests``
- it is claimed: ``tray`` (of a ticket to a person one at a time), ``lanes`` and ``circuit`` (when a provider may be
  used), ``writing`` (from row to letter)
- it is answered: ``fate`` decides what follows, ``marking`` writes it down, ``unreached`` tells who stands above
- it is receipted: ``receipt_doors`` are called, ``receipt_asker`` asks (when: ``receipt_wait``), ``receipt_book`` keeps
- the provider's account is bad: ``troubles`` decides, ``trouble_book`` keeps, ``keepers`` tells people; ``remainders``
  asks what is left
- somebody looks it up afterwards: ``log``
"""
