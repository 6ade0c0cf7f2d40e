"""The door for reports: 随手拍 without a login, patrol and orders from above with one; and how a report stands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Header, Path, Request, UploadFile

from alerts.alarms.grounds import Where
from alerts.desk import UnknownCode
from alerts.reports.reporters import Reporter, staffed
from alerts.reports.reporting import MOST_PHOTOS, TOLD_BY_DEVICES, Report
from alerts.reports.reports import Receipt
from alerts.reports.seal import BadSeal
from alerts.store.book import Conflict
from alerts.tickets.doing import Refused, Taken
from alerts.tickets.entitled import NotEntitled
from alerts.tickets.moves import plain
from alerts.values import Source
from county.coordinates import KNOWN_CRS, BadPosition, located
from ingest.evidence import EvidenceAway
from ingest.pictures import MOST_UPLOAD, BadEvidence
from screen.access.patience import Patience
from screen.access.session import source_of
from screen.access.tap import Tap
from screen.access.viewer import Viewer, staff
from screen.desk.photo_shapes import taken
from screen.desk.ticket import rooms_of
from screen.desk.uploads import TooMany
from screen.problems import Problem
from screen.reports.report_shapes import (
    Choice,
    Form,
    ProgressShown,
    ReceiptShown,
    ReportBody,
)
from screen.rooms import Rooms
from screen.shapes import Stored
from screen.turns import of_citizens

log = logging.getLogger(__name__)
T = TypeVar("T")
EACH, EVERYBODY, WINDOW = 20, 3000, timedelta(hours=1)  # reports of one address, and of all together
PICTURES = 9  # for each report that an address may make
DRAFT = r"^[A-Za-z0-9_-]{16,64}$"

Draft = Annotated[str, Path(pattern=DRAFT, description="a random name that the phone gives its report, kept secret")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=DRAFT, description="the draft's name, each time again")]
PhotoKey = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_.:-]{8,64}$")]
router = APIRouter(prefix="/api/v1", tags=["reports"])


@router.get("/reports/form", summary="What a form for reports needs")
def form(request: Request) -> Form:
    county = rooms_of(request).county()
    villages = [Choice(code=one.code, name=county.place_name(one.code)) for one in county.villages]
    categories = [
        Choice(code=one.code, name=one.name) for one in county.policy.categories if one.code not in TOLD_BY_DEVICES
    ]
    return Form(categories=categories, villages=villages, crs=list(KNOWN_CRS), most_photos=MOST_PHOTOS)


@router.post("/reports/{draft}/photo", summary="Hand in a photo of a report; persons in it are made unreadable")
async def photo(draft: Draft, request: Request, file: UploadFile, key: PhotoKey) -> Stored:
    _drink(request, "pictures")
    return await of_citizens(request).take(lambda: _keep(rooms_of(request), draft, file, key))


def _keep(rooms: Rooms, draft: str, file: UploadFile, key: str) -> Stored:
    data = file.file.read(MOST_UPLOAD + 1)
    try:
        sha256 = rooms.uploads.once(_scope(draft), key, lambda: rooms.evidence.put(data), rooms.now(), most=MOST_PHOTOS)
    except BadEvidence as fault:
        raise Problem(422, "这张照片打不开：请上传没有损坏的照片（JPEG、PNG 或 WebP，20 MB 以内）") from fault
    except TooMany as fault:
        raise Problem(409, f"一次最多交 {fault} 张照片") from fault
    except EvidenceAway as fault:
        raise Problem(503, "服务器暂时存不下照片，请稍后再传", 60) from fault
    return Stored(sha256=sha256)


@router.post(
    "/reports", summary="Report a problem; the same Idempotency-Key again changes nothing, and the words say so"
)
def report(body: ReportBody, request: Request, key: Key) -> ReceiptShown:
    rooms = rooms_of(request)
    source, viewer = _source(body, request)
    photos = tuple(taken(one) for one in body.photos)
    if not {one.sha256 for one in photos} <= rooms.uploads.of(_scope(key)):
        raise Problem(422, "照片不是随这条反映上传的，请重新拍照上传")
    try:
        receipt = _take(rooms, _told(body, source, photos, viewer), key)
    except NotEntitled as fault:
        raise Problem(403, str(fault)) from fault
    except (Refused, BadPosition) as fault:
        raise Problem(422, str(fault)) from fault
    except Conflict as fault:
        raise Problem(409, "有人刚刚也反映了这里，请再提交一次") from fault
    except BadSeal as fault:
        log.error("a report with a name is refused: %s", fault)
        raise Problem(503, "服务器暂时存不了姓名和电话，请稍后再试，或者不留姓名电话提交", 60) from fault
    return ReceiptShown(code=receipt.code, number=receipt.number, new=receipt.new, words=receipt.words)


@router.get("/r/{code}", summary="How a report stands, for who made it")
def progress(code: str, request: Request) -> ProgressShown:
    told = _known(request, code, rooms_of(request).reports.progress)
    return ProgressShown(
        at=told.at, what_name=told.what_name, place=told.place, state=told.state, state_words=told.state_words,
        new=told.new, verdict_words=told.verdict_words, reward_words=told.reward_words, closed_at=told.closed_at,
    )  # fmt: skip


@router.post("/r/{code}/forget", status_code=204, summary="Forget who made the report; the report itself stays")
def forget(code: str, request: Request) -> None:
    _known(request, code, rooms_of(request).reports.forget)


def _source(body: ReportBody, request: Request) -> tuple[Source, Viewer | None]:
    """Who reports: without a login a citizen, and not too often; the staff says whether it is a patrol or an order.

    A helper (协管员) reports as a citizen does, without being slowed down; so does the admin, who is no person.
    """
    try:
        viewer = staff(request)
    except Problem:
        if body.source not in (None, "report") or body.origin:
            raise
        _drink(request, "reports")
        return Source.REPORT, None
    official = body.source not in (None, "report") or bool(body.origin)
    if viewer.helps and official:
        raise Problem(403, "协管员可以上报，不能录入督查和上级交办")
    if viewer.person is None and official:
        raise Problem(403, "管理员账号不能录入督查和上级交办，请用本人的账号")
    usual = "report" if viewer.helps or viewer.person is None else "patrol"
    return Source(body.source or usual), viewer


def _told(body: ReportBody, source: Source, photos: tuple[Taken, ...], viewer: Viewer | None) -> Report:
    point = None
    if body.lon is not None or body.lat is not None:
        point = located(body.lon or 0.0, body.lat or 0.0, body.crs)
    where = Where(body.spot, point, body.region, body.place)
    unsaid = body.source is None and not body.origin
    return Report(source, body.what, where, body.words, photos, _who(body, viewer), body.origin, unsaid)


def _who(body: ReportBody, viewer: Viewer | None) -> Reporter | None:
    """Who is said to report."""
    person, told = viewer.person if viewer is not None else None, body.reporter
    named = Reporter(plain(told.name), plain(told.phone)) if told is not None else None
    return staffed(person, named) if person is not None else named


def _take(rooms: Rooms, report: Report, key: str) -> Receipt:
    try:
        return rooms.reports.take(report, key)
    except Conflict:  # the engine was first: decide once more on what is true now
        return rooms.reports.take(report, key)


def _scope(draft: str) -> str:
    return f"report {draft}"


def _drink(request: Request, what: str) -> None:
    tap: Tap = getattr(request.app.state, what)
    wait = tap.take(source_of(request))
    if wait:
        raise Problem(429, f"提交太频繁，请 {wait} 秒后再试", wait)


def _known(request: Request, code: str, do: Callable[[str], T]) -> T:
    """Do something with a code; 404 for a wrong one, 429 for who guesses. A right one always opens."""
    patience: Patience = request.app.state.codes
    try:
        return do(code)
    except UnknownCode as fault:
        wait = patience.wait(source_of(request))
        if wait:
            raise Problem(429, f"查询码输错太多次，请 {wait} 秒后再试", wait) from fault
        patience.failed(source_of(request), code)
        raise Problem(404, str(fault)) from fault
