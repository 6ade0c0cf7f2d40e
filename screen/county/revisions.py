"""The routes of revisions: the list, any two compared, going back, and the files themselves as a zip, down and up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, UploadFile
from fastapi.responses import Response

from county.files import FILES, Folder, read
from screen.access.roles import Right
from screen.access.viewer import Viewer, needs
from screen.county.packing import BadPack, packed, unpacked
from screen.county.policy_shapes import BackBody, Compared, RevisionPage
from screen.county.revising import MOST, differences_shown, folder_at, outlook, revisions
from screen.county.revision_shapes import Outlook, Reason, Saved
from screen.county.saving import save
from screen.desk.ticket import rooms_of
from screen.problems import Problem

router = APIRouter(prefix="/api/v1/county", tags=["policy"])
Reads = Annotated[Viewer, needs(Right.POLICY)]
Edits = Annotated[Viewer, needs(Right.POLICY_EDIT)]
Number = Annotated[int, Path(ge=1, le=2**31)]
Asked = Annotated[int, Query(ge=1, le=2**31)]
After = Annotated[int, Form(ge=0, le=2**31)]


@router.get("/revisions", summary="Saved states of the county's files, newest first")
def listed(
    request: Request, viewer: Reads,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> RevisionPage:  # fmt: skip
    found = revisions(rooms_of(request), viewer)
    return RevisionPage(total=len(found), revisions=found[offset : offset + limit])


@router.get("/difference", summary="What differs between two revisions, in words")
def compared(request: Request, viewer: Reads, old: Asked, new: Asked) -> Compared:
    sides = []
    for number in (old, new):
        content, faults = read(folder_at(rooms_of(request), viewer, number))
        if content is None or faults:
            raise Problem(409, f"第 {number} 版按今天的检查已经读不出来，不能比较")
        sides.append(content)
    shown = differences_shown(sides[0], sides[1], viewer)
    return Compared(old=old, new=new, differences=shown[:MOST], differences_count=len(shown))


@router.post("/revisions/{number}/outlook", summary="What going back to a revision would mean; nothing is saved")
def look_back(number: Number, body: BackBody, request: Request, viewer: Edits) -> Outlook:
    _whole(viewer)
    return outlook(rooms_of(request), viewer, folder_at(rooms_of(request), viewer, number), body.after)


@router.post("/revisions/{number}/restore", summary="Go back to a revision: its files become a new one")
def restore(number: Number, body: BackBody, request: Request, viewer: Edits) -> Saved:
    _whole(viewer)
    folder = folder_at(rooms_of(request), viewer, number)
    return save(rooms_of(request), viewer, folder, body.reason, body.after)


@router.get("/folder.zip", summary="All files of a revision as a zip, byte for byte", response_class=Response)
def folder(request: Request, viewer: Edits, number: Annotated[int | None, Query(ge=1, le=2**31)] = None) -> Response:
    _whole(viewer)
    asked = number or viewer.county.revision
    data = packed(folder_at(rooms_of(request), viewer, asked))
    name = f"county-{viewer.county.code}-{asked}.zip"
    return Response(
        data, media_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/folder/outlook", summary="What an uploaded zip or single file would mean; nothing is saved")
def look_at(request: Request, viewer: Edits, file: UploadFile, after: After) -> Outlook:
    return outlook(rooms_of(request), viewer, _uploaded(request, viewer, file), after)


@router.post("/folder", summary="Save an uploaded zip or single file as a new revision")
def put(request: Request, viewer: Edits, file: UploadFile, after: After, reason: Annotated[Reason, Form()]) -> Saved:
    return save(rooms_of(request), viewer, _uploaded(request, viewer, file), reason, after)


def _uploaded(request: Request, viewer: Viewer, file: UploadFile) -> Folder:
    """The files of a zip, or the newest ones with a single file instead of its own; ``Problem`` 409 for bad ones."""
    _whole(viewer)
    name = (file.filename or "")[:200]
    data = file.file.read()
    newest = folder_at(rooms_of(request), viewer)
    if name in FILES:
        return {**newest, name: data}
    try:
        return unpacked(data)
    except BadPack as fault:
        raise Problem(409, str(fault)) from fault


def _whole(viewer: Viewer) -> None:
    """The files hold everybody's numbers and every device: whoever takes or gives them all needs each right."""
    if not (viewer.may(Right.PEOPLE_EDIT) and viewer.may(Right.DEVICES_EDIT)):
        raise Problem(403, "整份县资料含人员和设备，需要同时有这几项的修改权限")
