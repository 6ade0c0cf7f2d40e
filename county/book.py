"""The county's book: numbered revisions of the whole folder with author and reason, and the device credentials.

SQLite or PostgreSQL through SQLAlchemy Core; the only file of this room that imports it. A revision is never changed;
files that did not change are stored once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from county.credentials import DeviceCredential, Invitation
from county.files import Folder, load
from county.snapshot import County

_TABLES = sa.MetaData()
_REVISIONS = sa.Table(
    "county_revisions", _TABLES,
    sa.Column("county", sa.String(6), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),  # ISO, UTC
)  # fmt: skip
_BLOBS = sa.Table(
    "county_blobs", _TABLES,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)  # fmt: skip
_FILES = sa.Table(
    "county_files", _TABLES,
    sa.Column("county", sa.String(6), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey(_BLOBS.c.sha256), nullable=False),
    sa.ForeignKeyConstraint(["county", "number"], [_REVISIONS.c.county, _REVISIONS.c.number]),
)  # fmt: skip
_CREDENTIALS = sa.Table(
    "county_credentials", _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text),
    sa.Column("revoked_why", sa.Text),
    sa.Index("county_credentials_one_valid", "county", "device", unique=True,
             sqlite_where=sa.text("revoked_at IS NULL"), postgresql_where=sa.text("revoked_at IS NULL")),
)  # fmt: skip
_INVITATIONS = sa.Table(
    "county_invitations", _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("used", sa.Boolean, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)  # fmt: skip
_CERTIFICATES = sa.Table(
    "county_certificates", _TABLES,
    sa.Column("serial", sa.String(40), primary_key=True),  # hexadecimal
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("device", sa.String(64), nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text),
)  # fmt: skip


class BookAway(RuntimeError):
    """The database cannot be reached or refused; trying again later is right."""


class NoCounty(LookupError):
    """There is no such county or revision in the book; the text names the cure."""


class Outrun(RuntimeError):
    """Somebody saved another revision in between; look at the difference again, then load again."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved state: who, why, when (aware UTC)."""

    county: str
    number: int
    author: str
    reason: str
    at: datetime


