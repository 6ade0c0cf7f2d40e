"""The ground as it usually is: what moves before it, and what lies on it that did not lie there before.

A plate of the empty place, in logarithms of grey at 320 x 180, is held against a short average of the last looks.
Compared is the structure in a small window (covariance against spread), so light that becomes stronger, weaker or
softer changes nothing. What moves is never learnt, nor what stands where a body is; what has lain still for
``absorb_s`` is the ground from then on, so the next thing put there is new again. When most of the picture differs it
is learnt anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np
import numpy.typing as npt

from detect.boxes import Found
from detect.kinds import CHANGED, MOVING

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

WIDTH, HEIGHT = 320, 180  # every ground, whatever the camera's shape
WINDOW = (9, 9)
LIFT = 24.0  # grey levels: how far down the logarithm is trusted
_LOG = (255 / np.log1p(255 / LIFT) * np.log1p(np.arange(256) / LIFT)).astype(np.float32)
_HANN = cv2.createHanningWindow((WIDTH // 2, HEIGHT // 2), cv2.CV_32F)
_SMALL, _LARGE = np.ones((3, 3), np.uint8), np.ones((9, 9), np.uint8)


@dataclass(frozen=True, slots=True)
class GroundRule:
    """Times in seconds, levels of the logarithmic grey (0..255), shares 0..1 of the picture."""

    alike: float = 0.45  # structure in common below which a place has changed
    texture: float = 4.0  # spread of a window from which it says something
    moves: float = 9.0  # difference from half a second ago
    learn_s: float = 40.0
    settle_s: float = 1.0  # of the short average
    step_s: float = 0.4  # movement is measured over at least so long
    absorb_s: float = 45.0
    young: int = 5  # looks until the plate is believed
    least_changed: float = 0.0012
    least_moving: float = 0.002
    sways: tuple[float, float] = (0.25, 6.0)  # pixels of the plate by which a swaying picture is put back
    steady: float = 0.15  # how sure that must be
    turned: float = 0.2  # share that moves at once from which the light has turned
    most: float = 0.35  # changed share from which the plate is no longer this place


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is remembered. ``known``: seen bare; ``still``: seconds that a place has lain there changed."""

    usual: Floats
    known: Mask
    recent: Floats
    still: Floats
    before: Floats
    before_at: datetime
    at: datetime
    noise: float = 3.0
    looks: int = 1

    def pack(self) -> bytes:
        """The plate as bytes, to outlive a restart."""
        usual = np.rint(self.usual).astype(np.uint8).tobytes()
        return zlib.compress(usual + np.packbits(self.known).tobytes(), 6)


def unpack_ground(data: bytes, at: datetime) -> Ground:
    """A ground from ``Ground.pack``; ValueError when it is none."""
    size = WIDTH * HEIGHT
    try:
        raw = np.frombuffer(zlib.decompress(data), np.uint8)
    except zlib.error as error:
        raise ValueError(f"no packed ground ({error}); it is learnt anew") from error
    if raw.size != size + size // 8:
        raise ValueError(f"a packed ground has {size + size // 8} bytes, not {raw.size}; it is learnt anew")
    usual = raw[:size].reshape(HEIGHT, WIDTH).astype(np.float32)
    known = np.unpackbits(raw[size:]).reshape(HEIGHT, WIDTH).astype(bool)
    return Ground(usual, known, usual, np.zeros_like(usual), usual, at, at, looks=GroundRule().young)


def survey(
    ground: Ground | None, picture: Picture, bodies: Sequence[Found], at: datetime, rule: GroundRule | None = None
) -> tuple[Ground, tuple[Found, ...]]:
    """Take in one look at a BGR picture; ``bodies`` are people and vehicles, as shares of the picture.

    Returns boxes (shares; the score is how much of the box is filled) ``moving`` and ``changed``. A look not newer than
    the last one, and the first, show nothing.
    """
    rule = rule or GroundRule()
    now = _logarithmic(picture)
    if ground is None or at <= ground.at:
        return (ground or _begun(now, bodies, at)), ()
    now = _steadied(now, ground.usual, rule)
    moves, noise, light = _moves(ground, now, rule)
    passed = (at - ground.at).total_seconds()
    share = np.float32(min(1.0, max(0.34, passed / rule.settle_s)))
    turned = moves.mean() > rule.turned or light > rule.moves  # a lamp: an average of two lights would be neither
    recent = now if turned else np.where(moves, now, ground.recent + (now - ground.recent) * share)
    unlike = _structure(recent, ground.usual, rule.texture + 1.5 * noise) < rule.alike
    changed = unlike & ~moves & ground.known & ~_covered(bodies)
    moving = _boxes(moves, MOVING, rule.least_moving)
    if changed.mean() > rule.most:
        return _begun(now, bodies, at), moving
    late = (at - ground.before_at).total_seconds() >= rule.step_s
    after = replace(
        _learnt(replace(ground, recent=recent), moves, unlike, (bodies, passed, rule)),
        before=now if late else ground.before,
        before_at=at if late else ground.before_at,
        noise=noise,
        looks=ground.looks + 1,
        at=at,
    )
    if ground.looks < rule.young or turned or unlike.mean() > rule.most:
        return after, moving
    return after, moving + _boxes(changed, CHANGED, rule.least_changed)


