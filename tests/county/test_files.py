"""A folder of files becomes a county, or a list of problems that name file, line and cure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace as replace_spot
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from county.calendar import Calendar, Day
from county.files import FILES, BadCounty, Folder, dump, from_path, load, read, to_path
from county.rows import Problem, escape, unescape, write
from county.snapshot import Content
from county.values import Duty, Level, Person
from tests.county.small import CAMERA, OTHER_VILLAGE, POLICY_TOML, SPOT, TOWNSHIP, VILLAGE, small_county, small_folder

Edit = Callable[[bytes], bytes]
Case = tuple[str, Edit, int, str, str]  # name, what is done to the file, line, words of the text, words of the cure


def replace(old: str, new: str) -> Edit:
    def edit(data: bytes) -> bytes:
        assert old in data.decode(), f"the fixture no longer has {old!r}"
        return data.decode().replace(old, new, 1).encode()

    return edit


def add(line: str) -> Edit:
    return lambda data: data + f"{line}\n".encode()


def raw(new: bytes) -> Edit:
    return lambda _data: new


def duty_line(categories: str) -> bytes:
    return f"v1,{VILLAGE},village,书记,0,,,{categories}\n".encode()


def duty_for(categories: str) -> Edit:
    """Give every duty a cell of categories, empty but for the first."""

    def edit(data: bytes) -> bytes:
        head, first, *rest = data.decode().splitlines()
        lines = (f"{head},categories", f"{first},{categories}", *(f"{line}," for line in rest))
        return "".join(f"{line}\n" for line in lines).encode()

    return edit


def consent(paper: str) -> Edit:
    """Give every device a cell of consent, the camera this one."""

    def edit(data: bytes) -> bytes:
        head, *rest = data.decode().splitlines()
        lines = (f"{line},{paper if line.startswith(CAMERA) else ''}" for line in rest)
        return "".join(f"{line}\n" for line in (f"{head},consent", *lines)).encode()

    return edit


def spot(**properties: object) -> Edit:
    def edit(data: bytes) -> bytes:
        collection = json.loads(data)
        feature = collection["features"][0]
        feature["geometry"] = properties.pop("geometry", None)
        feature["properties"] |= properties
        return json.dumps(collection).encode()

    return edit


def way(line: str) -> Edit:
    return raw(f"{WAYS_CSV}{line}\n".encode())


def twice(data: bytes) -> bytes:
    return json.dumps({"features": json.loads(data)["features"] * 2}).encode()


END = len(POLICY_TOML.splitlines()) + 1
HOURGLASS = [[0, 0], [1, 1], [1, 0], [0, 0.8]]
NEED = '[[need]]\nrole="包村干部"\nlevel="township"\n'
LIMIT = '[[limit]]\nstage="accept"\nlevel="village"\nvalue=1\nunit="hour"\n'
WAYS_CSV = "id,kind,name,region,road,valid_from,valid_to,longitude,latitude,crs,rota\n"
UNITS = "id,name,kind,parent,valid_from,valid_to\na,县政府,government,,,\n"
LEAVE = "person,from,to,reason\n"
DAYS = "date,works,name,note\n2026-01-01,no,,\n"

BROKEN: dict[str, list[Case]] = {
    "regions.csv": [
        ("a code of 7 digits", add("6409991,镇,640999,,,,,,"), 6, "'6409991'", "6, 9, 12"),
        ("a full-width digit", add("６40999102,镇,640999,,,,,,"), 6, "column 'code'", "digits"),
        ("a doubled code", add("640999101,镇,640999,,,,,,"), 6, "line 3", "once"),
        ("an unknown parent", add("640999102200,村,640999102,,,,,,"), 6, "unknown parent", "add a line"),
        ("a foreign parent", add("640998102,镇,640999,,,,,,"), 6, "not lie under", "begins"),
        ("a village under a county", add("640999102200,村,640999,,,,,,"), 6, "not lie under", "begins"),
        ("a group under a township", add(f"{VILLAGE}001,组,{TOWNSHIP},,,,,,"), 6, "not lie under", "begins"),
        ("a second county", add("640998,县,,,,,,,"), 0, "2 counties", "exactly one"),
        ("a county with a parent", replace("青峦县,", "青峦县,64"), 2, "parent", "empty"),
        ("a point without CRS", add(f"{VILLAGE}001,组,{VILLAGE},,,,106,36,"), 6, "crs ''", "CGCS2000"),
    ],
    "people.csv": [
        ("an open quote", add('x,"never closed,1,u,'), 7, "broken CSV", "quote"),
        ("a comma too many", add("x,名,19900000009,u,w,more"), 7, "6 cells", "comma"),
        ("GBK instead of UTF-8", lambda data: data.decode().encode("gbk"), 2, "not UTF-8", "UTF-8"),
        ("UTF-16", raw("id,name".encode("utf-16")), 1, "UTF-16", "UTF-8"),
        ("a zero byte", raw(b"id,name\nx,\0"), 2, "zero byte", "UTF-8"),
        ("a missing column", replace(",phone", ""), 1, "column phone", "id,name,phone"),
        ("an unknown column", replace("wechat", "weixin"), 1, "weixin", "wechat"),
        ("a column twice", replace("wechat", "id"), 1, "doubled", "known columns"),
        ("an empty name", add("x,,19900000009,,"), 7, "'name' is empty", "fill in"),
        ("a kind of person", lambda data: replace("会,", "会,boss")(replace("wechat", "kind")(data)), 2, "'boss'",
         "volunteer"),
        ("a phone of letters", add("x,名,call me,,"), 7, "phone", "digits"),
        ("a doubled person", add("v1,名,19900000009,,"), 7, "line 2", "once"),
    ],
    "duties.csv": [
        ("an empty file", raw(b""), 1, "empty", "person,area"),
        ("an unknown person", add(f"nobody,{VILLAGE},village,书记,2,,"), 7, "'nobody'", "people.csv"),
        ("an unknown area", add("v1,640999101299,village,书记,0,,"), 7, "unknown area", "regions.csv"),
        ("an unknown level", add(f"v1,{VILLAGE},province,书记,2,,"), 7, "'province'", "township"),
        ("a rank of words", add(f"v1,{VILLAGE},village,书记,first,,"), 7, "'first'", "0"),
        ("a duty too wide", add("v1,640999101,village,书记,2,,"), 7, "wider", "own line"),
        ("a leader of all the land", add("c1,64,leader,领导,0,,"), 7, "unknown area", "regions.csv"),
        ("a county's own desk too wide", add("t1,640999,township,乡官,0,,"), 7, "wider", "own line"),
        ("two first people", add(f"v2,{VILLAGE},village,书记,0,,"), 7, "on line 2", "valid_to"),
        ("a wrong date", add(f"v1,{VILLAGE},village,书记,2,1.3.2026,"), 7, "1.3.2026", "2026-03-01"),
        ("a category of no alarm", duty_for("noise"), 2, "unknown category noise", "[[category]]"),
        ("two keepers for one category", lambda data: duty_for("dumped|garbage")(data) + duty_line("garbage|overflow"),
         7, "two people of rank 0", "valid_to"),
        ("an empty validity", add(f"v1,{VILLAGE},village,书记,2,2026-03-01,2026-03-01"), 7, "not after", "first day"),
    ],
    "devices.csv": [
        ("an unknown village", add("d,bin,桶,640999101299,,,,,,,"), 5, "unknown village", "12-digit"),
        ("a bin nowhere", add("d,bin,桶,,,,,,,,"), 5, "unknown village ''", "12-digit"),
        ("an unknown box", add(f"d,bin,桶,{VILLAGE},box-9,,,,,,"), 5, "box-9", "kind box"),
        ("a camera as box", add(f"d,bin,桶,{VILLAGE},{CAMERA},,,,,,"), 5, CAMERA, "kind box"),
        ("an unknown kind", add(f"d,drone,机,{VILLAGE},,,,,,,"), 5, "'drone'", "camera"),
        ("a doubled device", add(f"{CAMERA},bin,桶,{VILLAGE},,,,,,,"), 5, "line 3", "once"),
        ("an id with a slash", add(f"a/b,bin,桶,{VILLAGE},,,,,,,"), 5, "'a/b'", "letters"),
        ("a camera without legal basis", replace("art7", ""), 3, "legal basis", "art7"),
        ("a consent without date", consent("同意书2026-014"), 3, "'同意书2026-014'", "number and date"),
        ("a consent of a day that is none", consent("14号 2026-02-30"), 3, "2026-02-30", "number and date"),
        ("a consent that is only a date", consent("2026-02-03"), 3, "'2026-02-03'", "number and date"),
        ("coordinates without CRS", replace("CGCS2000", ""), 3, "crs ''", "CGCS2000 or WGS-84"),
        ("shifted coordinates", replace("CGCS2000", "GCJ-02"), 3, "GCJ-02", "convert"),
        ("swapped coordinates", replace("106.2,36.1", "36.1,106.2"), 3, "outside", "first"),
        ("half a point", replace("106.2,36.1", "106.2,"), 3, "only one", "both"),
        ("not a number", replace("106.2,", "nan,"), 3, "'nan'", "plain number"),
        ("a number in words", replace("106.2,", "east,"), 3, "'east'", "plain number"),
    ],
    "spots.geojson": [
        ("a polygon outside", spot(polygon=[[0, 0], [2, 0], [1, 1]]), 0, "outside the picture", "0 to 1"),
        ("a polygon of two points", spot(polygon=[[0, 0], [1, 0]]), 0, "no area", "three corners"),
        ("a polygon of 201 corners", spot(polygon=[[n / 201, 0.5] for n in range(201)]), 0, "201 corners", "200"),
        ("a polygon like an hourglass", spot(polygon=HOURGLASS), 0, "crosses itself", "in order"),
        ("a spot of no device", spot(device="cam-9"), 0, "cam-9", "devices.csv"),
        ("a spot in no village", spot(region="640999101299"), 0, "unknown village", "regions.csv"),
        ("a spot in a township", spot(region=TOWNSHIP), 0, "unknown village", "12 or more"),
        ("a spot of unknown kind", spot(kinds=["noise"]), 0, "noise", "category"),
        ("kinds that are no list", spot(kinds="garbage"), 0, "no", "write kinds"),
        ("a spot of unknown zone", spot(zone="moon"), 0, "moon", "zones"),
        ("a spot at an unknown way", spot(ways=["lane-9"]), 0, "unknown way 'lane-9'", "ways.csv"),
        ("ways that are no list", spot(ways="lane-9"), 0, "ways is not a list", "shimen-lane-1"),
        ("a way twice", spot(ways=["lane-9", "lane-9"]), 0, "a way twice", "once"),
        ("a spot without name", spot(name=""), 0, "properties.name", "add"),
        ("a spot id with a blank", spot(id="a b"), 0, "'a b'", "letters"),
        ("a spot twice", twice, 0, "feature 2", "unique under its box"),
        ("a map polygon", spot(geometry={"type": "Polygon"}), 0, "not a point", "geometry is null"),
        ("a point of words", spot(geometry={"type": "Point", "coordinates": ["a", 1]}), 0, "not a point", "longitude"),
        ("a point without CRS", spot(geometry={"type": "Point", "coordinates": [106, 36]}), 0, "crs ''", "CGCS2000"),
        ("no JSON", raw(b"{\n{"), 2, "not JSON", "FeatureCollection"),
        ("no features", raw(b"{}"), 1, "no list", "FeatureCollection"),
        ("nested too deep", raw(b"[" * 200_000), 0, "not JSON", "FeatureCollection"),
    ],
    "ways.csv": [
        ("an empty file", raw(b""), 1, "empty", "id,kind,name,region,road"),
        ("a missing column", raw(b"id,kind,name\n"), 1, "column region, road", "id,kind"),
        ("an unknown kind", way(f"w,river,河,{VILLAGE},,,,,,,"), 2, "'river'", "lane, road, ditch, pond"),
        ("an id with a blank", way(f"a b,lane,巷,{VILLAGE},,,,,,,"), 2, "'a b'", "letters"),
        ("an id like a region", way(f"640999,lane,巷,{VILLAGE},,,,,,,"), 2, "digits only", "letter"),
        ("the id of a spot", way(f"{SPOT},lane,巷,{VILLAGE},,,,,,,"), 2, "spot has the same id", "another id"),
        ("the id of a bin", way(f"bin-1,lane,巷,{VILLAGE},,,,,,,"), 2, "device has the same id", "another id"),
        ("the id of a sensor", way(f"w.sensor,lane,巷,{VILLAGE},,,,,,,"), 2, "ends with .sensor", "another ending"),
        ("a way twice", way(f"w,lane,巷,{VILLAGE},,,,,,,\nw,lane,巷,{VILLAGE},,,,,,,"), 3, "line 2", "once"),
        ("a way without name", way(f"w,lane,,{VILLAGE},,,,,,,"), 2, "'name' is empty", "fill in"),
        ("a way nowhere", way("w,lane,巷,640999101299,,,,,,,"), 2, "unknown region", "regions.csv"),
        ("a way all over the county", way("w,ditch,渠,640999,,,,,,,"), 2, "unknown region", "9 or more"),
        ("a road of a township", way(f"w,road,路,{TOWNSHIP},,,,,,,"), 2, "stretch of road", "one line for each"),
        ("a lane of a road", way(f"w,lane,巷,{VILLAGE},沿黄路,,,,,,"), 2, "a lane with the road", "stretch"),
        ("a rota of words", way(f"w,road,路,{VILLAGE},,,,,,,always"), 2, "'always'", "mon|thu"),
        ("a rota day twice", way(f"w,road,路,{VILLAGE},,,,,,,mon|mon"), 2, "'mon|mon'", "each once"),
        ("a shifted point", way(f"w,road,路,{VILLAGE},,,,106,36,GCJ-02,"), 2, "GCJ-02", "convert"),
        ("half a point", way(f"w,road,路,{VILLAGE},,,,106,,CGCS2000,"), 2, "only one", "both"),
        ("ended before it began", way(f"w,lane,巷,{VILLAGE},,2026-03-01,2026-02-01,,,,"), 2, "not after", "first day"),
    ],
    "units.csv": [
        ("an unknown kind", raw(f"{UNITS}b,帮,gang,,,\n".encode()), 3, "'gang'", "contractor"),
        ("a unit twice", raw(f"{UNITS}a,县政府,government,,,\n".encode()), 3, "line 2", "once"),
        ("an unknown parent", raw(f"{UNITS}b,镇政府,government,c,,\n".encode()), 3, "unknown parent 'c'", "this file"),
        ("a unit above itself", raw(f"{UNITS}b,甲,company,c,,\nc,乙,company,b,,\n".encode()), 4,
         "above itself", "above"),
        ("a unit of no name", raw(f"{UNITS}b,,company,,,\n".encode()), 3, "'name' is empty", "fill in"),
    ],
    "leave.csv": [
        ("an unknown person", raw(f"{LEAVE}x,2026-03-01,,\n".encode()), 2, "unknown person 'x'", "people.csv"),
        ("a leave of nobody", raw(f"{LEAVE},2026-03-01,,\n".encode()), 2, "'person' is empty", "fill in"),
        ("a leave without beginning", raw(f"{LEAVE}v1,,2026-03-01,\n".encode()), 2, "'from' is empty", "first day"),
        ("a leave that ends at once", raw(f"{LEAVE}v1,2026-03-01,2026-03-01,\n".encode()), 2, "not after", "is back"),
        ("a leave on no day", raw(f"{LEAVE}v1,tomorrow,,\n".encode()), 2, "'tomorrow'", "2026-03-01"),
    ],
    "outline.geojson": [
        ("no codes", raw(b'{"features": [{}]}'), 0, "code", "region"),
        ("a corner that is no number", raw(b'{"features": [{"id": NaN}]}'), 0, "NaN", "list"),
    ],
    "calendar.csv": [
        ("a day twice", raw(f"{DAYS}2026-01-01,yes,,\n".encode()), 3, "line 2", "once"),
        ("a day neither worked nor free", raw(f"{DAYS}2026-01-02,maybe,,\n".encode()), 3, "'maybe'", "yes or no"),
        ("a line without date", raw(f"{DAYS},yes,,\n".encode()), 3, "empty", "2026-03-01"),
    ],
    "policy.toml": [
        ("no TOML", add("x ="), END, "not TOML", "toml.io"),
        ("a negative limit", replace("value = 30", "value = -30"), 4, "limit.1.value", "above 0"),
        ("a limit without end", replace("value = 30", "value = inf"), 4, "limit.1.value", "correct"),
        ("a limit beyond every date", replace("value = 30", "value = 1e15"), 4, "limit.1.value", "correct"),
        ("a zone of no clock", add('[work]\nzone = "../../etc/passwd"'), END + 1, "unknown time zone", "correct"),
        ("an unknown unit", replace('"minute"', '"fortnight"'), 5, "limit.1.unit", "listed"),
        ("an unknown setting", add("[recheck]\nloooks = 3"), END + 1, "loooks", "spelling"),
        ("bin thresholds that meet", add("[bin]\ndirty = 50\nclean = 50"), END, "below dirty", "correct"),
        ("hours that overlap", add('[work]\nhours=[["08:00","12:00"],["11:00","18:00"]]'), END + 1, "overlap", "as"),
        ("a limit of no category", add(f'{LIMIT}category = "noise"'), 0, "unknown category 'noise'", "as"),
        ("a limit of no severity", add(f'{LIMIT}severity = "awful"'), END + 5, "limit.7.severity", "listed"),
        ("a limit of years", replace('30\nunit = "minute"', '300\nunit = "work_day"'), 1, "300工作日", "calendar.csv"),
        ("a limit without working time", lambda data: replace('30\nunit = "minute"', '9\nunit = "work_hour"')(data)
         + b'[work]\nhours=[["08:00","08:01"]]', 1, "longer than a year", "[work] hours"),
        ("a right without end",
         add('[[right]]\nmove="hold"\nlevels=["county"]\nlongest={value=9000,unit="work_hour"}'),
         END, "longest of the right hold of 9000", "shorter"),
        ("a reply without end", add('[supervision]\nreply={value=999,unit="work_day"}'), 0, "reply of", "shorter"),
        ("a limit of no zone", add(f'{LIMIT}zone = "moon"'), 0, "zone 'moon'", "as"),
        ("a kind without category", add('[[category]]\ncode="garbage"\nname="a"'), 0, "overflow, dumped", "as"),
        ("a code twice", add('[[category]]\ncode="a"\nname="a"\n' * 2), 0, "share a code", "correct"),
        ("a private zone that is none", lambda data: b'private_zones = ["moon"]\n' + data, 0, "'moon'", "correct"),
        ("no limit for a stage", replace('"accept"', '"verify"'), 0, "stage 'accept' at level 'village'", "correct"),
        ("a limit for arriving", replace('"accept"', '"arrive"'), 2, "到场算在处置里，期限写在 handle", "as"),
        ("a need of no area", add(f'{NEED}area="moon"'), END + 3, "need.1.area", "listed words"),
        ("a need of no role", add('[[need]]\nrole=""\nlevel="village"\narea="village"'), END + 1, "need.1.role", "as"),
        ("a need that nobody can meet", add(f'{NEED}area="village"\nleast=2\nmost=1'), END, "most lies below", "as"),
        ("a need of less than nobody", add(f'{NEED}area="village"\nleast=-1'), END + 4, "need.1.least", "correct"),
        ("a need of a kind of lanes", add(f'{NEED}area="lane"\nkind="x"'), END, "stands in ways.csv", "as"),
        ("a need of no village", add(f'{NEED}area="village"\nkind="hamlet"'), END, "there is none", "regions.csv"),
        ("a level twice", lambda data: b'ladder = ["village", "village"]\n' + data, 0, "names a level twice", "as"),
    ],
}  # fmt: skip


def yard(zone: str = "yard", paper: str = "", policy: str = "") -> Folder:
    """The small county with its camera's spot in a zone."""
    folder = small_folder()
    folder["spots.geojson"] = spot(zone=zone)(folder["spots.geojson"])
    folder["devices.csv"] = consent(paper)(folder["devices.csv"])
    return {**folder, "policy.toml": policy.encode() + folder["policy.toml"]}


