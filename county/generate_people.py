"""The invented people of 青峦县: who answers for what, and the units to which they belong. The same each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from county.staff import Unit, UnitKind
from county.values import Duty, Level, Person, Region
from county.ways import Way, WayKind

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹柏窦苏潘葛范彭马田郝丁任"
_GIVEN = "建国志强秀兰桂英晓峰海燕文斌玉梅立新永宏春生淑芳学军红霞振东宝玲长青月娥广平彩云世昌金凤有才小翠"


class Cast:
    """Draws people: each call invents one, with a number that cannot be dialled."""

    def __init__(self, rng: Random, taken: int = 0) -> None:
        self._rng = rng
        self._taken = taken
        self.people: list[Person] = []

    def invent(self, identity: str, unit: str) -> str:
        """Add a person and return the id."""
        first, second = (self._pick(_GIVEN) for _ in range(2))
        name = self._pick(_SURNAMES) + first + (second if self._rng.random() < 0.8 else "")
        number = self._taken + len(self.people) + 1
        self.people.append(Person(identity, name, f"+9991990000{number:04d}", unit))
        return identity

    def _pick(self, letters: str) -> str:
        return letters[int(self._rng.random() * len(letters))]


def units_of(regions: Sequence[Region]) -> Iterator[Unit]:
    """The county's government and its departments, those of townships and villages, and who cleans the roads."""
    county = regions[0]
    yield Unit("county", f"{county.name}人民政府", UnitKind.GOVERNMENT)
    yield Unit("housing", f"{county.name}住房和城乡建设局", UnitKind.DEPARTMENT, "county")
    yield Unit("cleaning", f"{county.name}洁源环卫有限公司", UnitKind.CONTRACTOR)
    for region in regions:
        if region.level == "township":
            yield Unit(f"town-{region.code[6:]}", f"{region.name}人民政府", UnitKind.GOVERNMENT, "county")
        elif region.level == "village":
            above = f"town-{region.parent[6:]}"
            yield Unit(f"village-{region.code[6:]}", f"{region.name}村民委员会", UnitKind.GOVERNMENT, above)


def duties_of(regions: Sequence[Region], cast: Cast) -> Iterator[Duty]:
    """县级领导包乡镇、县直部门包片、乡镇干部包村、村支书和网格员."""
    for town in (region for region in regions if region.level == "township"):
        below = [region for region in regions if region.parent == town.code]
        leader = cast.invent(f"c{town.code[6:]}-1", "county")
        second = cast.invent(f"c{town.code[6:]}-2", "housing")
        yield Duty(leader, town.code, Level.LEADER, "包乡镇县级领导")
        yield Duty(second, town.code, Level.COUNTY, "包片县直部门联系人")
        head = cast.invent(f"t{town.code[6:]}-0", f"town-{town.code[6:]}")
        yield Duty(head, town.code, Level.TOWNSHIP, "分管副职")
        officers = [
            cast.invent(f"t{town.code[6:]}-{n + 1}", f"town-{town.code[6:]}") for n in range(-(-len(below) // 3))
        ]
        for number, village in enumerate(below):
            yield Duty(officers[number // 3], village.code, Level.TOWNSHIP, "包村干部")
            yield Duty(head, village.code, Level.TOWNSHIP, "分管副职", 1)
            yield from _village_duties(village, regions, cast)


def _village_duties(village: Region, regions: Sequence[Region], cast: Cast) -> Iterator[Duty]:
    unit = f"village-{village.code[6:]}"
    for rank, role in enumerate(("村党支部书记", "村委会主任")):
        yield Duty(cast.invent(f"v{village.code[6:]}-{rank}", unit), village.code, Level.VILLAGE, role, rank)
    for grid in (region for region in regions if region.parent == village.code):
        keeper = cast.invent(f"g{grid.code[6:]}", unit)
        yield Duty(keeper, grid.code, Level.VILLAGE, "网格员")


def keepers_of(ways: Sequence[Way], cast: Cast) -> Iterator[Duty]:
    """A contractor keeps the roads; who keeps a ditch answers for what floats on it, the bank is the village's."""
    for way in ways:
        unit = "cleaning" if way.kind is WayKind.ROAD else f"village-{way.region[6:12]}"
        keeper = cast.invent(f"k-{way.id}", unit)
        water = ("floating_waste",) if way.kind is WayKind.DITCH else ()
        yield Duty(keeper, way.id, Level.VILLAGE, way.kind.keeper, categories=water)
