"""``jingcun device …``: who may speak on the wire. A secret is shown once and stored as a hash."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jingcun.commands.camera import confirm, relearn, switch
from jingcun.commands.configuration import configuration, configure
from jingcun.commands.county import open_book
from jingcun.commands.discover import discover
from jingcun.commands.health import health
from jingcun.commands.online import online
from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import load as load_settings

if TYPE_CHECKING:
    from broker.authority import Authority

app = typer.Typer(no_args_is_help=True, help="Credentials, health and switches of boxes, bins and trucks.")
app.command("health")(health)
app.command("online")(online)
app.command("discover")(discover)
for order in (switch, relearn, confirm, configure, configuration):
    app.command()(order)
Device = Annotated[str, typer.Argument(help="Device id as in devices.csv.")]


@app.command()
@noted("device")
def add(
    device: Device,
    author: Annotated[str, typer.Option(help="Who makes it.")],
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Make a device's secret and print it, for the only time; an older one stops working."""
    from county.office import add_device_secret

    with open_book(config) as book:
        secret = add_device_secret(book, device, author, datetime.now(UTC))
    put_json({"device": device, "secret": secret}) if as_json else print(secret)


@app.command()
@noted("device")
def invite(
    device: Device,
    author: Annotated[str, typer.Option(help="Who invites it.")],
    config: Config = SERVER_TOML,
    as_json: AsJson = False,
) -> None:
    """Print a one-time code with which a box claims its own secret (`jingcun claim`); an older code ends."""
    from county.invitations import invite as make

    with open_book(config) as book:
        code, expires = make(book, device, author, datetime.now(UTC))
    if as_json:
        put_json({"device": device, "code": code, "expires_at": expires})
    else:
        print(f"{code}   until {expires.astimezone():%Y-%m-%d %H:%M}, works once")


@app.command()
@noted("device")
def revoke(
    device: Device,
    reason: Annotated[str, typer.Option(help="Why it ends.")],
    config: Config = SERVER_TOML,
) -> None:
    """End a device's credential; write the broker's files anew afterwards (jingcun device broker)."""
    from county.office import revoke_device_secret

    with open_book(config) as book:
        revoke_device_secret(book, device, reason, datetime.now(UTC))
    print(f"{device}: revoked")


@app.command("list")
def list_(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List every registered device and how its credential stands."""
    from county.office import list_devices

    with open_book(config) as book:
        for line in list_devices(book):
            if as_json:
                put_json(asdict(line))
            else:
                print(f"{line.id:<16} {line.kind:<7} {line.credential:<8} {line.box:<12} {line.place} {line.name}")


@app.command()
def broker(
    folder: Annotated[Path, typer.Argument(help="Where Mosquitto reads `passwords`, `acl` and `mosquitto.conf`.")],
    server_secret: Annotated[Path, typer.Option(help="File with the password of the user `ingest`.")],
    config: Config = SERVER_TOML,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where Mosquitto shall listen.")] = 8883,
    authority: Annotated[
        Path | None, typer.Option(help="Folder of `device authority`: ask each client for a certificate too.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Go on: write and reload with every change.")] = False,
    pid_file: Annotated[Path | None, typer.Option(help="With --keep: reload by SIGHUP to this process.")] = None,
    reload: Annotated[str, typer.Option(help="With --keep: reload by this command.")] = "systemctl reload mosquitto",
) -> None:
    """Write Mosquitto's configuration, password and ACL files from the registry; then make it read them (SIGHUP)."""
    from broker.mosquitto import MosquittoConf, by_command, by_signal
    from jingcun.commands.programs import until_told
    from jingcun.gatekeeper import Gatekeeper

    secret = server_secret.read_text(encoding="utf-8").strip()
    with open_book(config) as book:
        conf = MosquittoConf(folder.resolve(), port, certificates=authority is not None)
        gatekeeper = Gatekeeper.of(book, folder, secret, conf, _authority(authority) if authority else None)
        gatekeeper.write()
        for name in ("passwords", "acl", "mosquitto.conf"):
            print(folder / name, flush=True)
        if keep:
            gatekeeper.keep(by_signal(pid_file) if pid_file else by_command(shlex.split(reload)), until_told())


def _authority(folder: Path) -> Authority:
    from broker.authority import Authority

    return Authority(folder)


@app.command()
def authority(
    folder: Annotated[Path, typer.Argument(help="Where its key shall lie: not on the broker's machine.")],
    name: Annotated[list[str], typer.Option(help="Host name or address that the boxes dial; give each one.")],
    config: Config = SERVER_TOML,
) -> None:
    """Make the county's certificate authority (once) and a certificate for its broker."""
    from broker.authority import Authority, put_secret
    from county.office import ERRORS

    now = datetime.now(UTC)
    with one_line_errors(*ERRORS):
        county = load_settings(config).county  # not the book: the broker comes before the county is loaded
        own = Authority(folder) if (folder / "ca.key").exists() else Authority.make(folder, county, now)
        issued = own.server(name, now)
        for file, text in (("server.key", issued.key), ("server.crt", issued.certificate)):
            (folder / file).unlink(missing_ok=True)
            put_secret(folder / file, text)
            print(folder / file)


@app.command()
@noted("device")
def certificate(
    device: Device,
    folder: Annotated[Path, typer.Argument(help="Where DEVICE.key and DEVICE.crt are written.")],
    authority: Annotated[Path, typer.Option(help="Folder of `device authority`.")],
    config: Config = SERVER_TOML,
) -> None:
    """Make a device's client certificate; its older one is revoked, as is this one with `device revoke`."""
    from broker.authority import Authority, put_secret
    from county.credentials import speaker

    now = datetime.now(UTC)
    with open_book(config) as book:
        county = book.current()
        issued = Authority(authority).client(speaker(county, device).id, now)
        folder.mkdir(parents=True, exist_ok=True)
        put_secret(folder / f"{device}.key", issued.key)
        put_secret(folder / f"{device}.crt", issued.certificate)
        book.put_certificate(county.code, device, issued.serial, now)
    print(folder / f"{device}.crt")