def test_a_camera_that_looks_into_a_yard_without_a_paper_is_refused_with_the_cure() -> None:
    (problem,) = read(yard())[1]
    assert (problem.file, problem.line) == ("spots.geojson", 0)
    assert problem.text == (
        f"feature 1: spot {SPOT}: looks into the private zone 'yard' (农户庭院), and camera {CAMERA} has no consent"
    )
    assert "number and date" in problem.cure
    assert "column consent of devices.csv" in problem.cure
    county = load(yard(paper="同意书2026-014 2026-03-01"))
    assert county.devices[CAMERA].consent == "同意书2026-014 2026-03-01"
    assert load(dump(county.content, POLICY_TOML.encode())).content == county.content


def test_which_zones_are_private_is_the_county_s_to_say() -> None:
    assert read(yard("street"))[1] == []
    assert "zone 'street' (村庄街巷)" in read(yard("street", policy='private_zones = ["street", "yard"]\n'))[1][0].text
    assert read(yard(policy="private_zones = []\n"))[1] == []
    assert load(yard("lane", policy='zones = { lane = "巷" }\n')).policy.private == frozenset(), "no yard, none private"


def test_a_bin_in_a_yard_looks_at_nobody() -> None:
    folder = yard("street")
    collection = json.loads(folder["spots.geojson"])
    collection["features"].append({"properties": {"id": "b", "device": "bin-1", "name": "院内桶", "zone": "yard"}})
    assert read({**folder, "spots.geojson": json.dumps(collection).encode()})[1] == []


