"""PostgreSQL and InfluxDB as real programs in a folder of their own: what to prepare, and how to start them.

Nothing is started here but ``initdb``: chaos kills what it starts, tests have fixtures. InfluxDB is Debian's 1.6.7,
which knows only ``/write``; an nginx before it speaks ``/api/v2/write`` and checks the token, as 1.8 or 2.x would.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

HOST = "127.0.0.1"
TOKEN, BUCKET = "a-token-for-tests", "jingcun"
POSTGRES_READY = b"database system is ready to accept connections"
INFLUX_READY = b"Listening for signals"
_CURE = "deploy/test-parts.sh installs what the tests run"

_INFLUX = """
reporting-disabled = true
bind-address = "{host}:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "{host}:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
"""
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_body_buffer_size 8m; client_max_body_size 32m;
  server {{
    listen {host}:{front};
    if ($http_authorization != "Token {token}") {{ return 401 '{{"code":"unauthorized"}}'; }}
    location = /api/v2/write {{
      if ($arg_precision != "ns") {{ return 400 '{{"message":"only nanoseconds"}}'; }}
      proxy_pass http://{host}:{port}/write?db=$arg_bucket&precision=n;
    }}
    location = /query {{ proxy_pass http://{host}:{port}/query$is_args$args; }}
  }}
}}
"""


class Missing(RuntimeError):
    """A program is not installed; the text says which, and the cure."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A prepared cluster that trusts everybody on 127.0.0.1; ``argv`` starts it."""

    folder: Path
    port: int
    argv: list[str]

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy address of one of its databases."""
        return f"postgresql+psycopg://jingcun@{HOST}:{self.port}/{database}"


@dataclass(frozen=True, slots=True)
class Influx:
    """A prepared pair: ``argv`` starts InfluxDB, ``front_argv`` the nginx before it; ``url`` is nginx's."""

    folder: Path
    port: int
    front: int
    argv: list[str]
    front_argv: list[str]

    @property
    def url(self) -> str:
        """The address that our programs are given."""
        return f"http://{HOST}:{self.front}"

    def sql(self, statement: str, database: str = "") -> None:
        """Have a statement done by the database itself; ``OSError`` while it does not listen."""
        body = urlencode({"db": database, "q": statement}).encode()
        with urlopen(Request(f"http://{HOST}:{self.port}/query", data=body), timeout=20) as answer:
            if answer.status != 200:
                raise OSError(f"InfluxDB answered {answer.status} to {statement}")


def program(name: str) -> str:
    """Where a program is; ``Missing`` names the cure."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{name} is not installed; {_CURE}")
    return found


def set_up_postgres(folder: Path, port: int, *options: str) -> Postgres:
    """Make a cluster in an empty folder that PostgreSQL's user may reach; ``options`` are further ones of the server.

    ``Missing`` where PostgreSQL (15 or newer) is not installed, ``RuntimeError`` with its words when initdb fails.
    """
    binaries = _postgres_binaries()
    user = _plain_user(folder)
    initdb = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "jingcun", "-A", "trust", "-E", "UTF8"]
    initdb += ["--locale=C", "--no-sync"]
    done = subprocess.run([*user, *initdb], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.decode(errors='replace')[-800:]}")
    server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-h", HOST, "-k", str(folder)]
    given = [word for option in ("shared_buffers=32MB", "max_connections=60", *options) for word in ("-c", option)]
    return Postgres(folder, port, [*user, *server, *given])


def set_up_influx(folder: Path, free_port: Callable[[], int]) -> Influx:
    """Write the settings of both programs into an empty folder; ``Missing`` where one is not installed."""
    influxd, nginx = program("influxd"), program("nginx")
    port, rpc, front = free_port(), free_port(), free_port()
    places = {"folder": folder, "host": HOST, "port": port, "rpc": rpc, "front": front, "token": TOKEN}
    (folder / "influxdb.conf").write_text(_INFLUX.format(**places), encoding="utf-8")
    (folder / "nginx.conf").write_text(_NGINX.format(**places), encoding="utf-8")
    nginx_argv = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    return Influx(folder, port, front, [influxd, "-config", str(folder / "influxdb.conf")], nginx_argv)


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, check=True, text=True)
        folder = Path(answer.stdout.strip())
        if (folder / "postgres").exists():
            return folder
    raise Missing(f"PostgreSQL is not installed (15 or newer, or its pg_config on PATH); {_CURE}")


def _plain_user(folder: Path) -> list[str]:
    """PostgreSQL refuses root: give the folder to postgres or nobody and return the prefix that becomes that user."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "INT"] if setpriv else []
    if setpriv is None:
        raise Missing("PostgreSQL refuses to run as root and setpriv (util-linux) is not here")
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    ids = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return [setpriv, "--pdeathsig", "INT", *ids]