class CountyBook:
    """The book behind a database address (``sqlite:///…`` or ``postgresql+psycopg://…``). Safe to share by threads."""

    def __init__(self, url: str) -> None:
        """Open it and create what is missing; ``BookAway`` when that fails."""
        address = sa.make_url(url)
        self._postgres = address.get_backend_name() == "postgresql"
        if not self._postgres and address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(url, pool_pre_ping=self._postgres, hide_parameters=True)
        self._cache: dict[str, County] = {}
        self._cache_lock = threading.Lock()
        if not self._postgres:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        try:
            with self._write() as conn:
                _TABLES.create_all(conn)
        except BookAway:
            self.close()
            raise

    def __enter__(self) -> CountyBook:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def save(self, folder: Folder, author: str, reason: str, after: int | None = None) -> int:
        """Store a folder as the next revision and return its number; the same files again give the same number.

        ``BadCounty`` when it does not pass the check, ``ValueError`` without author or reason, ``Outrun`` when
        ``after`` is given and is no longer the newest revision.
        """
        if not author.strip() or not reason.strip():
            raise ValueError("a revision needs an author and a reason; give both")
        code = load(folder).code
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in folder.items()}
        with self._write() as conn:
            newest = _newest(conn, code)
            if after is not None and after != newest:
                raise Outrun(f"revision {newest} was saved meanwhile; compare with it, then load again")
            if newest and _sums(conn, code, newest) == sums:
                return newest
            row = {"county": code, "number": newest + 1}
            at = datetime.now(UTC).isoformat()
            conn.execute(_REVISIONS.insert(), {**row, "author": author, "reason": reason, "at": at})
            known = set(conn.scalars(sa.select(_BLOBS.c.sha256).where(_BLOBS.c.sha256.in_(sums.values()))))
            fresh = {sums[name]: data for name, data in folder.items() if sums[name] not in known}
            if fresh:
                conn.execute(_BLOBS.insert(), [{"sha256": digest, "data": data} for digest, data in fresh.items()])
            conn.execute(_FILES.insert(), [{**row, "name": name, "sha256": digest} for name, digest in sums.items()])
            return newest + 1

    def current(self, code: str | None = None) -> County:
        """The newest revision as a snapshot, kept until a newer one exists; ``NoCounty`` when there is none."""
        code = code or self._only_county()
        number = self.revision_number(code)
        with self._cache_lock:
            known = self._cache.get(code)
            if known is None or known.revision != number:
                known = self._cache[code] = load(self.folder(code, number), number)
            return known

    def revision_number(self, code: str | None = None) -> int:
        """The newest revision's number, 0 for a county that is not in the book."""
        with self._read() as conn:
            return _newest(conn, code or self._only_county())

    def folder(self, code: str | None = None, number: int | None = None) -> Folder:
        """The files of a revision (the newest one by default), byte for byte as they were saved."""
        code = code or self._only_county()
        number = self.revision_number(code) if number is None else number
        query = (
            sa.select(_FILES.c.name, _BLOBS.c.data)
            .join_from(_FILES, _BLOBS)
            .where(_FILES.c.county == code, _FILES.c.number == number)
        )
        with self._read() as conn:
            folder = {name: bytes(data) for name, data in conn.execute(query)}
        if not folder:
            raise NoCounty(f"no revision {number} of county {code}; `jingcun county load FOLDER` makes one")
        return folder

    def history(self, code: str | None = None) -> list[Revision]:
        """Every revision, newest first."""
        query = sa.select(_REVISIONS).where(_REVISIONS.c.county == (code or self._only_county()))
        with self._read() as conn:
            rows = conn.execute(query.order_by(_REVISIONS.c.number.desc())).all()
        return [Revision(r.county, r.number, r.author, r.reason, datetime.fromisoformat(r.at)) for r in rows]

    def counties(self) -> list[str]:
        """Codes of the counties in the book."""
        with self._read() as conn:
            return list(conn.scalars(sa.select(_REVISIONS.c.county).distinct().order_by(_REVISIONS.c.county)))

    def put_credential(self, county: str, credential: DeviceCredential) -> None:
        """Store a device's new credential; one that was valid until now is revoked in the same transaction."""
        with self._write() as conn:
            _give(conn, county, credential)

    def revoke_credential(self, county: str, device: str, now: datetime, why: str) -> bool:
        """End a device's credential and certificate; False when it had no credential."""
        with self._write() as conn:
            mine = (_CERTIFICATES.c.county == county) & (_CERTIFICATES.c.device == device)
            held = mine & _CERTIFICATES.c.revoked_at.is_(None)
            conn.execute(_CERTIFICATES.update().where(held).values(revoked_at=now.isoformat()))
            return _revoke(conn, (county, device), now.isoformat(), why)

    def credentials(self, county: str) -> list[DeviceCredential]:
        """Every credential ever given, oldest first, revoked ones included."""
        query = sa.select(_CREDENTIALS).where(_CREDENTIALS.c.county == county).order_by(_CREDENTIALS.c.id)
        with self._read() as conn:
            return [_credential(row) for row in conn.execute(query)]

    def put_invitation(self, county: str, invitation: Invitation) -> None:
        """Store a device's new invitation; only the newest of a device is ever asked for."""
        with self._write() as conn:
            conn.execute(_INVITATIONS.insert(), {
                "county": county, "device": invitation.device, "hash": invitation.hash,
                "made_at": invitation.made_at.isoformat(), "made_by": invitation.made_by,
                "expires_at": invitation.expires_at.isoformat(), "used": False, "tries": 0,
            })  # fmt: skip

    def invitation(self, county: str, device: str) -> Invitation | None:
        """The newest invitation of a device, None when it never had one."""
        mine = (_INVITATIONS.c.county == county) & (_INVITATIONS.c.device == device)
        with self._read() as conn:
            row = conn.execute(sa.select(_INVITATIONS).where(mine).order_by(_INVITATIONS.c.id.desc()).limit(1)).first()
        return None if row is None else _invitation(row)

    def count_try(self, number: int) -> None:
        """Count one wrong code."""
        tries = _INVITATIONS.c.tries + 1
        with self._write() as conn:
            conn.execute(_INVITATIONS.update().where(_INVITATIONS.c.id == number).values(tries=tries))

    def spend(self, county: str, number: int, credential: DeviceCredential) -> bool:
        """Use an invitation up and store the credential it gives, both or neither; False when it was used before."""
        unused = (_INVITATIONS.c.id == number) & ~_INVITATIONS.c.used
        with self._write() as conn:
            if conn.execute(_INVITATIONS.update().where(unused).values(used=True)).rowcount != 1:
                return False
            _give(conn, county, credential)
            return True

    def put_certificate(self, county: str, device: str, serial: int, now: datetime) -> None:
        """Note a client certificate that was issued; the device's older ones are revoked."""
        mine = (_CERTIFICATES.c.county == county) & (_CERTIFICATES.c.device == device)
        with self._write() as conn:
            old = mine & _CERTIFICATES.c.revoked_at.is_(None)
            conn.execute(_CERTIFICATES.update().where(old).values(revoked_at=now.isoformat()))
            row = {"serial": f"{serial:x}", "county": county, "device": device, "made_at": now.isoformat()}
            conn.execute(_CERTIFICATES.insert(), row)

    def revoked_certificates(self, county: str) -> set[int]:
        """The numbers of the certificates that no longer hold."""
        ended = (_CERTIFICATES.c.county == county) & _CERTIFICATES.c.revoked_at.is_not(None)
        with self._read() as conn:
            return {int(serial, 16) for serial in conn.scalars(sa.select(_CERTIFICATES.c.serial).where(ended))}

    def credentials_stamp(self, county: str) -> str:
        """A text that changes with every revision, credential and revocation: cheap to ask for again and again."""
        counts = sa.select(sa.func.count(), sa.func.count(_CREDENTIALS.c.revoked_at))
        with self._read() as conn:
            given, revoked = conn.execute(counts.where(_CREDENTIALS.c.county == county)).one()
            ended = sa.select(sa.func.count(_CERTIFICATES.c.revoked_at)).where(_CERTIFICATES.c.county == county)
            return f"{_newest(conn, county)}/{given}/{revoked}/{conn.scalar(ended)}"

    def _only_county(self) -> str:
        codes = self.counties()
        if not codes:
            raise NoCounty("no county is loaded; `jingcun county load FOLDER` loads one")
        if len(codes) > 1:
            raise NoCounty(f"the book holds {', '.join(codes)}; name the county by its code")
        return codes[0]

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        """One writer at a time, committed at the end of the block."""
        with _named(), self._engine.execution_options(immediate=True).begin() as conn:
            if self._postgres:
                conn.execute(sa.text("SELECT pg_advisory_xact_lock(6409990001)"))
            yield conn

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with _named(), self._engine.begin() as conn:
            yield conn


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as fault:
        text = " ".join(str(fault.orig).split())
        raise BookAway(f"the county book cannot be used: {text[:300]}; check address, rights and disk") from fault


