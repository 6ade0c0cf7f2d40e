"""The server's settings file: what is right is read, what is wrong is named with its file and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.series.opening import open_series
from jingcun import wiring
from jingcun.settings import SettingsError, load
from jingcun.wiring import login_rules


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('county = "640999"\n[broker]\npassword_file = "secrets/p"\n', encoding="utf-8")
    settings = load(file)
    assert settings.folder == tmp_path / "var"
    assert settings.broker.password_file == tmp_path / "secrets/p"
    assert settings.store("book") == f"sqlite:///{tmp_path}/var/book.db"


def test_one_database_address_serves_every_store(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('county = "640999"\ndatabase = "postgresql+psycopg://u@h/d"\n', encoding="utf-8")
    assert {load(file).store(name) for name in ("county", "inbox", "book")} == {"postgresql+psycopg://u@h/d"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("county = 64", r"county：要写成文字"),
        ('county = "64"', "county：要写县的 6 位代码"),
        ("", "county：缺少这一项"),
        ('county = "640999"\nport = 1', "port：不认识这一项"),
        ('county = "640999"\n[broker]\nport = 70000', "broker.port：最大写 65535"),
        ('county = "640999"\n[broker]\nport = "x"', "broker.port：要写数"),
        ('county = "640999"\n[series]\nkind = "csv"', "series.kind：只能写 'sqlite'、'influx'、'victoria'"),
        ('county = "640999"\n[screen]\nopen_wall = "maybe"', "screen.open_wall：只能写 true 或 false"),
        ('county = "640999"\nscreen = 3', "screen：是一节"),
        ('county = "640999"\n[notices]\nheartbeat_url = "ftp://x"', "notices.heartbeat_url：要写http"),
        ('county = "640999"\n[[channel]]\nname = "sms"\n[[channel]]\nname = "sms"', r"两个 \[\[channel\]\] 都叫 'sms'"),
        ('county = "640999"\n[evidence]\npicture_days = 20', "evidence：…_least_days 不能比"),
        ('folder = "var"\ncounty = 640999x', "第 2 行附近写得不对.*TOML"),
        ("\udcff", "UTF-8"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "server.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=named) as caught:
        load(file)
    assert str(file) in str(caught.value)
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", str(caught.value)), "no English sentence is left"


def test_a_settings_error_never_tells_a_value_for_it_may_be_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('county = "640999"\n[broker]\npassword = "s3cret"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert "s3cret" not in str(caught.value)


def test_a_missing_file_says_where_to_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"deploy/server\.toml"):
        load(tmp_path / "none.toml")


def test_the_shipped_settings_can_be_read() -> None:
    settings = load(Path(__file__).parent.parent.parent / "deploy" / "server.toml")
    assert settings.county == "640999"
    assert settings.series.kind == "influx"


@pytest.mark.parametrize(("kind", "engine"), [("influx", "InfluxSeries"), ("victoria", "VictoriaSeries")])
def test_each_kind_of_series_opens_its_engine(tmp_path: Path, kind: str, engine: str) -> None:
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    file = tmp_path / "server.toml"
    file.write_text(
        f'county = "640999"\n[series]\nkind = "{kind}"\naddress = "http://127.0.0.1:9"\ntoken_file = "token"\n', "utf-8"
    )
    opened = open_series(wiring.series(load(file)))
    assert type(opened).__name__ == engine
    opened.close()


def test_other_ways_to_log_in_take_their_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "oidc.secret").write_text("s3cret\n")
    file = tmp_path / "server.toml"
    head = 'county = "640999"\n[screen]\nsecond_factor = "county"\nwall_session_hours = 720\n'
    file.write_text(f"""{head}[login.oidc]
issuer = "https://sso.example"
client_id = "jingcun"
secret_file = "oidc.secret"
claim = "email"
column = "email"
""")
    rules = login_rules(load(file))
    assert rules.oidc is not None
    assert (rules.oidc.secret, rules.oidc.column, rules.wecom) == ("s3cret", "email", None)
    assert (rules.second_factor, rules.idle_minutes, rules.wall_hours, rules.change_first) == ("county", 30, 720, True)
    file.write_text(f"""{head}[login.oidc]
issuer = "file:///etc/passwd"
client_id = "x"
""")
    with pytest.raises(SettingsError, match=r"login\.oidc\.issuer"):
        load(file)
