"""Mean of the weights of two exported models, one trained on from the other.

python -m whereabouts_train.average ../overhead-a ../overhead-b --out ../overhead-mean

Training on one source moves a network away from what it knew of others; the mean keeps much of
both. Statistics are left out: run whereabouts_train.statistics on the result.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .export import check_bits, check_map, file_facts
from .storage import MAP_OUTPUT, load_plain, share_classifier


def weight_names(model: onnx.ModelProto) -> list[tuple[str, bool]]:
    """Weights in the order of the forward pass; True = stored transposed.

    What lies over the map of features comes last: exports differ in where they put it.
    """
    names, over_map = [], []
    for node in model.graph.node:
        if node.op_type == "Gemm":
            is_plain = any(a.name == "transB" and a.i == 1 for a in node.attribute)
            names += [(node.input[1], not is_plain), (node.input[2], False)]
        elif node.op_type in ("Conv", "BatchNormalization"):
            group = over_map if node.output[0] == MAP_OUTPUT else names
            group += [(name, False) for name in node.input[1:]]
    return names + [pair for pair in over_map if pair not in names]


def average(first: onnx.ModelProto, second: onnx.ModelProto) -> onnx.ModelProto:
    """`second` with the mean of both models' weights."""
    tensors = {i.name: numpy_helper.to_array(i) for i in first.graph.initializer}
    stored = {i.name: i for i in second.graph.initializer}
    pairs = zip(weight_names(first), weight_names(second), strict=True)
    for (name, is_turned), (own_name, is_own_turned) in pairs:
        one, other = tensors[name], numpy_helper.to_array(stored[own_name])
        one = one.T if is_turned != is_own_turned else one
        assert one.shape == other.shape, f"{name} {one.shape}, {own_name} {other.shape}"
        mean = ((one + other) / 2).astype(np.float32)
        stored[own_name].CopyFrom(numpy_helper.from_array(mean, own_name))
    return second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    card = json.loads((args.second / "model.json").read_text())
    models = [load_plain(folder / "model.onnx") for folder in (args.first, args.second)]
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "model.onnx"
    onnx.save(share_classifier(average(*models)), str(file))
    check_bits(file, card["size"][0])
    check_map(file, card["size"][0])
    card |= {"name": args.out.name, **file_facts(file, card["size"][0])}
    card.pop("stats", None)
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
