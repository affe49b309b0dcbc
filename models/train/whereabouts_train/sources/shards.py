"""Tar shards: members `<key>.jpg|png|webp`, each with a text member `<key>.cls`: its class."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import Item

IMAGE_SUFFIXES = ("jpg", "jpeg", "png", "webp")


def read(spec: dict[str, Any]) -> Iterator[Item]:
    """spec: name, root (folder of *.tar), split; shards listed in `test` get split "test"."""
    shards = sorted(Path(spec["root"]).glob("*.tar"))
    if not shards:
        raise FileNotFoundError(f"No *.tar in {spec['root']} for set {spec['name']!r}")
    for shard in shards:
        split = "test" if shard.name in spec.get("test", []) else spec.get("split", "train")
        for key, members in _samples(shard):
            image = next((members[s] for s in IMAGE_SUFFIXES if s in members), None)
            if image is None:
                continue
            cls = members.get("cls", b"").decode().strip()
            path = f"{shard.name}/{key}"
            yield Item(spec["name"], cls, split, path, lambda image=image: image)


def _samples(shard: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Groups neighbouring members that share the name before the first dot."""
    current, members = "", {}
    with tarfile.open(shard) as tar:
        for info in tar:
            if not info.isfile():
                continue
            key, _, suffix = info.name.partition(".")
            if key != current and members:
                yield current, members
                members = {}
            current = key
            members[suffix.lower()] = tar.extractfile(info).read()
    if members:
        yield current, members
