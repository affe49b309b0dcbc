"""Mean of the weights of two exported models, one trained on from the other.

python -m whereabouts_train.average ../overhead-a ../overhead-b --out ../overhead-mean

Training on one source moves a network away from what it knew of others; the mean keeps much of
both. Statistics are left out: run whereabouts_train.statistics on the result.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .export import check_bits, normalised, pattern, session


def weight_names(model: onnx.ModelProto) -> list[tuple[str, bool]]:
    """Kernels and biases in the order of the forward pass; True = stored transposed."""
    names = []
    for node in model.graph.node:
        if node.op_type == "Gemm":
            is_plain = any(a.name == "transB" and a.i == 1 for a in node.attribute)
            names += [(node.input[1], not is_plain), (node.input[2], False)]
        elif node.op_type == "Conv" and node.output[0] != "logitsmap":
            names += [(node.input[1], False), (node.input[2], False)]
    return names


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
    models = [onnx.load(str(folder / "model.onnx")) for folder in (args.first, args.second)]
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "model.onnx"
    onnx.save(average(*models), str(file))
    side, data = card["size"][0], file.read_bytes()
    check_bits(file, side)
    logits = session(file).run(["logits"], {"image": normalised(pattern(side)[None])})[0][0]
    card |= {"name": args.out.name, "bytes": len(data), "file": file.name}
    card["sha256"] = hashlib.sha256(data).hexdigest()
    card["parity"]["logits_first_8"] = [round(float(v), 4) for v in logits[:8]]
    card.pop("stats", None)
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
