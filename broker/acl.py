"""Who may say and hear what: the ACL text and the password lines of a Mosquitto broker.

Mosquitto denies what no line allows, so the text only lists rights. Lines are explicit (no patterns): the registry
decides which addresses a credential speaks for, and a device that moves to another village gets a new text.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from broker import topics

# Secrets are random and long, so iterations buy nothing, and the broker hashes on its one thread at every login.
ITERATIONS = 1000
SALT_BYTES = 12  # the only length Mosquitto 2.0 reads


@dataclass(frozen=True, slots=True)
class Credential:
    """One user name and the addresses it may speak for (a box and what hangs on it)."""

    username: str
    addresses: tuple[topics.Address, ...]

    def __post_init__(self) -> None:
        """Refuse a name that could end its line in the file."""
        if not topics.is_device_id(self.username):
            raise topics.BadTopic(f"bad user name {self.username[:64]!r}: letters, digits, _ . - only")


def acl_text(county: str, credentials: Iterable[Credential], *, server: str = "ingest") -> str:
    """Return the ACL file of one county: deny by default, one block per user, the server's block first.

    ``BadTopic`` if a credential stands in another county.
    """
    blocks = [_server_block(county, server)]
    blocks += [_device_block(county, each) for each in sorted(credentials, key=lambda one: one.username)]
    return "\n".join(blocks)


def password_line(username: str, password: str, salt: bytes | None = None) -> str:
    """Return one line of Mosquitto's password file."""
    return f"{username}:{mosquitto_hash(password, salt)}"


def mosquitto_hash(password: str, salt: bytes | None = None) -> str:
    """Hash as ``mosquitto_passwd`` does: ``$7$iterations$salt$hash`` (PBKDF2-SHA512, base64)."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def hash_matches(password: str, known: str) -> bool:
    """Whether a password is the one behind a hash of ours."""
    salt = base64.b64decode(known.split("$")[3])
    return hmac.compare_digest(mosquitto_hash(password, salt), known)


def _server_block(county: str, username: str) -> str:
    lines = [f"user {username}"]
    lines += [f"topic read {name}" for name in topics.everything_up(county)]
    lines += [f"topic write {topics.ROOT}/{county}/+/+/+/{kind}" for kind in sorted(topics.DOWN)]
    lines.append(f"topic readwrite {topics.door(county)}")
    return "\n".join(lines) + "\n"


def _device_block(county: str, credential: Credential) -> str:
    lines = [f"user {credential.username}", f"topic read {topics.door(county)}"]
    for address in credential.addresses:
        if address.county != county:
            raise topics.BadTopic(f"{address.device} stands in county {address.county}, this ACL is of {county}")
        lines += [f"topic write {address.topic(kind)}" for kind in sorted(topics.UP)]
        lines += [f"topic read {address.topic(kind)}" for kind in sorted(topics.DOWN)]
    return "\n".join(lines) + "\n"
