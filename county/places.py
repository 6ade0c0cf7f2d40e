"""The tree of regions: what lies above a place, and how a place is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from county.values import Region


class Places:
    """The regions of a county by code; each way up is walked once."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self.regions: Mapping[str, Region] = MappingProxyType({region.code: region for region in regions})
        self._ways_up: dict[str, tuple[Region, ...]] = {}

    def upward(self, code: str) -> tuple[Region, ...]:
        """The region and all above it, narrowest first; none for an unknown code."""
        found = self._ways_up.get(code)
        if found is None:
            found = tuple(self._walk(code))
            if found:  # an unknown code comes from outside, and there is no end of them
                self._ways_up[code] = found
        return found

    def name(self, code: str) -> str:
        """Township and what lies below, in words: ``柳林镇 石门村``. An unknown code is returned as it is."""
        names = [region.name for region in reversed(self.upward(code)) if region.level != "county"]
        return " ".join(names) or (self.regions[code].name if code in self.regions else code)

    def _walk(self, code: str) -> Iterator[Region]:
        region = self.regions.get(code)
        while region is not None:
            yield region
            region = self.regions.get(region.parent) if region.parent != region.code else None
