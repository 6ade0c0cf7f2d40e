"""``jingcun account …``: who may sign in to the office. What an account sees follows from the duties of the day."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from jingcun.commands.registering import noted
from jingcun.commands.shared import SERVER_TOML, AsJson, Config, one_line_errors, put_json
from jingcun.settings import ServerSettings, load

if TYPE_CHECKING:
    from county.snapshot import County
    from screen.access.named import Named

app = typer.Typer(no_args_is_help=True, help="Accounts of the office, one for a person of people.csv.")
_ROLES = {"system": "系统管理员", "security": "安全管理员", "auditor": "审计员"}
AsRole = Annotated[
    Literal["system", "security", "auditor"] | None,
    typer.Option(help="An administrator's role, which the first account then has no longer."),
]
ItsName = Annotated[str, typer.Option(help="Whose account it is, where the person is not in people.csv.")]
PersonId = Annotated[str, typer.Argument(help="The person's id in people.csv; it is the user name.")]


@app.command()
@noted("account")
def add(
    person: PersonId, role: AsRole = None, name: ItsName = "", config: Config = SERVER_TOML, as_json: AsJson = False
) -> None:
    """Make an account and print its first password, for the only time; with a role it is an administrator's."""
    settings = load(config)
    called = _name_of(settings, person, role, name)
    with _errors():
        password = _named(settings).add(person, datetime.now(UTC), role or "", called if role else "")
    put_json({"person": person, "name": called, "password": password}) if as_json else print(password)


@app.command()
@noted("account")
def reset(person: PersonId, config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """Give an account a new password, print it, and end its sessions."""
    with _errors():
        password = _named(load(config)).reset(person, datetime.now(UTC))
    put_json({"person": person, "password": password}) if as_json else print(password)


@app.command("second-factor")
@noted("account")
def second_factor(
    deed: Annotated[Literal["off"], typer.Argument(help="off: end it, as for a lost phone.")],
    person: PersonId,
    config: Config = SERVER_TOML,
) -> None:
    """End the second factor of an account (admin too), and its sessions; it is asked to enrol anew where it must."""
    from screen.access.factors import Factors
    from screen.access.sessions import Sessions

    folder = load(config).folder / "secrets"
    with _errors(), closing(Sessions(folder / "screen-sessions.db")) as sessions:
        if not Factors(folder).off(person):
            raise ValueError(f"{person!r} has no second factor to turn {deed}")
        sessions.end(person)


@app.command()
@noted("account")
def remove(person: PersonId, config: Config = SERVER_TOML) -> None:
    """End an account and its sessions."""
    from screen.access.factors import Factors

    settings = load(config)
    with _errors():
        _named(settings).remove(person)
        Factors(settings.folder / "secrets").forget(person)


@app.command("list")
def listed(config: Config = SERVER_TOML, as_json: AsJson = False) -> None:
    """List the accounts with what each sees today; nothing for a person without a duty."""
    from alerts.tickets.entitled import duties_today, is_helper

    settings, now = load(config), datetime.now(UTC)
    county = _county(settings)
    with _errors():
        accounts = _named(settings).listed()
    for one in accounts:
        person = county.people.get(one.person)
        areas = sorted({duty.area for duty in duties_today(county, one.person, now)})
        name = person.name if person else "(no longer in people.csv)"
        name = one.name or name
        helps = is_helper(county, one.person)
        if as_json:
            put_json(
                {
                    "person": one.person,
                    "name": name,
                    "made_at": one.made_at,
                    "areas": areas,
                    "helper": helps,
                    "role": one.role,
                }
            )
        else:
            said = "协管员  " if helps else ""
            whole = _ROLES.get(one.role)
            print(f"{one.person}  {name}  {said}{whole or '、'.join(areas) or '今天没有职责'}")


def _name_of(settings: ServerSettings, person: str, role: str | None, name: str) -> str:
    """What somebody is called; ``ValueError`` where an account would belong to nobody, or to two roles."""
    from alerts.tickets.entitled import duties_today

    county = _county(settings)
    known = county.people.get(person)
    if person == "admin" or (known is None and not (role and name)):
        raise ValueError(
            f"{person!r} is nobody in people.csv; an account belongs to a person of the county"
            + ("; for an administrator from outside say --name" if role else "")
        )
    if role and duties_today(county, person, datetime.now(UTC)):
        raise ValueError(f"{person!r} has duties in the county: who does business administers nothing (三员分立)")
    return known.name if known is not None else name


def _named(settings: ServerSettings) -> Named:
    from screen.access.account import Account

    folder = settings.folder / "secrets"
    if not (folder / "screen-account.json").exists():
        raise ValueError(f"{folder}: the screen has never been started here; start it once, so that the admin exists")
    return Account(folder).named


def _county(settings: ServerSettings) -> County:
    from county.book import CountyBook
    from county.office import ERRORS

    with one_line_errors(*ERRORS), closing(CountyBook(settings.store("county"))) as book:
        return book.current(settings.county)


def _errors() -> AbstractContextManager[None]:
    from screen.access.named import BadAccount, NoAccount

    return one_line_errors(BadAccount, NoAccount)
