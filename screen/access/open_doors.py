"""Every route that no right guards, with the reason; one that stands neither here nor under a right fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CODE = "a secret code in the address or the body is the key"
_PROVIDER = "the provider's secret or signature is checked in the route"
_CITIZENS = "citizens report without an account"
_OWN = "everybody's own account, whatever the role: a session, and where it is grave a second proof, is asked for"
_PAGE = "a page without data; what it asks for is guarded"

OPEN: Mapping[str, str] = MappingProxyType({
    "/": "leads to the login, or shows who is signed in what they may use",
    "/office": _PAGE, "/login": _PAGE, "/bind": _PAGE, "/report": _PAGE, "/r/{code}": _PAGE, "/t/{code}": _PAGE,
    "/problems/{name}": _PAGE,
    "/public/board": _PAGE, "/robots.txt": "for robots", "/{name}": "icons and the worker of the pages",
    "/logout": "ends whatever session there is", "/t": "a code is typed here", "/d/{code}": _CODE,
    "/d/{code}/{number}": _CODE, "/api/v1/login": "the door itself", "/api/v1/logout": "ends whatever session there is",
    "/api/v1/session": "says who is signed in, 401 when nobody is", "/healthz": "tells no more than that it works",
    "/api/v1/public/board": "for everybody, where the county opens it",
    "/api/v1/public/lists": "published lists for everybody, where the county opens the board",
    "/api/v1/public/lists/pictures/{sha256}": "a picture of a published list",
    "/api/v1/desk/{code}": _CODE,
    "/api/v1/desk/{code}/photo": _CODE, "/api/v1/desk/{code}/{act}": _CODE, "/api/v1/claim": _CODE,
    "/api/v1/reports/form": _CITIZENS, "/api/v1/reports": _CITIZENS, "/api/v1/reports/{draft}/photo": _CITIZENS,
    "/api/v1/r/{code}": _CODE,
    "/api/v1/r/{code}/forget": _CODE, "/api/v1/receipts/{channel}/{secret}": _PROVIDER,
    "/api/v1/binding": "the code or the session says who", "/api/v1/binding/begin": "the code or the session says who",
    "/api/v1/binding/unbind": "the code or the session says who",
    "/api/v1/binding/state": "the attempt's own token", "/api/v1/binding/confirm": "the attempt's own token",
    "/api/v1/wechat/{channel}": _PROVIDER, "/api/v1/wecom/{channel}": _PROVIDER,
    "/api/v1/login/code": "the second half of the door itself",
    "/api/v1/own": _OWN, "/api/v1/own/password": _OWN, "/api/v1/own/factor": _OWN,
    "/api/v1/own/factor/confirm": _OWN, "/api/v1/own/factor/off": _OWN, "/api/v1/own/sessions/end": _OWN,
    "/api/v1/desk/{code}/voice": _CODE, "/api/v1/desk/{code}/voice/{sha256}": _CODE,
    "/api/v1/evidence/{sha256}": "a code, or the right to pictures, is asked for in the route",
})  # fmt: skip
