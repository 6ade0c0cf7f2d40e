"""The county's own certificate authority: server and client certificates, and the list of the revoked ones.

The only file that makes certificates with ``cryptography``. Keys are P-256; nothing here is read over the network.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
LIFE = timedelta(days=825)
LIST_LIFE = timedelta(days=60)  # a list that is out of date shuts everybody out, so it is renewed long before
LIST_RENEWED = timedelta(days=1)
EARLY = timedelta(hours=1)  # a client's clock may be behind


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh key and its certificate (PEM), and the certificate's number."""

    key: str
    certificate: str
    serial: int
    expires_at: datetime


class Authority:
    """The authority whose ``ca.key`` and ``ca.crt`` lie in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read it; ``OSError`` or ``ValueError`` when it is not there or not readable."""
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{folder / 'ca.key'}: not an EC key; make an authority with `jingcun device authority`")
        self._key = key
        self._certificate = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())

    @classmethod
    def make(cls, folder: Path, county: str, now: datetime) -> Authority:
        """Make a new one; ``FileExistsError`` where one stands, for it would shut out every box."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(f"jingcun {county}")
        build = _begin(name, name, key, now, AUTHORITY_LIFE)
        build = build.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        build = build.add_extension(_usage(signs=True), critical=True)
        certificate = build.sign(key, hashes.SHA256())
        put_secret(folder / "ca.key", _key_text(key))
        (folder / "ca.crt").write_text(_text(certificate), encoding="ascii")
        return cls(folder)

    def server(self, names: Sequence[str], now: datetime) -> Issued:
        """A certificate for the broker under these host names or addresses."""
        found = [_host(name) for name in names]
        return self._issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, now, x509.SubjectAlternativeName(found))

    def client(self, device: str, now: datetime) -> Issued:
        """A certificate for a device; its common name is the device's id."""
        return self._issue(device, ExtendedKeyUsageOID.CLIENT_AUTH, now)

    def revoked(self, serials: Collection[int], now: datetime) -> str:
        """The list of revoked certificates (PEM), as of now."""
        build = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        build = build.last_update(now - EARLY).next_update(now + LIST_LIFE)
        for serial in sorted(serials):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - EARLY).build()
            build = build.add_revoked_certificate(entry)
        text: str = build.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        return text

    def list_holds(self, text: str | None, serials: Collection[int], now: datetime) -> bool:
        """Whether a list on disk is ours, still says just this, and is young enough."""
        try:
            found = x509.load_pem_x509_crl((text or "").encode())
        except ValueError:
            return False
        ours = found.issuer == self._certificate.subject
        same = {entry.serial_number for entry in found} == set(serials)
        return ours and same and found.last_update_utc > now - LIST_RENEWED

    def _issue(
        self,
        name: str,
        purpose: x509.ObjectIdentifier,
        now: datetime,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        build = _begin(_name(name), self._certificate.subject, key, now, LIFE)
        build = build.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        build = build.add_extension(_usage(signs=False), critical=True)
        build = build.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if names is not None:
            build = build.add_extension(names, critical=False)
        certificate = build.sign(self._key, hashes.SHA256())
        return Issued(_key_text(key), _text(certificate), certificate.serial_number, now + LIFE)


def put_secret(file: Path, text: str) -> None:
    """Write a new file that only its owner reads; ``FileExistsError`` when there is one."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(text)


def _begin(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    build = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
    build = build.serial_number(x509.random_serial_number())
    return build.not_valid_before(now - EARLY).not_valid_after(now + life)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    plain = serialization.NoEncryption()
    text: str = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    return text


def _text(certificate: x509.Certificate) -> str:
    text: str = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return text
