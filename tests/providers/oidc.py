"""A stand-in of an OpenID provider: its document, keys, codes that are good once, tokens that tests may spoil."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.providers.standin import Heard, Reply, StandIn, said

CLIENT, SECRET = "jingcun", "oidc-s3cret"


@dataclass
class Oidc:
    """What the provider knows. ``spoil`` changes the claims, ``alg`` the signature of the next tokens.

    ``leads`` says where the callers of a path are sent.
    """

    now: datetime
    base: str = ""
    kid: str = "k1"
    spoil: dict[str, Any] = field(default_factory=dict)
    alg: str = "ES256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate(self.kid)

    def serving(self) -> StandIn:
        server = StandIn(self.answer)
        self.base = server.base
        return server

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on."""
        self.kid, self.key = kid, ec.generate_private_key(ec.SECP256R1())

    def agree(self, address: str, sub: str) -> tuple[str, str]:
        """The person agrees on the provider's page: the code and the state that go back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked | {"sub": sub}
        return code, asked["state"]

    def answer(self, heard: Heard) -> Reply:
        if heard.path in self.leads:
            return Reply(307, b"{}", {"Location": self.leads[heard.path]})
        if heard.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            told = {"issuer": self.base} | {name: f"{self.base}{path}" for name, path in ends.items()}
            return said(told | self.document)
        if heard.path == "/keys":
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
            return said({"keys": [public | {"kid": self.kid, "use": "sig", "alg": "ES256"}]})
        assert heard.path == "/token"
        return self._token(heard, dict(parse_qsl(heard.body.decode())))

    def _token(self, heard: Heard, form: Mapping[str, str]) -> Reply:
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if heard.headers.get("authorization") != f"Basic {pair}":
            return said({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return said({"error": "invalid_grant"}, 400)
        begins = int(self.now.timestamp())
        claims = {
            "iss": self.base, "aud": CLIENT, "sub": asked["sub"], "nonce": asked["nonce"], "iat": begins,
            "exp": begins + 300,
        } | self.spoil  # fmt: skip
        key: Any = {"ES256": self.key, "HS256": SECRET * 4, "none": None}[self.alg]
        token = jwt.encode(claims, key, algorithm=self.alg, headers={"kid": self.kid})
        return said({"access_token": "x", "token_type": "Bearer", "id_token": token})
