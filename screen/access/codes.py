"""The second factor, pure: six-digit codes of an authenticator (RFC 6238) and recovery codes for a lost phone.

A code holds for 30 seconds, and one step before and after for clocks that differ. Whoever keeps the last step that was
used makes each code good once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
DRIFT = 1  # steps by which the clock of a phone may differ
RECOVERY = 10  # codes that are handed out at once
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ISSUER = "净村"


def new_secret() -> str:
    """A random secret of 160 bits, in base32 as authenticators take it."""
    return pyotp.random_base32()


def address(name: str, secret: str) -> str:
    """What an authenticator scans (``otpauth://totp/…``)."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=name, issuer_name=ISSUER)


def code_at(secret: str, now: datetime) -> str:
    """The code that an authenticator shows at this moment."""
    return pyotp.TOTP(secret, interval=STEP_S).generate_otp(step_of(now))


def step_of(now: datetime) -> int:
    """The number of the 30 seconds that a moment lies in."""
    return int(now.timestamp()) // STEP_S


def matched(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step that a code belongs to, later than ``used``; None where it is none of the three, or used already."""
    said, here = _plain(code), step_of(now)
    totp = pyotp.TOTP(secret, interval=STEP_S)
    steps = [step for step in range(here - DRIFT, here + DRIFT + 1) if same(totp.generate_otp(step), said)]
    return next((step for step in steps if step > used), None)


def recovery_codes() -> tuple[str, ...]:
    """Codes for a lost phone, each good once; shown once and kept hashed."""
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3)) for _ in range(RECOVERY)
    )


def hashed(recovery: str) -> str:
    """How a recovery code is kept: it is 74 random bits, so a fast hash is enough."""
    return hashlib.sha256(_plain(recovery).encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def _plain(code: str) -> str:
    return "".join(sign for sign in code.lower()[:40] if sign.isalnum())