def _newest(conn: sa.Connection, code: str) -> int:
    newest = conn.scalar(sa.select(sa.func.max(_REVISIONS.c.number)).where(_REVISIONS.c.county == code))
    return int(newest or 0)


def _sums(conn: sa.Connection, code: str, number: int) -> dict[str, str]:
    query = sa.select(_FILES.c.name, _FILES.c.sha256).where(_FILES.c.county == code, _FILES.c.number == number)
    return {row.name: row.sha256 for row in conn.execute(query)}


def _revoke(conn: sa.Connection, whose: tuple[str, str], at: str, why: str) -> bool:
    valid = sa.and_(
        _CREDENTIALS.c.county == whose[0], _CREDENTIALS.c.device == whose[1], _CREDENTIALS.c.revoked_at.is_(None)
    )
    return conn.execute(_CREDENTIALS.update().where(valid).values(revoked_at=at, revoked_why=why)).rowcount == 1


def _give(conn: sa.Connection, county: str, credential: DeviceCredential) -> None:
    made_at = credential.made_at.isoformat()
    _revoke(conn, (county, credential.device), made_at, "replaced by a new one")
    conn.execute(_CREDENTIALS.insert(), {
        "county": county, "device": credential.device, "hash": credential.hash,
        "made_at": made_at, "made_by": credential.made_by,
    })  # fmt: skip


def _invitation(row: sa.Row[Any]) -> Invitation:
    made, expires = datetime.fromisoformat(row.made_at), datetime.fromisoformat(row.expires_at)
    return Invitation(row.device, row.hash, made, row.made_by, expires, row.used, row.tries, row.id)


def _credential(row: sa.Row[Any]) -> DeviceCredential:
    revoked = datetime.fromisoformat(row.revoked_at) if row.revoked_at else None
    return DeviceCredential(row.device, row.hash, datetime.fromisoformat(row.made_at), row.made_by, revoked,
                            row.revoked_why or "")  # fmt: skip


def _prepare_sqlite(link: Any, _record: Any) -> None:
    link.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        link.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: sa.Connection) -> None:
    immediate = conn.get_execution_options().get("immediate", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