def test_one_may_answer_for_everything_and_another_of_the_same_rank_for_some() -> None:
    folder = small_folder()
    folder["duties.csv"] = duty_for("")(folder["duties.csv"]) + duty_line("dumped") + duty_line("garbage")
    assert read(folder)[1] == []


def test_where_units_are_entered_everybody_belongs_to_one() -> None:
    units = f"{UNITS}b,石门村村委会,government,a,,\nc,石门村村委会,government,a,,\nd,上河村村委会,government,,,\n"
    _, problems = read({**small_folder(), "units.csv": units.encode()})
    assert [(problem.line, problem.text, problem.cure) for problem in problems] == [
        (2, "person v1: unknown unit '石门村村委会'", "several units have this name; use the id"),
        (3, "person v1b: unknown unit '石门村村委会'", "several units have this name; use the id"),
        (5, "person t1: unknown unit '柳林镇政府'", "use an id or a name of units.csv"),
        (6, "person c1: unknown unit '青峦县政府'", "use an id or a name of units.csv"),
    ]


def test_a_volunteer_needs_no_unit_and_may_help_beside_the_first() -> None:
    folder = small_folder()
    folder["people.csv"] = folder["people.csv"].replace(b"wechat", b"kind") + "h,大娘,19900000009,,volunteer\n".encode()
    folder["duties.csv"] += f"h,{VILLAGE},village,协管员,0,,\n".encode()
    assert read(folder)[1] == []


