"""Writes MiniPlaces' lists with class names: `train-named.txt`, `val-named.txt`.

python -m whereabouts_train.miniplaces raw/miniplaces

Its own lists name more training photos than the public copy holds, and give numbers for classes.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def class_of(path: str) -> str:
    """`train/a/airport_terminal/00000001.jpg` -> `airport_terminal`; may hold slashes."""
    return "/".join(path.split("/")[2:-1])


def named_lists(data: Path) -> dict[str, list[str]]:
    names, lists = {}, {"train": [], "val": []}
    for line in (data / "train.txt").read_text().splitlines():
        path, number = line.split()
        names[number] = class_of(path)
        if (data / "images" / path).is_file():
            lists["train"].append(f"{path} {names[number]}")
    for line in (data / "val.txt").read_text().splitlines():
        path, number = line.split()
        lists["val"].append(f"{path} {names[number]}")
    return lists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="folder that holds data/")
    args = parser.parse_args()
    for split, lines in named_lists(args.root / "data").items():
        (args.root / f"{split}-named.txt").write_text("\n".join(lines) + "\n")
        print(f"{split}: {len(lines)} photos")


if __name__ == "__main__":
    main()
