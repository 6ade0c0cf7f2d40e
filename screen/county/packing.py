"""The county's files as a zip, out and in. What comes in is not believed, and nothing is written to disk.

Only the names that a county has are taken, from the top of the pack or from one folder in it, each once; sizes are
counted while unpacking, for a pack may lie about them.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib

from county.files import FILES, Folder

MOST_FILE, MOST_ALL, MOST_ENTRIES = 20_000_000, 40_000_000, 100  # bytes unpacked; entries
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same pack
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class BadPack(ValueError):
    """A pack that cannot be taken; the text says why, in Chinese."""


def packed(folder: Folder) -> bytes:
    """A zip of the files, in the order of their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in sorted(folder):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            pack.writestr(info, folder[name])
    return out.getvalue()


def unpacked(data: bytes) -> Folder:
    """The county's files in a zip; ``BadPack`` for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            return _files(pack)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as fault:
        if isinstance(fault, BadPack):
            raise
        raise BadPack("这不是能读的 zip 压缩包，也不是县资料里的文件；请用下载下来的 zip 修改后再上传") from fault


def _files(pack: zipfile.ZipFile) -> Folder:
    entries = [one for one in pack.infolist() if not one.is_dir() and not _ignored(one.filename)]
    if len(entries) > MOST_ENTRIES:
        raise BadPack(f"压缩包里有 {len(entries)} 个文件，最多 {MOST_ENTRIES} 个")
    found: dict[str, bytes] = {}
    left = MOST_ALL
    for one in entries:
        name = _name(one)
        if name in found:
            raise BadPack(f"压缩包里有两个 {name}")
        found[name] = _bytes(pack, one, min(left, MOST_FILE))
        left -= len(found[name])
    if not found:
        raise BadPack("压缩包里没有县资料的文件")
    return found


def _name(entry: zipfile.ZipInfo) -> str:
    """The county's name of an entry: at the top of the pack, or in one folder."""
    parts = entry.filename.replace("\\", "/").split("/")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadPack("压缩包里有链接，不接受")
    if entry.filename.startswith("/") or ".." in parts or len(parts) > 2:
        raise BadPack("压缩包里有不该有的路径，不接受")
    if parts[-1] not in FILES:
        raise BadPack(f"“{parts[-1][:60]}”不是县资料里的文件")
    return parts[-1]


def _bytes(pack: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with pack.open(entry) as source:
        data = source.read(most + 1)
    if len(data) > most:
        raise BadPack(f"“{entry.filename[-60:]}”解开后太大")
    return data


def _ignored(name: str) -> bool:
    return any(part in name for part in _IGNORED)