def test_a_spot_on_the_stretch_of_another_village_is_refused() -> None:
    stretch = f"w,road,上河段,{OTHER_VILLAGE},沿黄路,,,,,,"
    folder = {**small_folder(), "ways.csv": way(stretch)(b"")}
    folder["spots.geojson"] = spot(ways=["w"])(folder["spots.geojson"])
    (problem,) = read(folder)[1]
    assert problem.text == f"feature 1: spot {SPOT}: lies in {VILLAGE}, but w (沿黄路 上河段) in {OTHER_VILLAGE}"
    assert "the stretch that lies in it" in problem.cure
    shared = {**folder, "ways.csv": way(f"w,ditch,总渠,{TOWNSHIP},,,,,,,")(b"")}
    assert read(shared)[1] == [], "a ditch may run through a whole township"


@pytest.mark.parametrize(
    ("file", "case"), [pytest.param(file, case, id=f"{file} {case[0]}") for file in BROKEN for case in BROKEN[file]]
)
def test_what_is_wrong_is_named_with_file_line_and_cure(file: str, case: Case) -> None:
    _, edit, line, text, cure = case
    folder = small_folder()
    folder[file] = edit(folder.get(file, b""))
    _, problems = read(folder)
    fitting = [p for p in problems if (p.file, p.line) == (file, line) and text in p.text and cure in p.cure]
    assert fitting, f"no problem at {file}:{line} with {text!r}, but {[str(p) for p in problems]}"
    with pytest.raises(BadCounty):
        load(folder)


