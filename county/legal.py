"""Whether a camera's record says all that the video regulation (State Council decree 799) asks for. Pure."""

from __future__ import annotations

from county.policy import Policy
from county.values import Device, DeviceKind, LegalBasis, Spot

BASIS_WORDS = {
    LegalBasis.ART7: "799 号令第七条", LegalBasis.ART9: "799 号令第九条", LegalBasis.NON_PUBLIC: "非公共场所",
    LegalBasis.NONE: "",
}  # fmt: skip


def lacking(camera: Device, spots: tuple[Spot, ...], policy: Policy) -> tuple[str, ...]:
    """What is missing in a camera's record, in plain words; empty when it complies or is no camera.

    ``spots`` are its own: into a private zone it may look by consent or a legal paper only.
    """
    if camera.kind is not DeviceKind.CAMERA:
        return ()
    found = []
    if camera.legal_basis is LegalBasis.NONE:
        found.append("没有登记安装依据")
    if not camera.purpose:
        found.append("没有登记用途")
    if camera.sign_date is None and camera.legal_basis is not LegalBasis.NON_PUBLIC:
        found.append("没有登记提示标识的设置日期")
    if not camera.consent and any(spot.zone in policy.private for spot in spots):
        found.append("对着农户庭院，没有同意书或法律文书")
    return tuple(found)