def _begun(now: Floats, bodies: Sequence[Found], at: datetime) -> Ground:
    return Ground(now, ~_covered(bodies, 0.15), now, np.zeros_like(now), now, at, at)


def _logarithmic(picture: Picture) -> Floats:
    if picture.shape[1] > 4 * WIDTH:  # quickly first, then without aliasing
        picture = np.asarray(cv2.resize(picture, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.LUT(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), _LOG), np.float32)


def _steadied(now: Floats, usual: Floats, rule: GroundRule) -> Floats:
    """The picture where the plate is: a pole that sways moves all of it by some pixels."""
    small_now, small_usual = (cv2.resize(one, (WIDTH // 2, HEIGHT // 2)) for one in (now, usual))
    (x, y), sure = cv2.phaseCorrelate(small_usual, small_now, _HANN)
    if sure < rule.steady or not rule.sways[0] <= 2 * max(abs(x), abs(y)) <= rule.sways[1]:
        return now
    back = np.array([[1, 0, -2 * x], [0, 1, -2 * y]], np.float32)
    return np.asarray(cv2.warpAffine(now, back, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.float32)


def _moves(ground: Ground, now: Floats, rule: GroundRule) -> tuple[Mask, float, float]:
    """Where the picture differs from half a second ago but for a common change of light; the noise; that change."""
    step = now - ground.before
    light = np.float32(np.median(step[::4, ::4]))
    step -= light
    size = np.abs(step)
    noise = 0.9 * ground.noise + 0.1 * 1.48 * float(np.median(size[::3, ::3]))
    return np.asarray(cv2.blur(size, (5, 5)) > max(rule.moves, 2.5 * noise), bool), noise, abs(float(light))


def _structure(a: Floats, b: Floats, floor: float) -> Floats:
    """How much structure two pictures have in common around each pixel, -1..1; flat on flat is 1."""
    mean_a, mean_b = cv2.blur(a, WINDOW), cv2.blur(b, WINDOW)
    spread_a = cv2.blur(a * a, WINDOW) - mean_a * mean_a
    spread_b = cv2.blur(b * b, WINDOW) - mean_b * mean_b
    both = cv2.blur(a * b, WINDOW) - mean_a * mean_b
    little = np.float32(floor * floor)
    some_a, some_b = spread_a[::4, ::4], spread_b[::4, ::4]
    told = some_b > little
    ratio = np.sqrt(np.median(some_a[told] / some_b[told])) if told.any() else 1.0
    soft = np.float32(min(3.0, max(0.33, float(ratio))))  # dusk and haze take contrast from all of it
    return np.asarray((2 * both / soft + little) / (spread_a / (soft * soft) + spread_b + little), np.float32)


def _learnt(ground: Ground, moves: Mask, unlike: Mask, about: tuple[Sequence[Found], float, GroundRule]) -> Ground:
    """The plate after a look: slowly renewed where it fits, replaced where something has lain still for long."""
    bodies, passed, rule = about
    rests = ~moves & ~_covered(bodies, 0.15)
    still = np.where(unlike, ground.still + np.float32(passed) * rests, 0).astype(np.float32)
    old = cv2.dilate((still >= rule.absorb_s).astype(np.uint8), _LARGE) > 0  # windows reach beyond what lies there
    absorbed = rests & (old | ~ground.known)
    slow = np.float32(1 / (ground.looks + 1) if ground.looks < rule.young else min(1.0, passed / rule.learn_s))
    renewed = rests & (~unlike | (ground.looks < rule.young))
    rate = np.where(absorbed, np.float32(1), renewed * slow)
    usual = ground.usual + (ground.recent - ground.usual) * rate
    still[absorbed] = 0
    return replace(ground, usual=usual, known=ground.known | rests, still=still)


def _covered(bodies: Sequence[Found], grown: float = 0.0) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for one in (body.grown(grown) for body in bodies):
        rows = slice(max(0, round(one.y1 * HEIGHT)), max(0, round(one.y2 * HEIGHT)))
        mask[rows, max(0, round(one.x1 * WIDTH)) : max(0, round(one.x2 * WIDTH))] = True
    return mask


def _boxes(mask: Mask, label: str, least: float) -> tuple[Found, ...]:
    """Connected parts, specks left out and gaps closed, that fill at least ``least`` of the picture."""
    whole = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _SMALL)
    whole = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, _LARGE)
    _, _, rows, _ = cv2.connectedComponentsWithStats(whole)
    return tuple(
        Found(label, area / (w * h), x / WIDTH, y / HEIGHT, (x + w) / WIDTH, (y + h) / HEIGHT)
        for x, y, w, h, area in rows[1:].tolist()
        if area >= least * mask.size
    )
