"""Pairs of a ground photo and the overhead patch around it: plain CSV, CVUSA's and WITW's layouts.

A pair becomes two items, of the sets `<name>-ground` and `<name>-overhead`, with the same `path`:
by that the patch finds its photo again, whose logits are its target (`bank.py`).
The split is by place: pairs whose place falls into the same 0.1 degree cell share one.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import Item

GROUND, OVERHEAD = "-ground", "-overhead"
CVUSA_CUTOUT = re.compile(r"^streetview/cutouts/(?P<stem>.+)_(?:90|270)\.jpg$")
CVUSA_FLICKR = re.compile(
    r"^flickr/(?P<folder>(?:[^/]+/)*)\d+@N\d+_\d+_(?P<lat>-?[\d.]+)_(?P<lon>-?[\d.]+)\.png$"
)
LAT_LON = re.compile(r"(-?\d+\.\d+)_(-?\d+\.\d+)")
CELL_DEG = 0.1


def read(spec: dict[str, Any]) -> Iterator[Item]:
    """spec: name, root, layout ("csv" | "cvusa" | "witw"), csv (the list), testShare (0…1)."""
    layouts = {"csv": _csv_pairs, "cvusa": _cvusa_pairs, "witw": _witw_pairs}
    root = Path(spec["root"])
    for photo, patch, place in layouts[spec.get("layout", "csv")](spec, root):
        split = _split(place or patch, spec.get("testShare", 0.1))
        for view, file in ((GROUND, photo), (OVERHEAD, patch)):
            yield Item(spec["name"] + view, "", split, photo, (root / file).read_bytes, place)


def _csv_pairs(spec: dict[str, Any], root: Path) -> Iterator[tuple[str, str, str]]:
    """Header `photo,patch[,lat,lon]`; paths are relative to `root`."""
    with open(spec["csv"], newline="") as file:
        for row in csv.DictReader(file):
            place = f"{row['lat']},{row['lon']}" if row.get("lat") else ""
            yield row["photo"], row["patch"], place


def _cvusa_pairs(spec: dict[str, Any], root: Path) -> Iterator[tuple[str, str, str]]:
    """Both side-looking cut-outs share one patch; flickr photos carry the place in their name.

    Folders below `cutouts` and `flickr` are the same on the side of the patches.
    """
    for file in sorted((root / "streetview" / "cutouts").rglob("*.jpg")):
        photo = file.relative_to(root).as_posix()
        if match := CVUSA_CUTOUT.match(photo):
            patch = f"streetview_aerial/18/{match['stem']}.jpg"
            found = LAT_LON.search(photo)
            yield photo, patch, ",".join(found.groups()) if found else ""
    for file in sorted((root / "flickr").rglob("*.png")):
        photo = file.relative_to(root).as_posix()
        if match := CVUSA_FLICKR.match(photo):
            lat, lon = match["lat"], match["lon"]
            yield photo, f"flickr_aerial/18/{match['folder']}{lat}_{lon}.jpg", f"{lat},{lon}"


def _witw_pairs(spec: dict[str, Any], root: Path) -> Iterator[tuple[str, str, str]]:
    """Per city: `<city>/surface/<id>.jpg` beside `<city>/overhead/<id>.tif|png|jpg`."""
    folders = (spec.get("surface", "surface"), spec.get("overhead", "overhead"))
    for file in sorted(root.glob(f"*/{folders[0]}/*.*")):
        for suffix in (".tif", ".png", ".jpg"):
            patch = file.parent.parent / folders[1] / (file.stem + suffix)
            if patch.is_file():
                # The city is the place: no city stands on both sides of a split.
                city = file.parent.parent.name
                yield file.relative_to(root).as_posix(), patch.relative_to(root).as_posix(), city
                break


def cell_of(place: str) -> str:
    """The 0.1 degree cell of `lat,lon`; any other name of a place is its own cell."""
    match = re.fullmatch(r"(-?[\d.]+),(-?[\d.]+)", place)
    return f"{float(match[1]) // CELL_DEG},{float(match[2]) // CELL_DEG}" if match else place


def _split(place: str, test_share: float) -> str:
    """The same place always falls on the same side, whatever the order of the files."""
    cell = cell_of(place)
    return "test" if zlib.crc32(cell.encode()) % 1000 < test_share * 1000 else "train"
