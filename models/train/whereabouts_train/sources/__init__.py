"""Where training pictures come from: one file per kind of source, one registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """One picture of one set, before it is decoded."""

    set: str  # name of the data set, e.g. "ucm"
    cls: str  # class name in that set's own words; "" = none
    split: str  # "train", "val" or "test"
    path: str  # relative to the root of the set; unique within the set
    read: Callable[[], bytes]
    place: str = ""  # "lat,lon" where known: splits by place use it


def read_source(spec: dict[str, Any]) -> Iterator[Item]:
    """Yields the items of one `sources` entry of a recipe."""
    from . import folders, maps, pairs, shards  # late: each imports Item from here

    kinds = {m.__name__.rpartition(".")[2]: m.read for m in (folders, maps, pairs, shards)}
    kind = spec["kind"]
    if kind not in kinds:
        raise ValueError(f"Unknown source kind {kind!r}; known: {', '.join(sorted(kinds))}")
    yield from kinds[kind](spec)
