"""Mosquitto's files: its configuration as text, and how files of a running broker are exchanged and read anew.

``mosquitto.conf`` at the top of the repository is what ``conf_text`` gives for deploy/compose.yaml.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RELOAD_S = 30.0  # what a reload command may take


class ReloadFailed(RuntimeError):
    """The broker was not told to read its files anew; the text says why. Trying again is right."""


@dataclass(frozen=True, slots=True)
class MosquittoConf:
    """What differs from county to county. ``folder`` is where Mosquitto finds its secrets.

    ``certificates``: besides its password each client shows a certificate of our authority; ``crl.pem`` lists the
    revoked ones.
    """

    folder: Path = Path("/mosquitto/secrets")
    port: int = 8883
    certificates: bool = False
    connections: int = 5000


def conf_text(conf: MosquittoConf) -> str:
    """Return the whole configuration of one county's Mosquitto 2."""
    client = "require_certificate true\nuse_identity_as_username false\ncrlfile {folder}/crl.pem\n"
    words = _CONF.replace("{certificates}", client if conf.certificates else "")
    return words.format(folder=conf.folder, port=conf.port, connections=conf.connections)


def exchange(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Bring these files into a folder, each at once and readable by the folder's owner only; returns which changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = [name for name, text in files.items() if _text(folder / name) != text]
    for name in changed:
        fresh = folder / f".{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(files[name])
        if os.geteuid() == 0:  # Mosquitto gave up root before it reads them anew
            owner = folder.stat()
            os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.replace(folder / name)
    return changed


def by_signal(pid_file: Path) -> Callable[[], None]:
    """A reload that sends SIGHUP to the process whose number stands in a file."""

    def reload() -> None:
        try:
            os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
        except (OSError, ValueError) as fault:
            raise ReloadFailed(f"no Mosquitto behind {pid_file}: {fault}; is it running?") from fault

    return reload


def by_command(words: Sequence[str]) -> Callable[[], None]:
    """A reload that runs a command (``systemctl reload mosquitto``, ``docker compose kill -s HUP mosquitto``)."""

    def reload() -> None:
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=RELOAD_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise ReloadFailed(f"{words[0]}: {fault}") from fault
        if done.returncode:
            raise ReloadFailed(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-200:]}")

    return reload


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


_CONF = """\
# Mosquitto 2 for one county. In the folder {folder} (that of deploy/compose.yaml; elsewhere write your own),
# owner mosquitto, mode 0600:
#   ca.crt server.crt server.key    the server's certificate
#   passwords acl                   written by `jingcun device broker` from the county's registry; SIGHUP reads them

# One door, encrypted, and nobody without a name.
per_listener_settings false
listener {port}
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
tls_version tlsv1.2
{certificates}allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

# Limits. A packet over max_packet_size is refused by our senders before it is sent.
max_packet_size 262144
max_connections {connections}
max_keepalive 120
# The server acknowledges in batches after its commit, so the window must be wider than a batch.
max_inflight_messages 1000
max_queued_messages 10000
max_queued_bytes 67108864
memory_limit 536870912

# The outboxes of the boxes are the durable side; a broker session would only pile up copies.
persistence false
persistent_client_expiration 1d
allow_zero_length_clientid false
retain_available true

# Operators read these; no message content is ever logged.
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages true
"""
