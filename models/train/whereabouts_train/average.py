"""Mean of the weights of exported models that were trained on from one start, or from each other.

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
from .storage import MAP_OUTPUT, copy_beside, load_plain, share_classifier


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


def weights_of(model: onnx.ModelProto) -> list[np.ndarray]:
    """In the order of `weight_names`, none of them transposed."""
    tensors = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    return [tensors[name].T if turned else tensors[name] for name, turned in weight_names(model)]


def average(models: list[onnx.ModelProto]) -> onnx.ModelProto:
    """The last of `models` with the mean of all models' weights."""
    mean_model, lists = models[-1], [weights_of(model) for model in models]
    stored = {i.name: i for i in mean_model.graph.initializer}
    columns = zip(*lists, strict=True)
    for (name, turned), arrays in zip(weight_names(mean_model), columns, strict=True):
        shapes = {array.shape for array in arrays}
        assert len(shapes) == 1, f"{name} has shapes {shapes}"
        mean = np.mean(arrays, 0, dtype=np.float64).astype(np.float32)
        turned_back = np.ascontiguousarray(mean.T if turned else mean)
        stored[name].CopyFrom(numpy_helper.from_array(turned_back, name))
    return mean_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="+", help="model folders; the last gives form")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cards = [json.loads((folder / "model.json").read_text()) for folder in args.models]
    card = cards[-1]
    if any("shrunk" in c for c in cards):
        parser.error("a shrunk model has no mean with others: average first, then shrink")
    models = [load_plain(folder / "model.onnx") for folder in args.models]
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "model.onnx"
    onnx.save(share_classifier(average(models)), str(file))
    check_bits(file, card["size"][0])
    check_map(file, card["size"][0])
    card |= {"name": args.out.name, **file_facts(file, card["size"][0])}
    card.pop("stats", None)
    copy_beside(card, args.models[-1], args.out)
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
