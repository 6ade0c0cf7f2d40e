"""The province's settings say what the code can do, and its SQL parts the counties on a real PostgreSQL."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from broker import topics
from broker.acl import ITERATIONS, mosquitto_hash
from county.book import BookAway, CountyBook
from county.office import add_device_secret, revoke_device_secret
from ingest.inbox import Inbox
from ingest.months import Months, month_of
from ingest.series.victoria import VictoriaSeries
from ingest.store import Store
from jingcun import wiring
from jingcun.settings import ServerSettings, load
from tests.county.small import BOX, small_folder
from tests.deploy.composed import PROVINCE, PROVINCE_FILE, services
from tests.ingest.makes import NOON
from tests.servers_postgres import Cluster

COUNTIES = ("640999", "640998")
RULE = re.compile(r"\{(allow|deny), (\{[^}]*\}|all)(?:, (\w+), \[(.*?)\])?\}\.", re.DOTALL)


def settings_of(code: str) -> ServerSettings:
    return load(PROVINCE / f"server-{code}.toml")


@pytest.mark.parametrize("code", COUNTIES)
def test_the_settings_name_engines_that_the_compose_file_starts(code: str) -> None:
    settings, whole = settings_of(code), services(PROVINCE_FILE)
    assert settings.county == code
    database = sa.make_url(settings.store("inbox"))
    assert database.drivername == "postgresql+psycopg"
    assert (database.username, database.password, database.host) == (f"county_{code}", None, "postgres")
    assert database.database == whole["postgres"]["environment"]["POSTGRES_DB"]
    assert settings.series.kind == "victoria"
    assert urlsplit(settings.series.address).hostname == f"series-{code}"
    assert f"series-{code}" in whole
    assert settings.evidence.s3 is not None
    assert settings.evidence.s3.bucket == f"jingcun-{code}"
    assert urlsplit(str(settings.evidence.s3.endpoint)).hostname in whole
    assert settings.broker.ca_file is not None
    assert settings.broker.username == f"ingest-{code}"
    for node in ("emqx-1", "emqx-2"):
        assert settings.broker.host in whole[node]["networks"]["default"]["aliases"]


@pytest.mark.parametrize("code", COUNTIES)
def test_the_programs_open_what_the_settings_name(code: str, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "s3.key").write_text("an-id\na-secret\n", encoding="utf-8")
    file = tmp_path / "server.toml"
    file.write_text((PROVINCE / f"server-{code}.toml").read_text(encoding="utf-8"), encoding="utf-8")
    ingest = wiring.ingest(load(file))
    assert ingest.keeping.s3 is not None
    assert (ingest.keeping.s3.prefix, ingest.keeping.s3.key_id) == (code, "an-id")
    assert not isinstance(ingest.series, Path)
    assert ingest.series.victoria
    assert VictoriaSeries(ingest.series).engine == "VictoriaMetrics"
    assert ingest.link.tls is not None
    assert ingest.county_url == ingest.inbox_url == wiring.alerts(load(file)).book_url


def test_a_further_county_is_the_settings_of_the_first_with_its_code() -> None:
    first, second = (Path(PROVINCE / f"server-{code}.toml").read_text(encoding="utf-8") for code in COUNTIES)
    assert first.replace(*COUNTIES) == second


@pytest.mark.parametrize("code", COUNTIES)
def test_the_readme_makes_every_secret_that_the_settings_name(code: str) -> None:
    settings = settings_of(code)
    assert settings.evidence.s3 is not None
    wanted = [settings.broker.password_file, settings.broker.ca_file, settings.evidence.s3.key_file]
    steps = (PROVINCE / "README.md").read_text(encoding="utf-8")
    for file in [*wanted, PROVINCE / "secrets" / "pgpass"]:
        assert file is not None
        assert f"secrets/$county/{file.name}" in steps, file.name


def test_victoriametrics_counts_a_repeated_point_once_and_keeps_what_the_handbook_says() -> None:
    command = services(PROVINCE_FILE)["series-640999"]["command"]
    assert "-dedup.minScrapeInterval=1ms" in command
    assert "-retentionPeriod=10y" in command


def test_a_server_hears_its_own_county_only_and_a_device_has_the_rights_of_one_county() -> None:
    alone = (PROVINCE.parent / "emqx" / "acl.conf").read_text(encoding="utf-8")
    rules = RULE.findall(re.sub(r"%%.*", "", (PROVINCE / "acl.conf").read_text(encoding="utf-8")))
    for_all = [rule for rule in rules if rule[1] == "all"]
    assert for_all == [rule for rule in RULE.findall(re.sub(r"%%.*", "", alone)) if rule[1] == "all"]
    servers = {(who, what): re.findall(r'"([^"]+)"', names) for _, who, what, names in rules if who != "all"}
    for code in COUNTIES:
        who = f'{{user, "ingest-{code}"}}'
        up = {name.rsplit("/", 1)[0] for name in topics.everything_up(code)}
        assert {name.rsplit("/", 1)[0] for name in servers[who, "subscribe"]} == {*up, f"jc/v1/{code}"}
        down = {f"jc/v1/{code}/+/+/+/{kind}" for kind in topics.DOWN} | {topics.door(code)}
        assert set(servers[who, "publish"]) == down
    assert len(servers) == 2 * len(COUNTIES)
    assert rules[-1][0] == "deny"


@pytest.fixture
def province(postgres_cluster: Cluster, real_postgres: str) -> sa.URL:
    """A database with both counties' roles and schemas, made by the SQL that ships; its superuser's address."""
    url = sa.make_url(real_postgres)
    for code in COUNTIES:
        psql(url, "county.sql", f"\\set county {code}\n\\set password 'first {code}'\n")
    return url


def psql(url: sa.URL, script: str, before: str) -> None:
    program = shutil.which("psql")
    assert program is not None, "psql comes with the PostgreSQL server"
    words = [program, "-qX", "-v", "ON_ERROR_STOP=1", "-h", str(url.host), "-p", str(url.port), "-U", "jingcun"]
    text = before + (PROVINCE / script).read_text(encoding="utf-8")
    done = subprocess.run([*words, str(url.database)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def as_county(url: sa.URL, code: str) -> str:
    return url.set(username=f"county_{code}").render_as_string(hide_password=False)


@pytest.mark.real
def test_each_county_keeps_its_registry_and_inbox_in_a_schema_that_the_other_cannot_read(province: sa.URL) -> None:
    for code in COUNTIES:
        with CountyBook(as_county(province, code)) as book:
            book.save(small_folder(), "test", code)
        store = Store(as_county(province, code))
        Inbox(store, code)
        Months(store, ("alerts", "series")).tend(NOON)
        store.close()
    engine = sa.create_engine(province)
    with engine.connect() as conn:
        query = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        where = {(row.schemaname, row.tablename) for row in conn.execute(sa.text(query))}
    engine.dispose()
    month = f"inbox_{month_of(NOON)}"
    for code in COUNTIES:
        assert {(f"county_{code}", name) for name in ("inbox", month, "leases", "county_credentials")} <= where
    assert {schema for schema, _ in where} == {f"county_{code}" for code in COUNTIES}
    other = sa.create_engine(as_county(province, COUNTIES[0]))
    with other.connect() as conn, pytest.raises(sa.exc.ProgrammingError, match="permission denied for schema"):
        conn.execute(sa.text(f"SELECT * FROM county_{COUNTIES[1]}.inbox"))
    other.dispose()


@pytest.mark.real
def test_a_role_without_its_schema_is_refused_and_not_let_into_another_place(province: sa.URL) -> None:
    engine = sa.create_engine(province)
    with engine.begin() as conn:
        conn.execute(sa.text("DROP SCHEMA county_640998"))
    engine.dispose()
    with pytest.raises(BookAway, match="permission denied for schema public"):
        CountyBook(as_county(province, "640998"))


@pytest.mark.real
def test_emqx_lets_in_the_devices_of_both_counties_the_servers_and_no_revoked_one(province: sa.URL) -> None:
    secrets = {}
    for code in COUNTIES:
        with CountyBook(as_county(province, code)) as book:
            book.save({name: data.replace(BOX.encode(), f"{BOX}-{code}".encode()) for name, data in
                       small_folder().items()}, "test", "first")  # fmt: skip
            secrets[code] = add_device_secret(book, f"{BOX}-{code}", "a", NOON)
    for _ in range(2):  # once more after every new county
        psql(province, "users.sql", "\\set password 'of emqx'\n")
    hashed = mosquitto_hash("the server's")
    engine = sa.create_engine(province)
    with engine.begin() as conn:
        conn.execute(sa.text("INSERT INTO emqx_servers VALUES ('ingest-640999', :hash)"), {"hash": hashed})
    engine.dispose()
    for code in COUNTIES:
        assert lets_in(province, f"{BOX}-{code}", secrets[code])
        assert not lets_in(province, f"{BOX}-{code}", secrets[code] + "x")
    assert lets_in(province, "ingest-640999", "the server's")
    with CountyBook(as_county(province, COUNTIES[0])) as book:
        revoke_device_secret(book, f"{BOX}-{COUNTIES[0]}", "lost", NOON)
    assert not lets_in(province, f"{BOX}-{COUNTIES[0]}", secrets[COUNTIES[0]])
    assert lets_in(province, f"{BOX}-{COUNTIES[1]}", secrets[COUNTIES[1]])


@pytest.mark.real
def test_an_id_of_two_counties_is_let_in_for_neither_and_named(province: sa.URL) -> None:
    for code in COUNTIES:
        with CountyBook(as_county(province, code)) as book:
            book.save(small_folder(), "test", "first")
            secret = add_device_secret(book, BOX, "a", NOON)
    psql(province, "users.sql", "\\set password 'of emqx'\n")
    assert not lets_in(province, BOX, secret)
    engine = sa.create_engine(province)
    with engine.connect() as conn:
        assert conn.execute(sa.text("SELECT username, owners FROM emqx_doubled")).all() == [(BOX, 2)]
    engine.dispose()


def lets_in(province: sa.URL, name: str, password: str) -> bool:
    """Ask as EMQX does: its role, the query of emqx.conf, PBKDF2."""
    conf = (PROVINCE.parent / "emqx" / "emqx.conf").read_text(encoding="utf-8")
    query = re.search(r'query = "([^"]+)"', conf)
    assert query is not None
    engine = sa.create_engine(province.set(username="emqx"))
    with engine.connect() as conn:
        rows = conn.execute(sa.text(query[1].replace("${username}", ":name")), {"name": name}).all()
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            conn.execute(sa.text("SELECT * FROM emqx_known"))
    engine.dispose()
    salted = [hashlib.pbkdf2_hmac("sha512", password.encode(), bytes(row.salt), ITERATIONS, 64) for row in rows]
    return [digest.hex() for digest in salted] == [row.password_hash for row in rows] != []
