"""Cuts packs into pieces that a transfer lets through, and puts them together on the other side.

python -m whereabouts_train.pieces split packs/ground packs/ucm --out pieces --most-mb 60
python -m whereabouts_train.pieces join pieces --out packs

Pictures travel as JPEG (--quality 90; 0 = PNG, the same bits), the teacher's logits as they are.
`pieces.json` has every piece's checksum: what is missing or damaged is told by name.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from .pack import decode, load_pack

INDEX = "pieces.json"


@dataclass
class Piece:
    """Pictures of one pack, row after row."""

    first: int
    pictures: list[bytes] = field(default_factory=list)
    size: int = 0


def encoded(pixels: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    if quality:
        Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    else:
        Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pieces_of(pixels: np.ndarray, quality: int, most: int, row_bytes: int) -> Iterator[Piece]:
    """`row_bytes`: what each row weighs besides its picture. Pieces stay below `most` bytes."""
    piece = Piece(0)
    for row in range(len(pixels)):
        picture = encoded(pixels[row], quality)
        if piece.pictures and piece.size + len(picture) + row_bytes > most:
            yield piece
            piece = Piece(row)
        piece.pictures.append(picture)
        piece.size += len(picture) + row_bytes
    yield piece


def split(folders: list[Path], out: Path, most: int, quality: int) -> list[dict]:
    """Writes `NAME-000.npz` … and the index; returns the index's entries."""
    out.mkdir(parents=True, exist_ok=True)
    entries: list[dict] = []
    for folder in folders:
        pack, teacher_file = load_pack(folder), folder / "teacher.npy"
        teacher = np.load(teacher_file, mmap_mode="r") if teacher_file.is_file() else None
        row_bytes = 16 + (teacher[0].nbytes if teacher is not None else 0)
        items = (folder / "items.csv").read_bytes()
        budget = most - len(items) - 4096  # the first piece carries the list of pictures
        for number, piece in enumerate(pieces_of(pack.pixels, quality, budget, row_bytes)):
            rows = slice(piece.first, piece.first + len(piece.pictures))
            parts = {
                "bytes": np.frombuffer(b"".join(piece.pictures), np.uint8),
                "ends": np.cumsum([len(p) for p in piece.pictures]),
                "items": np.frombuffer(items if number == 0 else b"", np.uint8),
            }
            if teacher is not None:
                parts["teacher"] = teacher[rows]
            file = out / f"{folder.name}-{number:03}.npz"
            np.savez(file, **parts)
            facts = {"file": file.name, "pack": folder.name, "first": piece.first}
            facts |= {"count": len(piece.pictures), "side": int(pack.pixels.shape[1])}
            entries.append(facts | {"sha256": checksum(file)})
    (out / INDEX).write_text(json.dumps(entries, indent=1))
    return entries


def checksum(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def join(folder: Path, out: Path) -> list[Path]:
    """Makes the packs anew; refuses before it writes anything if a piece is missing or damaged."""
    entries = json.loads((folder / INDEX).read_text())
    for entry in entries:
        file = folder / entry["file"]
        if not file.is_file() or checksum(file) != entry["sha256"]:
            raise FileNotFoundError(f"Expected {file} as {INDEX} has it; bring it again")
    names = list(dict.fromkeys(entry["pack"] for entry in entries))
    for name in names:
        join_pack(folder, [e for e in entries if e["pack"] == name], out / name)
    return [out / name for name in names]


def join_pack(folder: Path, entries: list[dict], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    count, side = sum(e["count"] for e in entries), entries[0]["side"]
    shape, part = (count, side, side, 3), out / "pixels.npy.part"
    pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
    teacher = []
    for entry in entries:
        with np.load(folder / entry["file"]) as stored:
            data, ends = stored["bytes"].tobytes(), stored["ends"].tolist()
            if len(stored["items"]):
                (out / "items.csv").write_bytes(stored["items"].tobytes())
            if "teacher" in stored:
                teacher.append(stored["teacher"])
        starts = [0, *ends[:-1]]
        for offset, (start, end) in enumerate(zip(starts, ends, strict=True)):
            pixels[entry["first"] + offset] = decode(data[start:end], side, side)
    if teacher:
        np.save(out / "teacher.npy", np.concatenate(teacher))
    pixels.flush()
    part.rename(out / "pixels.npy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cut = commands.add_parser("split")
    cut.add_argument("packs", type=Path, nargs="+")
    cut.add_argument("--out", type=Path, required=True)
    cut.add_argument("--most-mb", type=float, default=60)
    cut.add_argument("--quality", type=int, default=90, help="of JPEG; 0 = PNG")
    put = commands.add_parser("join")
    put.add_argument("pieces", type=Path)
    put.add_argument("--out", type=Path, required=True, help="folder of packs")
    args = parser.parse_args()
    if args.command == "split":
        entries = split(args.packs, args.out, int(args.most_mb * 1e6), args.quality)
        print(f"{len(entries)} pieces in {args.out}")
    else:
        print("made", ", ".join(map(str, join(args.pieces, args.out))))


if __name__ == "__main__":
    main()
