"""The one door to Blender: meshes, paints, camera, sky and the render call, in a handful of plain functions.

Lengths are metres, angles radians, colours linear RGB. Everything random takes a seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy  # first: it brings the three below  # isort: skip
import bmesh  # type: ignore[import-not-found,import-untyped,unused-ignore]
from bpy_extras.object_utils import world_to_camera_view  # type: ignore[import-not-found,import-untyped,unused-ignore]
from mathutils import Vector, noise  # type: ignore[import-not-found,import-untyped,unused-ignore]

Vec = tuple[float, float, float]
Rgb = tuple[float, float, float]
Thing = Any  # a Blender object: the library has no types
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")  # Debian: fonts-noto-cjk
_paints: dict[str, Any] = {}


@dataclass(frozen=True)
class Paint:
    """A surface: base colour, an optional second colour mottled in, gloss, bumps and grime near the ground."""

    colour: Rgb
    second: Rgb | None = None
    rough: float = 0.8
    spread: float = 3.0
    bump: float = 0.0
    bump_scale: float = 60.0
    gloss: float = 0.3
    clear: float = 0.0
    grime: float = 0.0
    brick: float = 0.0  # bricks (or tiles) a metre; 0 is none
    flat: bool = False  # bricks lie on the ground instead of standing in a wall


def reset() -> None:
    """Start with an empty file and Cycles switched on."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if "cycles" not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module="cycles")
    _paints.clear()


class Layer:
    """A named collection: `with Layer("subject"):` sends every new object there; clear() empties it."""

    current: Thing = None

    def __init__(self, name: str) -> None:
        """Take the collection of this name, made when there is none."""
        found = bpy.data.collections.get(name)
        if found is None:
            found = bpy.data.collections.new(name)
            bpy.context.scene.collection.children.link(found)
        self.collection = found

    def __enter__(self) -> Layer:
        """New objects go here from now on."""
        self._before = Layer.current
        Layer.current = self.collection
        return self

    def __exit__(self, *_: object) -> None:
        """New objects go where they went before."""
        Layer.current = self._before

    def clear(self) -> None:
        """Remove every object of the layer."""
        for thing in list(self.collection.objects):
            bpy.data.objects.remove(thing)

    def things(self) -> list[Thing]:
        """The objects of the layer."""
        return list(self.collection.objects)


# ---- paints ----


def paint(name: str, look: Paint) -> Any:
    """The Blender material of this name, made on first use."""
    if name in _paints:
        return _paints[name]
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    tree = made.node_tree
    body = tree.nodes["Principled BSDF"]
    body.inputs["Roughness"].default_value = look.rough
    body.inputs["Specular IOR Level"].default_value = look.gloss
    body.inputs["Transmission Weight"].default_value = look.clear
    body.inputs["Base Color"].default_value = (*look.colour, 1)
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    colour = _bricks(tree, place, look) if look.brick else _mottled(tree, place, look)
    if look.grime and colour is not None:
        colour = _grimy(tree, place, colour, look.grime)
    if colour is not None:
        tree.links.new(colour, body.inputs["Base Color"])
    if look.bump:
        _bumpy(tree, place, body, look)
    _paints[name] = made
    return made


def _noise(tree: Any, place: Any, scale: float, detail: float) -> Any:
    node = tree.nodes.new("ShaderNodeTexNoise")
    node.inputs["Scale"].default_value = scale
    node.inputs["Detail"].default_value = detail
    node.inputs["Roughness"].default_value = 0.65
    tree.links.new(place, node.inputs["Vector"])
    return node.outputs["Fac"]


def _ramp(tree: Any, value: Any, low: tuple[float, Rgb], high: tuple[float, Rgb]) -> Any:
    node = tree.nodes.new("ShaderNodeValToRGB")
    for element, (position, colour) in zip(node.color_ramp.elements, (low, high), strict=True):
        element.position = position
        element.color = (*colour, 1)
    tree.links.new(value, node.inputs["Fac"])
    return node.outputs["Color"]


def _mottled(tree: Any, place: Any, look: Paint) -> Any:
    second = look.second or tuple(c * 0.85 for c in look.colour)
    return _ramp(tree, _noise(tree, place, look.spread, 8), (0.38, look.colour), (0.65, second))  # type: ignore[arg-type]


