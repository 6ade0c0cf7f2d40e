"""Pack rendered pictures for the product: `python -m edge.scenes.make.pack RENDERED`, with the product's Python.

RENDERED/<place>/ (what the renderer wrote) becomes edge/scenes/<place>/: `plate.webp` (the place, empty), one
`<state>.webp` a state (only what differs from the plate, with a feathered alpha), `walk.webp` (all layers of the
villager on one sheet) and `scene.json` (title, spot polygon, where each piece lies).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
HOME = Path(__file__).parent.parent
SHEET_WIDTH = 1024


def pack(rendered: Path, home: Path) -> int:
    """Pack what was rendered of one place, beside what is packed of it already; return how many bytes it takes."""
    told = json.loads((rendered / "shots.json").read_text(encoding="utf-8"))
    home.mkdir(exist_ok=True, parents=True)
    path = home / "scene.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    scene = before | {k: told[k] for k in ("title", "seed", "rests", "step", "horizon")}
    scene["spot"] = _outline(told["corners"])
    if (rendered / "plate.png").exists():
        plate = _read(rendered / "plate.png")
        _write(home / "plate.webp", plate, 93)
        scene["states"] = {s: _pack_state(rendered, home, s, plate) for s in told["states"] if s != "plate"}
    layers = {"walk": [(part, rendered / f"walk_{i:03}.png") for i, part in enumerate(told["walk"])]}
    layers["lying"] = [(p.stem.removeprefix("lying_"), p) for p in sorted(rendered.glob("lying_*.png"))]
    for name, shots in layers.items():
        packed = _pack_sheet(home / f"{name}.webp", shots)
        scene[name] = packed or scene.get(name, [])
    scene["moves"] = dict(scene.get("moves", {}))
    for name, parts in told["moves"].items():
        shots = [(part, rendered / f"{name}_{i:03}.png") for i, part in enumerate(parts)]
        packed = _pack_sheet(home / f"{name}.webp", shots)
        scene["moves"][name] = packed or scene["moves"].get(name, [])
    scene["shows"] = told["shows"]
    path.write_text(_lines(scene), encoding="utf-8")
    return sum(f.stat().st_size for f in home.iterdir())


def _pack_state(rendered: Path, home: Path, state: str, plate: Picture) -> list[int]:
    picture = _read(rendered / f"{state}.png")
    alpha = _difference(plate, picture)
    x, y, w, h = cv2.boundingRect((alpha > 0).astype(np.uint8))
    piece = np.dstack([picture, alpha])[y : y + h, x : x + w]
    _write(home / f"{state}.webp", piece, 93)
    return [x, y, w, h]


def _difference(plate: Picture, picture: Picture, least: int = 12, grow: int = 9) -> Picture:
    """Alpha (uint8) of the regions where the two differ, with a soft edge; specks are noise and left out."""
    apart = cv2.medianBlur(cv2.absdiff(plate, picture).max(axis=2), 5)
    mask = cv2.morphologyEx((apart > least).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    mask = cv2.dilate(mask, np.ones((grow, grow), np.uint8))
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(mask)
    for i in range(1, count):
        if sizes[i, cv2.CC_STAT_AREA] < 220:
            mask[labels == i] = 0
    return cv2.GaussianBlur(mask * np.uint8(255), (7, 7), 0).astype(np.uint8)


def _pack_sheet(path: Path, shots: list[tuple[str, Path]]) -> list[list[Any]]:
    """Lay the layers side by side on one sheet; rows are [part, sheet x, sheet y, w, h, picture x, picture y]."""
    if not any(shot.exists() for _, shot in shots):
        return []
    rows: list[list[Any]] = []
    pieces: list[Picture] = []
    left = top = tall = 0
    for part, shot in shots:
        layer = _softened(_read(shot)) if shot.exists() else np.zeros((360, 640, 4), np.uint8)
        x, y, w, h = cv2.boundingRect((layer[..., 3] > 6).astype(np.uint8))
        if left + w > SHEET_WIDTH:
            left, top, tall = 0, top + tall, 0
        rows.append([part, left, top, w, h, x, y])
        pieces.append(layer[y : y + h, x : x + w])
        left, tall = left + w, max(tall, h)
    sheet = np.zeros((top + tall, SHEET_WIDTH, 4), np.uint8)
    for (_, sx, sy, w, h, _, _), piece in zip(rows, pieces, strict=True):
        sheet[sy : sy + h, sx : sx + w] = piece
    _write(path, sheet, 90)
    return rows


def _softened(layer: Picture) -> Picture:
    """Alpha for mixing in display values: the renderer's is for linear light, which would make shadows too black.

    The edge is softened by half a pixel, since a handful of samples leaves it ragged.
    """
    alpha = layer[..., 3:].astype(np.float32) / 255
    alpha = 1 - (1 - alpha) ** (1 / 2.2)
    spread = cv2.GaussianBlur(np.dstack([layer[..., :3] * alpha, alpha]), (0, 0), 0.6)
    colour = spread[..., :3] / np.maximum(spread[..., 3:], 1e-3)
    return np.clip(np.round(np.dstack([colour, spread[..., 3] * 255])), 0, 255).astype(np.uint8)


def _outline(corners: list[list[float]]) -> list[list[float]]:
    hull = cv2.convexHull(np.clip(np.array(corners, np.float32), 0, 1)).reshape(-1, 2)
    return [[round(float(x), 3), round(float(y), 3)] for x, y in hull]


def _lines(scene: dict[str, Any]) -> str:
    """JSON with a line for each top key and each layer, so that a change reads well."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {_told(value, 2)}" for key, value in scene.items()) + "\n}\n"


def _told(value: Any, deep: int) -> str:
    """A line for each layer of a list of layers; a table of such lists has one below the other."""
    pad = " " * deep
    if isinstance(value, dict) and value and all(_has_rows(one) for one in value.values()):
        return (
            "{\n"
            + ",\n".join(f"{pad}{json.dumps(k)}: {_told(v, deep + 1)}" for k, v in value.items())
            + f"\n{pad[1:]}}}"
        )
    if _has_rows(value):
        return "[\n" + ",\n".join(pad + json.dumps(row) for row in value) + f"\n{pad[1:]}]"
    return json.dumps(value, ensure_ascii=False)


def _has_rows(value: Any) -> bool:
    """Whether this is a list of layers: of rows that begin with a word, or of what each of them shows."""
    rows = isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)
    return rows and any(row and isinstance(row[0], str | list) for row in value)


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SystemExit(f"{path} is missing or no picture: render it first (see README.md)")
    return picture.astype(np.uint8)


def _write(path: Path, picture: Picture, quality: int) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_WEBP_QUALITY, quality])


if __name__ == "__main__":
    for folder in sorted(p.parent for p in Path(sys.argv[1]).glob("*/shots.json")):
        under = json.loads((folder / "shots.json").read_text(encoding="utf-8"))["under"]
        sys.stdout.write(f"{folder.name}: {pack(folder, HOME / under / folder.name)} bytes\n")
