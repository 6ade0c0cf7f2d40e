"""An issued paper in the form that somebody asked for, with its photo where the store still has it."""

from __future__ import annotations

from enum import StrEnum

from alerts.papers import docx, html
from alerts.papers.pdf import Press
from alerts.papers.rectification import Standing
from alerts.papers.shelf import Issued
from ingest.evidence import Evidence
from ingest.pictures import BadEvidence


class Form(StrEnum):
    """The forms; the value is the ending of a file's name."""

    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"

    @property
    def media_type(self) -> str:
        """The content type of this form."""
        return {
            "html": "text/html; charset=utf-8", "pdf": "application/pdf",
            "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }[self]  # fmt: skip


def photo_of(paper: Issued, evidence: Evidence) -> bytes | None:
    """The photo of a paper, small enough to print; None without one, or where it is gone or damaged.

    ``EvidenceAway`` when the store cannot be asked.
    """
    if paper.picture is None:
        return None
    try:
        return evidence.small(paper.picture)
    except BadEvidence:
        return None


def rendered(paper: Issued, form: Form, press: Press, photo: bytes | None, standing: Standing) -> bytes:
    """The file; how the paper stands is said on the HTML page only, for what is signed does not change."""
    if form is Form.HTML:
        return html.page(paper.sheet, standing, photo).encode()
    if form is Form.PDF:
        return press.pdf(paper.sheet, paper.issued_at, photo)
    return docx.document(paper.sheet, paper.issued_at, photo)
