"""Shrinks an overhead model's logits of scenes without labelled ground towards their mean.

python -m whereabouts_train.shrink ../overhead-a --factor 0.5 --out ../overhead-b

Nothing ever taught those logits; in a distance over all 365 they are noise beside the taught ones.
Nearer to their mean they count for less where raw logits are compared, at no cost: the classifier
is linear, so a row of its matrix and its bias say it. The order of patches by one logit stays.
`statistics` has to have run before.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .average import weight_names
from .export import check_bits, check_map, file_facts
from .scenes import CLASS_COUNT
from .storage import MAP_OUTPUT, copy_beside, load_plain, share_classifier

FACTOR = 0.5


def classifier_weights(model: onnx.ModelProto) -> list[tuple[str, bool]]:
    """Matrices and biases that end in logits; True = scenes are the last axis."""
    ends = [n for n in model.graph.node if n.op_type == "Gemm" or n.output[0] == MAP_OUTPUT]
    inputs = {name for node in ends for name in node.input[1:]}
    return [(name, turned) for name, turned in weight_names(model) if name in inputs]


def shrink(model: onnx.ModelProto, mean: np.ndarray, factor: np.ndarray) -> onnx.ModelProto:
    """Logits l become mean + factor (l - mean). # plain float32 model; mean, factor [365]"""
    stored = {i.name: i for i in model.graph.initializer}
    for name, turned in classifier_weights(model):
        weights = numpy_helper.to_array(stored[name])
        if weights.ndim == 1:
            scaled = factor * weights + (1 - factor) * mean
        elif turned:
            scaled = weights * factor
        else:
            scaled = weights * factor.reshape(-1, *[1] * (weights.ndim - 1))
        stored[name].CopyFrom(numpy_helper.from_array(scaled.astype(np.float32), name))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder, with statistics")
    parser.add_argument("--factor", type=float, default=FACTOR)
    parser.add_argument("--out", type=Path, required=True, help="the new model folder")
    args = parser.parse_args()
    card = json.loads((args.model / "model.json").read_text())
    if not 0 < args.factor < 1:
        parser.error(f"Expected a factor between 0 and 1, got {args.factor}")
    if args.out.resolve() == args.model.resolve():
        parser.error("Expected another folder for --out: the model itself stays")
    if card["view"] != "overhead":
        parser.error(f"Expected an overhead model, got one of the {card['view']} view")
    if "taughtScenes" not in card or "stats" not in card:
        parser.error(f"{args.model} has no statistics: run whereabouts_train.statistics first")
    if "shrunk" in card:
        parser.error(f"{args.model} is shrunk already, by {card['shrunk']}")
    factor = np.full(CLASS_COUNT, args.factor)
    factor[card["taughtScenes"]] = 1
    args.out.mkdir(parents=True, exist_ok=True)
    file, side = args.out / "model.onnx", card["size"][0]
    plain = load_plain(args.model / card["file"])
    onnx.save(share_classifier(shrink(plain, np.array(card["stats"]["mean"]), factor)), str(file))
    check_bits(file, side)
    check_map(file, side)
    deviations = np.round(factor * card["stats"]["std"], 4).tolist()
    card["stats"] = card["stats"] | {"std": deviations}
    card |= {"name": args.out.name, "shrunk": args.factor, **file_facts(file, side)}
    copy_beside(card, args.model, args.out)
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"{args.out}: {int((factor < 1).sum())} scenes without labelled ground shrunk")


if __name__ == "__main__":
    main()