def _bricks(tree: Any, place: Any, look: Paint) -> Any:
    second = look.second or look.colour
    turn = tree.nodes.new("ShaderNodeMapping")
    turn.inputs["Rotation"].default_value = (0, 0, 0) if look.flat else (math.pi / 2, 0, 0)
    node = tree.nodes.new("ShaderNodeTexBrick")
    for socket, colour in (("Color1", look.colour), ("Color2", second), ("Mortar", (0.33, 0.32, 0.3))):
        node.inputs[socket].default_value = (*colour, 1)
    node.inputs["Scale"].default_value = look.brick
    node.inputs["Mortar Size"].default_value = 0.012
    if look.flat:
        node.offset, node.inputs["Row Height"].default_value = 0.0, 0.5
    tree.links.new(place, turn.inputs["Vector"])
    tree.links.new(turn.outputs["Vector"], node.inputs["Vector"])
    worn = _ramp(tree, _noise(tree, place, 1.3, 10), (0.3, (0.62, 0.6, 0.58)), (0.7, (1, 1, 1)))
    return _times(tree, node.outputs["Color"], worn)


def _times(tree: Any, one: Any, other: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMixRGB")
    node.blend_type = "MULTIPLY"
    node.inputs["Fac"].default_value = 1.0
    tree.links.new(one, node.inputs["Color1"])
    tree.links.new(other, node.inputs["Color2"])
    return node.outputs["Color"]


def _grimy(tree: Any, place: Any, colour: Any, amount: float) -> Any:
    """Darken the foot of a wall: rain splashes it; the edge of the stain is ragged."""
    parts = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(place, parts.inputs[0])
    add = tree.nodes.new("ShaderNodeMath")
    add.operation = "MULTIPLY_ADD"
    add.inputs[1].default_value = 1.6
    tree.links.new(_noise(tree, place, 2.2, 9), add.inputs[0])
    tree.links.new(parts.outputs["Z"], add.inputs[2])
    dark = 1 - amount
    return _times(tree, colour, _ramp(tree, add.outputs[0], (0.15, (dark, dark * 0.97, dark * 0.9)), (0.8, (1, 1, 1))))


def _bumpy(tree: Any, place: Any, body: Any, look: Paint) -> None:
    node = tree.nodes.new("ShaderNodeBump")
    node.inputs["Strength"].default_value = look.bump
    node.inputs["Distance"].default_value = 0.05
    tree.links.new(_noise(tree, place, look.bump_scale, 6), node.inputs["Height"])
    tree.links.new(node.outputs["Normal"], body.inputs["Normal"])


# ---- things ----


def thing(name: str, mesh: Any, material: Any, at: Vec = (0, 0, 0), turn: Vec = (0, 0, 0)) -> Thing:
    """An object in the current layer."""
    made = bpy.data.objects.new(name, mesh)
    made.location, made.rotation_euler = at, turn
    if mesh is not None and material is not None and not mesh.materials:
        mesh.materials.append(material)
    Layer.current.objects.link(made)
    return made


def empty(name: str, at: Vec = (0, 0, 0), turn: Vec = (0, 0, 0)) -> Thing:
    """A thing without a body that carries others."""
    return thing(name, None, None, at, turn)


def carry(parent: Thing, *children: Thing) -> None:
    """Let parent carry the children (their places become local to it)."""
    for child in children:
        child.parent = parent


def mesh_of(name: str, points: Sequence[Sequence[float]], faces: Sequence[Sequence[int]], smooth: bool = False) -> Any:
    """A mesh out of points and faces."""
    made = bpy.data.meshes.new(name)
    made.from_pydata([tuple(p) for p in points], [], [tuple(f) for f in faces])
    made.update()
    if smooth:
        for face in made.polygons:
            face.use_smooth = True
    return made


def box(size: Vec, at: Vec, material: Any, turn: Vec = (0, 0, 0), bevel: float = 0.0) -> Thing:
    """A box around `at`."""
    work = bmesh.new()
    bmesh.ops.create_cube(work, size=1)
    bmesh.ops.scale(work, vec=size, verts=work.verts)
    if bevel:
        bmesh.ops.bevel(work, geom=work.edges[:], offset=bevel, segments=2, affect="EDGES")
    return thing("box", _finish(work, "box", smooth=False), material, at, turn)


def cone(radii: tuple[float, float], height: float, at: Vec, material: Any, turn: Vec = (0, 0, 0)) -> Thing:
    """A round stump around `at`, radii at its foot and head (equal: a cylinder)."""
    work = bmesh.new()
    bmesh.ops.create_cone(work, cap_ends=True, segments=24, radius1=radii[0], radius2=radii[1], depth=height)
    return thing("cone", _finish(work, "cone", smooth=True), material, at, turn)


def ball_points(subdivisions: int) -> tuple[list[Any], list[list[int]]]:
    """Points (unit sphere, Vectors) and faces of an icosphere."""
    work = bmesh.new()
    bmesh.ops.create_icosphere(work, subdivisions=subdivisions, radius=1)
    points = [v.co.copy() for v in work.verts]
    work.verts.index_update()
    faces = [[v.index for v in f.verts] for f in work.faces]
    work.free()
    return points, faces


def words(text: str, height: float, at: Vec, material: Any, turn: Vec) -> Thing:
    """Painted words of this height, centred at `at`."""
    curve = bpy.data.curves.new("words", "FONT")
    curve.body, curve.size, curve.extrude = text, height, 0.004
    curve.align_x, curve.align_y = "CENTER", "CENTER"
    curve.font = bpy.data.fonts.load(str(FONT), check_existing=True)
    made = thing("words", curve, material, at, turn)
    bpy.context.view_layer.update()
    made.scale = (height / made.dimensions.y,) * 3  # fonts differ in what they call their size
    return made


def _finish(work: Any, name: str, smooth: bool) -> Any:
    made = bpy.data.meshes.new(name)
    work.to_mesh(made)
    work.free()
    for face in made.polygons:
        face.use_smooth = smooth
    return made


def lump(at: Any) -> float:
    """Smooth noise at a point, -1..1."""
    return float(noise.noise(at))


def vector(x: float, y: float, z: float) -> Any:
    """A Blender vector."""
    return Vector((x, y, z))


# ---- camera, sky, render ----


def camera(at: Vec, look: Vec, view_degrees: float) -> None:
    """Put the camera at `at`, looking at `look`, with this horizontal angle of view."""
    lens = bpy.data.cameras.new("camera")
    made = bpy.data.objects.new("camera", lens)
    bpy.context.scene.collection.objects.link(made)
    bpy.context.scene.camera = made
    made.location = at
    made.rotation_euler = (Vector(look) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    lens.sensor_width, lens.angle = 36, math.radians(view_degrees)


def sky(height_degrees: float, towards_degrees: float, sun: float, strength: float) -> None:
    """Blender's sky with the sun at this height and compass angle (0 is +y, clockwise)."""
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("sky")
    scene.world.use_nodes = True
    tree = scene.world.node_tree
    node = tree.nodes.new("ShaderNodeTexSky")
    node.sky_type, node.sun_disc, node.dust_density = "NISHITA", True, 1.5
    node.sun_elevation, node.sun_rotation = math.radians(height_degrees), math.radians(towards_degrees)
    node.sun_intensity = sun
    node.sun_size = math.radians(1.2)  # a touch of haze softens the shadows
    tree.links.new(node.outputs[0], tree.nodes["Background"].inputs[0])
    tree.nodes["Background"].inputs[1].default_value = strength


def catch_shadows() -> None:
    """From now on only the subject layer is painted; the rest catches its shadow, and hides what is behind it."""
    for name in ("ground", "scenery"):
        for standing in Layer(name).things():
            standing.hide_render = False
            standing.is_shadow_catcher = True


def seen(points: Iterable[Vec]) -> list[tuple[float, float]]:
    """Where world points lie in the picture: 0..1 from its upper left corner."""
    scene = bpy.context.scene
    bpy.context.view_layer.update()
    found = (world_to_camera_view(scene, scene.camera, Vector(p)) for p in points)
    return [(round(float(v.x), 4), round(1 - float(v.y), 4)) for v in found]


def outline(things: Iterable[Thing]) -> tuple[float, float, float, float] | None:
    """The box (0..1 from the upper left corner) around the bodies of things; None when they have none."""
    bpy.context.view_layer.update()
    bodies = [t for t in things if t.type == "MESH"]
    found = seen(t.matrix_world @ v.co for t in bodies for v in t.data.vertices)
    if not found:
        return None
    xs, ys = [p[0] for p in found], [p[1] for p in found]
    return min(xs), min(ys), max(xs), max(ys)


def below(top: Thing) -> list[Thing]:
    """Everything a thing carries, itself included."""
    return [top, *(one for child in top.children for one in below(child))]


def render(path: Path, samples: int, exposure: float, window: tuple[float, float, float, float] | None = None) -> None:
    """Render 640x360 into `path` (PNG). With a window (x0, y0, x1, y1 of 0..1) only that, transparent."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_denoising = "CPU", samples, True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transmission_bounces = 5, 2, 2, 3
    cycles.caustics_reflective = cycles.caustics_refractive = False
    out = scene.render
    out.use_persistent_data = True
    out.resolution_x, out.resolution_y, out.resolution_percentage = 640, 360, 100
    out.film_transparent = window is not None
    out.use_border, out.use_crop_to_border = window is not None, False
    if window:
        out.border_min_x, out.border_max_x = window[0], window[2]
        out.border_min_y, out.border_max_y = 1 - window[3], 1 - window[1]
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Medium High Contrast"
    scene.view_settings.exposure = exposure
    out.image_settings.file_format = "PNG"
    out.image_settings.color_mode = "RGBA" if window else "RGB"
    out.filepath = str(path)
    bpy.ops.render.render(write_still=True)
