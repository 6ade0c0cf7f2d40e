"""One-time codes: an installer types one into a box, and the box claims a credential of its own with it.

The box makes its secret itself and sends it with the code over TLS, so a lost answer is asked for again with the same
pair, and nobody else's secret fits a used code. A code is stored as a hash, ends after ``LIFE`` or ten wrong
guesses, and works once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.acl import hash_matches, mosquitto_hash
from broker.topics import Address
from county.book import CountyBook
from county.credentials import DeviceCredential, Invitation, NotADevice, address, speaker
from county.snapshot import County

LIFE = timedelta(hours=48)
LEAST_SECRET, MOST_SECRET = 32, 128  # characters; a box makes 43
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from paper
_GROUP, _GROUPS = 4, 3  # 59 bits


class BadCode(ValueError):
    """The code opens nothing: wrong, expired, used, guessed at too often. Which of these is not told to who asks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a box sends: who it is, the installer's code, and the secret it will use from now on."""

    device: str
    code: str
    secret: str


def invite(book: CountyBook, device_id: str, author: str, now: datetime) -> tuple[str, datetime]:
    """Make a code for a registered device and return it, for the only time, with its end; an older one ends."""
    county = book.current()
    device = speaker(county, device_id)
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    expires = now + LIFE
    book.put_invitation(county.code, Invitation(device.id, _hash(code, secrets.token_bytes(16)), now, author, expires))
    return code, expires


def claim(book: CountyBook, county: County, asked: Asked, now: datetime) -> Address:
    """Give the box the credential that it asks for and say where it stands; ``BadCode`` when the code opens nothing.

    The same code with the same secret again changes nothing and is answered alike.
    """
    found = book.invitation(county.code, asked.device)
    if found is None or found.over(now):
        raise BadCode(f"no open invitation for {asked.device}")
    if not hmac.compare_digest(_hash(asked.code, bytes.fromhex(found.hash.partition("$")[0])), found.hash):
        book.count_try(found.id)
        raise BadCode(f"wrong code for {asked.device}")
    try:
        device = speaker(county, asked.device)
    except NotADevice as fault:
        raise BadCode(str(fault)) from fault
    if not LEAST_SECRET <= len(asked.secret) <= MOST_SECRET:
        raise BadCode(f"the secret of {asked.device} must have {LEAST_SECRET} to {MOST_SECRET} characters")
    fresh = DeviceCredential(device.id, mosquitto_hash(asked.secret), now, f"invited by {found.made_by}")
    if not book.spend(county.code, found.id, fresh) and not _known(book, county.code, asked):
        raise BadCode(
            f"the code of {asked.device} was used already; if that was not the box, revoke it and invite anew"
        )
    return address(county, device)


def _known(book: CountyBook, county: str, asked: Asked) -> bool:
    """Whether this secret is the device's: the box did not hear our first answer."""
    valid = [each for each in book.credentials(county) if each.device == asked.device and each.valid]
    return any(hash_matches(asked.secret, each.hash) for each in valid)


def _hash(code: str, salt: bytes) -> str:
    typed = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    return f"{salt.hex()}${hashlib.scrypt(typed.encode(), salt=salt, n=2**13, r=8, p=1).hex()}"
