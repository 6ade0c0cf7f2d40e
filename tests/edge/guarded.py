"""A real Mosquitto as a county's broker is set up for a box: passwords, an access list, and a limit of size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.acl import Credential, acl_text, password_line
from broker.topics import Address
from tests.edge.letters import BOX
from tests.servers import Mosquitto, real_mosquitto


@contextmanager
def guarded_mosquitto(folder: Path, limit: int, box: Address = BOX) -> Iterator[Mosquitto]:
    """Run one for this box, whose own secret lies in ``folder``/secret. ``limit``: bytes of a packet."""
    secrets = {"ingest": "county-secret", box.device: "box-secret"}
    files = {
        "acl": acl_text(box.county, [Credential(box.device, (box,))]),
        "passwords": "".join(password_line(name, secret) + "\n" for name, secret in secrets.items()),
        "secret": "box-secret\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o600)
    rules = f"allow_anonymous false\nuser root\nacl_file {folder}/acl\npassword_file {folder}/passwords"
    with real_mosquitto(folder, f"{rules}\nmax_packet_size {limit}") as running:
        yield running
