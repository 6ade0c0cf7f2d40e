"""What every table of the settings is made of: frozen, closed, with times in seconds and paths beside the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Percent = Annotated[float, Field(ge=0, le=100)]


def _beside_the_file(value: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    return Path(base) / value if base is not None else value


Place = Annotated[Path, AfterValidator(_beside_the_file)]


class Closed(BaseModel):
    """Base of every table of the file: frozen, and a key that nobody reads is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
