"""Codes to scan, drawn on the server: the page shows what stands in the answer and asks nobody else."""

from __future__ import annotations

import base64
import io

import segno


def drawn(text: str) -> str:
    """A code as the address of an SVG picture (data:…), dark on white with its quiet zone."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", scale=8, border=4, light="#fff")
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode()}"
