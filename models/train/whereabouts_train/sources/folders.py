"""Image folders: the class is the folder's path, or stands in a list of `path label` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import Item

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


def read(spec: dict[str, Any]) -> Iterator[Item]:
    """spec: name, root, split, and any of
    list     file of `path label` lines (label = class name, or a number looked up in `classes`)
    classes  file whose n-th line names class n
    test     regular expression over paths, or a file of paths: those items get split "test"
    leaf     true: the class is the last folder's name only
    lower    true: class names in lower case (sets that spell them in two ways)
    labels   false: folders are no classes, the pictures have no label
    """
    root = Path(spec["root"])
    if not root.is_dir():
        raise FileNotFoundError(f"No folder {root} for set {spec['name']!r}; see data in README.md")
    is_test = _test_rule(spec.get("test"))
    for path, cls in _entries(spec, root):
        yield Item(
            set=spec["name"],
            cls=_class_of(cls, spec),
            split="test" if is_test(path) else spec.get("split", "train"),
            path=path,
            read=(root / path).read_bytes,
        )


def _class_of(cls: str, spec: dict[str, Any]) -> str:
    if not spec.get("labels", True):
        return ""
    return cls.lower() if spec.get("lower") else cls


def _entries(spec: dict[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    leaf = spec.get("leaf", False)
    if "list" not in spec:
        for file in sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES):
            parent = file.parent.relative_to(root)
            yield file.relative_to(root).as_posix(), parent.name if leaf else parent.as_posix()
        return
    names = Path(spec["classes"]).read_text().split() if "classes" in spec else None
    for line in Path(spec["list"]).read_text().splitlines():
        path, label = line.rsplit(maxsplit=1)
        yield path, names[int(label)] if names else label


def _test_rule(rule: str | None):
    if rule is None:
        return lambda path: False
    if Path(rule).is_file():
        listed = set(Path(rule).read_text().split())
        return lambda path: path in listed
    pattern = re.compile(rule)
    return lambda path: pattern.search(path) is not None
