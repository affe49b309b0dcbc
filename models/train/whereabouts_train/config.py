"""One dataclass per loop, one JSON recipe per run; unknown keys are refused."""

from __future__ import annotations

import argparse
import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar


@dataclass(frozen=True)
class TrainConfig:
    """What both loops share."""

    network: str  # a name of networks.NETWORKS
    networkOptions: dict[str, Any] = field(default_factory=dict)
    start: str = ""  # ONNX file or checkpoint to start from; "" = random weights
    frozenBlocks: int = 0  # blocks of the trunk that keep their weights
    seed: int = 1
    threads: int = 1
    device: str = "cpu"
    precision: str = "float32"  # or "bfloat16": 1.6 x the speed for a DenseNet, where CPUs have it
    steps: int = 1000
    batch: int = 64
    optimiser: str = "sgd"  # or "adamw"
    learningRate: float = 0.02
    warmupSteps: int = 100
    weightDecay: float = 2e-5
    clipNorm: float = 5.0
    averageDecay: float = 0.998  # of the weight average that is exported
    everySteps: int = 200  # log, validate and save a checkpoint
    validateCount: int = 1000


@dataclass(frozen=True)
class PhotoConfig(TrainConfig):
    """The ground view: labels, and a teacher for the scenes without photos."""

    pack: str = ""  # folder made by whereabouts_train.pack (and distil)
    teacher: str = ""  # the teacher's weights; "" = only what teacher.npy holds
    sides: list[int] = field(default_factory=lambda: [128])  # picture sizes, drawn per batch
    areaMin: float = 0.35  # smallest share of the picture that a crop keeps
    postedShare: float = 1.0  # photos that may be damaged as if they had been posted somewhere
    holdOut: list[str] = field(default_factory=list)  # scenes whose photos are left out
    holdOutLabelsOnly: bool = False  # their photos stay, without labels: the teacher tells of them
    labelAll: float = 0.5  # weight: set likelihood among all 365 scenes
    labelCovered: float = 0.5  # weight: among the scenes that have photos
    teachCovered: float = 1.0  # weight: teacher's ranking among scenes with photos
    teachOthers: float = 0.5  # weight: among scenes without photos
    teachMass: float = 0.25  # weight: how much goes to scenes without photos
    temperature: float = 2.0
    teachUnlabelled: float = 0.0  # weight: teacher's opinion of photos that have no label
    unlabelledShare: float = 0.0  # of each batch; 0 = as often as labelled ones
    opinionTemperature: float = 0.5  # of that opinion; below 1 sharpens it
    validateSide: int = 160


@dataclass(frozen=True)
class OverheadConfig(TrainConfig):
    """The overhead view: class-matched photo logits as targets."""

    packs: list[dict[str, Any]] = field(default_factory=list)  # folder, gsd, weight
    exclude: list[str] = field(default_factory=list)  # "set" or "set/class": not trained on
    windows: list[dict[str, Any]] = field(default_factory=list)  # as packs, large, unlabelled too
    bank: str = ""  # folder with the photo model's logits (whereabouts_train.bank)
    side: int = 224
    windowSide: int = 320  # px of the larger windows
    windowShare: float = 0.5  # share of batches that take the inner part of larger windows
    windowBatch: int = 16  # windows cost about three times a patch
    strangeShare: float = 0.0  # windows whose surroundings come from another window
    frozenNorms: bool = False  # batch norms keep their statistics: maps agree as they are deployed
    gsd: float = 0.5  # m/px of the deployed patch
    gsdJitter: float = 0.2  # relative, both ways, log-uniform
    lightingShare: float = 0.6  # share of patches with another exposure and tone curve
    roadShare: float = 0.0  # share of patches with a road paved through; teachers see them without
    blendShare: float = 0.0  # share of patches with another one laid over: only teachers label them
    drawCount: int = 24  # photos averaged for one target
    matchTarget: float = 1.0  # weight: squared distance to the target, per class deviation
    labelSet: float = 0.4  # weight: set likelihood
    contrast: float = 0.25  # weight: a patch's fitting photos against the bank's others
    contrastPhotos: float = 0.5  # weight: a photo's fitting patches against the batch's others
    contrastCount: int = 512  # photos of the bank per step
    temperature: float = 0.15
    agree: float = 1.0  # weight: map of a window against the single patch
    teachers: list[str] = field(default_factory=list)  # checkpoints, ONNX: mean of their logits
    repeatAfter: int = 0  # steps until the same views come again, with what teachers said of them
    memory: str = ""  # folder for that, 730 bytes a view; runs with the same teachers share it
    teach: float = 0.0  # weight: squared distance to the teachers' logits of the same patch
    keep: float = 0.0  # weight: to what teachers, or else the start, said of a window's middle


Config = TypeVar("Config", bound=TrainConfig)


def load_config(kind: type[Config], file: str | Path, overrides: list[str]) -> Config:
    """Reads a recipe; `overrides` are `key=json` pairs from the command line."""
    values = json.loads(Path(file).read_text())
    for override in overrides:
        key, _, text = override.partition("=")
        values[key] = _json_or_text(text)
    values.pop("note", None)
    known = {f.name for f in dataclasses.fields(kind)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"Unknown keys in {file}: {', '.join(unknown)}; known: {sorted(known)}")
    return kind(**values)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def parse_arguments(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("recipe", type=Path, help="JSON recipe")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; resumes there")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=JSON", help="override")
    return parser.parse_args()
