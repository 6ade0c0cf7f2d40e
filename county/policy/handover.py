"""[handover]: what happens to open tickets when a duty ends, somebody leaves or goes on leave."""

from __future__ import annotations

from county.policy.base import Strict


class Handover(Strict):
    """The new person must accept; the handling limit runs on, unless ``restart_accept`` begins it all anew."""

    restart_accept: bool = False
