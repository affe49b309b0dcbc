"""The 365 scene classes and what the classes of other sets mean in them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
LABELS = HERE.parent / "labels"
OVERHEAD_CLASSES = HERE.parents[2] / "data" / "overhead-classes.json"
CLASS_COUNT = 365


@cache
def scene_names() -> tuple[str, ...]:
    """Official Places365 names in the official order; the index is the logit's index."""
    names = tuple((LABELS / "places365.txt").read_text().split())
    assert len(names) == CLASS_COUNT, f"Expected {CLASS_COUNT} scene names, found {len(names)}"
    return names


@cache
def scene_index() -> dict[str, int]:
    return {name: index for index, name in enumerate(scene_names())}


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    tables = {}
    for file in (LABELS / "ground.json", OVERHEAD_CLASSES):
        tables |= {k: v for k, v in json.loads(file.read_text()).items() if k != "note"}
    return tables


def scene_set(set_name: str, class_name: str) -> list[int]:
    """Indices of the scenes that `class_name` of `set_name` may show; empty = unknown to Places."""
    table = _tables().get(set_name, {})
    names = table.get(class_name)
    if names is None:
        names = [class_name] if class_name in scene_index() else []
    return [scene_index()[name] for name in names]


def scene_masks(set_names: list[str], class_names: list[str]) -> np.ndarray:
    """One row of booleans per item: which scenes fit it. # [n, 365]"""
    masks = np.zeros((len(set_names), CLASS_COUNT), bool)
    for row, (set_name, class_name) in enumerate(zip(set_names, class_names, strict=True)):
        masks[row, scene_set(set_name, class_name)] = True
    return masks