def test_a_missing_file_and_a_foreign_file_are_named() -> None:
    folder = {**small_folder(), "../evil.csv": b""}
    del folder["regions.csv"]
    content, problems = read(folder)
    assert content is None
    assert [(p.file, p.cure[:20]) for p in problems] == [
        ("regions.csv", "make it; its columns"),
        ("../evil.csv", "the files are region"),
    ]


def test_the_good_folder_has_no_problem(folder: Folder) -> None:
    assert read(folder)[1] == []


def test_a_broken_line_does_not_hide_the_next_one() -> None:
    folder = small_folder()
    folder["people.csv"] += "x,,1,,\ny,名,abc,,\nz,名,19900000009,,\n".encode()
    content, problems = read(folder)
    assert [problem.line for problem in problems] == [7, 8]
    assert content is not None
    assert content.people[-1].id == "z"


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("people.csv", 12, "x", "y")) == "people.csv:12: x → y"
    assert str(Problem("people.csv", 0, "x", "y")) == "people.csv: x → y"


def test_a_byte_order_mark_and_blank_lines_and_outer_blanks_do_no_harm() -> None:
    folder = small_folder()
    folder["people.csv"] = b"\xef\xbb\xbf" + folder["people.csv"].replace(b"v1,", b" v1 ,") + b"\n , ,,,\n"
    assert load(folder).people["v1"].name == "马村官"


