"""The id token of an OpenID provider, pure: who it says somebody is, and whether it was made for us, now and here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

# Never "none", and nothing symmetric: whoever knows the client's secret could sign with it.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
LEEWAY_S = 60


class BadToken(ValueError):
    """The token proves nothing; the text says why, for the log."""


class UnknownKey(BadToken):
    """The provider signs with a key that we have not seen: its keys must be read anew."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom the token must be: the provider, our client id, and the nonce of this try."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(token: str, keys: Mapping[str, Any], wanted: Wanted, now: datetime) -> Mapping[str, Any]:
    """The claims of a token that holds; ``keys`` is the provider's JWKS. ``BadToken`` for any other."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise BadToken(f"algorithm {str(header.get('alg'))[:20]!r}")
        told = jwt.decode(
            token, _key(keys, str(header.get("kid", ""))), algorithms=[header["alg"]], audience=wanted.client_id,
            issuer=wanted.issuer, options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_exp": False,
                                           "verify_iat": False, "verify_nbf": False},
        )  # fmt: skip
    except jwt.PyJWTError as fault:
        raise BadToken(f"{type(fault).__name__}: {fault}"[:200]) from fault
    _now(told, now)
    if told.get("nonce") != wanted.nonce:
        raise BadToken("the nonce is not ours")
    if told.get("azp", wanted.client_id) != wanted.client_id:
        raise BadToken("it was made for another client")
    return told


def _key(keys: Mapping[str, Any], kid: str) -> jwt.PyJWK:
    listed = keys.get("keys")
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = [one for one in known if one.get("kid", "") == kid and one.get("use", "sig") == "sig"]
    if not found:
        raise UnknownKey("no such key")
    return jwt.PyJWK(found[0])


def _now(told: Mapping[str, Any], now: datetime) -> None:
    """The clock is an argument here, so the times are looked at here."""
    begins, ends = (told.get(name) for name in ("iat", "exp"))
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise BadToken("its times are no numbers")
    if now.timestamp() >= ends + LEEWAY_S:
        raise BadToken("it has expired")
    if now.timestamp() < max(begins, told.get("nbf", begins)) - LEEWAY_S:
        raise BadToken("it is from the future")
