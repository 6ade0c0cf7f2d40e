"""Pings one address after each audit, so that a watch outside the county's machines notices when the pings stop.

Any service that expects a plain GET at intervals will do (a healthchecks instance of the city, an uptime watch).
"""

from __future__ import annotations

import logging

import httpx

log = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(5.0)


class Heartbeat:
    """One address. It holds nothing up: a ping that does not arrive is a log line."""

    def __init__(self, url: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        """Ping ``url`` (http or https)."""
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"heartbeat address {url!r} must begin with https:// (or http:// inside a closed network)")
        self._url = url
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def beat(self) -> bool:
        """Ping once; False when nobody took it."""
        try:
            return self._client.get(self._url).is_success
        except httpx.HTTPError as fault:
            log.warning("the heartbeat was not taken: %s", type(fault).__name__)
            return False

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