def test_a_problem_after_a_cell_of_two_lines_names_the_right_line() -> None:
    folder = small_folder()
    folder["people.csv"] += '"x","名",19900000009,"two\nlines",\ny,名,abc,,\n'.encode()
    assert [problem.line for problem in read(folder)[1]] == [9]


def test_what_is_written_is_read_back_the_same() -> None:
    days = {date(2026, 1, 1): Day(date(2026, 1, 1), False, "元旦", "note, with comma")}
    old = small_county().content
    people = (*old.people, Person("x", '=cmd|"/c calc"!A1', "+8613800000000", "-1+2", "@wx"))
    duties = (*old.duties, Duty("x", SPOT, Level.VILLAGE, "'=quoted", 3, date(2026, 1, 1), date(2026, 2, 1)))
    spots = (*old.spots, replace_spot(old.spots[0], id="x", longitude=106.3, latitude=36.2, crs="WGS-84"))
    content = Content(old.regions, people, duties, old.devices, spots, old.policy, Calendar(days))
    folder = dump(content, POLICY_TOML.encode())
    again = load(folder).content
    assert again == content
    assert dump(again, POLICY_TOML.encode()) == folder


def test_no_exported_cell_runs_as_a_formula() -> None:
    rows = [("=1+1", "+1", "-1+1", "@x", "\tx", "\rx", "'=1", "-3.5", "plain")]
    cells = next(csv.reader(io.StringIO(write("abcdefghi", rows).decode().split("\n", 1)[1], newline="")))
    assert [cell[0] for cell in cells[:7]] == ["'"] * 7
    assert cells[7:] == ["-3.5", "plain"]


@given(st.text())
def test_escaping_loses_nothing_and_leaves_no_formula(cell: str) -> None:
    safe = escape(cell)
    assert unescape(safe) == cell
    assert safe[:1] not in tuple("=+@\t\r")
    assert not safe.startswith("-") or safe[1:].replace(".", "", 1).isdecimal()


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    for name in FILES:
        read({**small_folder(), name: data})


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "properties", "geometry", "coordinates", "id", "polygon"]), inner
            )
        ),
    )
)
def test_no_json_makes_the_spot_reader_raise(feature: object) -> None:
    read({**small_folder(), "spots.geojson": json.dumps({"features": [feature]}).encode()})


def test_a_folder_on_disk_is_written_and_read(tmp_path: Path, folder: Folder) -> None:
    to_path(folder, tmp_path / "new" / "county")
    assert from_path(tmp_path / "new" / "county") == folder
    with pytest.raises(BadCounty, match="is not a folder"):
        from_path(tmp_path / "nowhere")


def test_too_large_a_file_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("county.files._LARGEST", 100)
    assert {"keep it under 100 bytes"} == {problem.cure for problem in read(small_folder())[1]}
