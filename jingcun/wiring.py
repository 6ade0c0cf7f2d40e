"""From one server settings file to the settings of each program: the only place that knows them all."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from broker.link import LinkSettings, TlsSettings
from jingcun.settings import ServerSettings, SettingsError

if TYPE_CHECKING:
    from alerts.papers.pdf import FontFiles
    from alerts.run import AlertsSettings
    from broker.metrics import Listen
    from ingest.evidence.s3 import S3Settings
    from ingest.evidence.wiring import EvidencePlan
    from ingest.run import IngestSettings
    from ingest.series.influx import InfluxSettings
    from screen.settings import LoginRules, ScreenSettings


def link(server: ServerSettings, name: str) -> LinkSettings:
    """How the server reaches the broker; TLS where a certificate authority is named."""
    broker = server.broker
    return LinkSettings(
        host=broker.host,
        port=broker.port,
        client_id=f"{name}-{server.county}-{socket.gethostname()}-{os.getpid()}",
        username=broker.username,
        password_file=broker.password_file,
        tls=TlsSettings(broker.ca_file) if broker.ca_file else None,
        max_packet=broker.max_packet,
        retry_min_s=0.3,  # one of a few: it need not stand back as a thousand boxes must
        retry_max_s=10.0,
    )


def metrics(server: ServerSettings, port: int | None) -> Listen | None:
    """Where a program answers Prometheus."""
    from broker.metrics import Listen

    return Listen(port, server.metrics.host) if port is not None else None


def ingest(server: ServerSettings) -> IngestSettings:
    """The door: inbox, evidence, series, and the county's lease."""
    from ingest.run import IngestSettings

    return IngestSettings(
        county=server.county,
        county_url=server.store("county"),
        inbox_url=server.store("inbox"),
        evidence=server.folder / "evidence",
        series=series(server),
        link=link(server, "ingest"),
        keeping=evidence(server),
        metrics=metrics(server, server.metrics.ingest),
    )


def evidence(server: ServerSettings) -> EvidencePlan:
    """How long evidence stays, how much of it, and where."""
    from ingest.evidence.periods import Period, Policy
    from ingest.evidence.wiring import EvidencePlan

    chosen = server.evidence
    days = {
        "clip": (chosen.clip_days, chosen.clip_days),
        "picture": (chosen.picture_least_days, chosen.picture_days),
        "photo": (chosen.photo_least_days, chosen.photo_days),
    }
    periods = {name: Period(timedelta(days=least), timedelta(days=most)) for name, (least, most) in days.items()}
    return EvidencePlan(Policy(periods, int(chosen.quota_gb * 1e9) or None), _bucket(server))


def _bucket(server: ServerSettings) -> S3Settings | None:
    from ingest.evidence.s3 import S3Settings

    chosen = server.evidence.s3
    if chosen is None:
        return None
    words = chosen.key_file.read_text(encoding="utf-8").split() if chosen.key_file else []
    if chosen.key_file and len(words) != 2:
        raise SettingsError(f"{chosen.key_file}：请写两行，第一行是密钥的编号，第二行是密钥")
    key_id, secret = words or ("", "")
    return S3Settings(chosen.bucket, chosen.endpoint, chosen.region, chosen.prefix or server.county, key_id, secret)


def series(server: ServerSettings) -> Path | InfluxSettings:
    """Where curves are kept: a SQLite file, or an InfluxDB or VictoriaMetrics whose token stands in a file."""
    from ingest.series.influx import InfluxSettings

    chosen = server.series
    if chosen.kind == "sqlite":
        return server.folder / "series.db"
    token = chosen.token_file.read_text(encoding="utf-8").strip() if chosen.token_file else ""
    victoria = chosen.kind == "victoria"
    return InfluxSettings(chosen.address, chosen.bucket, chosen.org, token, victoria=victoria)


def alerts(server: ServerSettings) -> AlertsSettings:
    """Engine, sweep, post office and relay."""
    from alerts.channels.catalog import settings_of
    from alerts.run import AlertsSettings

    notices = server.notices
    return AlertsSettings(
        county_url=server.store("county"),
        inbox_url=server.store("inbox"),
        book_url=server.store("book"),
        base_url=notices.base_url,
        county=server.county,
        notices_file=server.folder / "files" / "notices.jsonl",
        channels=tuple(settings_of(one) for one in server.channels),
        claim_lease_s=notices.claim_lease_s,
        silent_s=notices.silent_s,
        heartbeat_url=notices.heartbeat_url,
        keepers=notices.keepers,
        metrics=metrics(server, server.metrics.alerts),
        secrets=server.folder / "secrets",
    )


def fonts(server: ServerSettings) -> FontFiles:
    """The fonts of official papers."""
    from alerts.papers.pdf import FontFiles

    chosen = server.papers
    return FontFiles(chosen.title_font, chosen.body_font, chosen.heading_font)


def screen(server: ServerSettings) -> ScreenSettings:
    """The HTTP door."""
    from alerts.run import watching_beside
    from ingest.evidence.ledger import Ledger
    from ingest.evidence.wiring import open_evidence
    from ingest.series.opening import open_series
    from screen.settings import ScreenSettings

    return ScreenSettings(
        county=server.county,
        county_url=server.store("county"),
        inbox_url=server.store("inbox"),
        book_url=server.store("book"),
        folder=server.folder,
        host=server.screen.host,
        port=server.screen.port,
        open_wall=server.screen.open_wall,
        public_board=server.screen.public_board,
        behind_proxy=server.screen.behind_proxy,
        secure_cookies=server.screen.secure_cookies,
        series=lambda: open_series(series(server)),
        evidence=lambda: open_evidence(
            server.folder / "evidence", evidence(server), Ledger(server.store("inbox"), server.county)
        ),
        metrics=metrics(server, server.metrics.screen),
        fonts=fonts(server),
        beside=lambda: watching_beside(alerts(server)),
        channels=alerts(server).channels,
        base_url=server.notices.base_url,
        login=login_rules(server),
    )


def login_rules(server: ServerSettings) -> LoginRules:
    """How strict the entrance of the screen is."""
    from alerts.channels.catalog import secret_of
    from screen.settings import LoginRules, OidcSettings, WecomSettings

    told, ways = server.screen, server.login
    oidc = None
    if (by := ways.oidc) is not None:
        secret = secret_of(by.secret_file) if by.secret_file else ""
        oidc = OidcSettings(by.issuer, by.client_id, secret, by.claim, by.column, by.words, by.scope)
    wecom = None
    if (corp := ways.wecom) is not None:
        wecom = WecomSettings(corp.corpid, corp.agentid, secret_of(corp.secret_file), corp.base)
    return LoginRules(
        told.factor_wanted, told.idle_minutes, told.wall_session_hours, told.change_first_password, oidc, wecom
    )
