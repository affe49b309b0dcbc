"""Writes a smaller copy of a model folder: weights in float16, or 8-bit arithmetic.

python -m whereabouts_train.quantise ../overhead-… --to float16 --out ../overhead-…-f16
python -m whereabouts_train.quantise ../overhead-… --to int8 --packs packs/ucm --gsd 0.3 --out …

int8 is static: zero points and scales come from training pictures. Weights per channel, signed
activations (unsigned ones may saturate on CPUs without VNNI). The classifier stays float: 365
logits in 256 steps would lie 0.16 apart. `accept` says whether it may ship.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from .bank import resized
from .export import check_bits, file_facts, normalised
from .gallery import rescaled
from .pack import load_pack
from .statistics import spread_rows
from .storage import copy_beside, load_plain, share_classifier, to_float16


class Calibration(CalibrationDataReader):
    """One picture after another, as the model will see them."""

    def __init__(self, pictures: Iterator[np.ndarray]) -> None:
        self.pictures = pictures

    def get_next(self) -> dict[str, np.ndarray] | None:
        pixels = next(self.pictures, None)  # uint8 [h, w, 3]
        if pixels is None:
            return None
        return {"image": normalised(pixels.transpose(2, 0, 1)[None])}


def training_pictures(
    card: dict, packs: list[Path], gsd: list[float], most: int
) -> Iterator[np.ndarray]:
    """At most `most` pictures of each pack's training split, at the deployed size or scale."""
    is_ground = card["view"] == "ground"
    for index, folder in enumerate(packs):
        pack = load_pack(folder)
        for row in spread_rows(pack, most, outdoor_only=is_ground):
            pixels = np.array(pack.pixels[row])
            yield resized(pixels, card["size"][0]) if is_ground else rescaled(pixels, gsd[index])


def classifier_nodes(model: onnx.ModelProto) -> list[str]:
    """Names of what makes the outputs: pool, classifier, classifier over the map."""
    outputs = {output.name for output in model.graph.output}
    return [node.name for node in model.graph.node if outputs & set(node.output)]


def to_int8(model: onnx.ModelProto, pictures: Iterator[np.ndarray], file: Path) -> None:
    """Quantises `model` (plain float32), all but its classifier, into `file`."""
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared = (Path(folder) / name for name in ("plain.onnx", "prepared.onnx"))
        onnx.save(model, str(plain))
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(file),
            Calibration(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=classifier_nodes(onnx.load(str(prepared))),
        )
    onnx.save(to_float16(share_classifier(onnx.load(str(file)))), str(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder, float32")
    parser.add_argument("--to", choices=("float16", "int8"), required=True)
    parser.add_argument("--packs", type=Path, nargs="+", default=[], help="to calibrate int8")
    parser.add_argument("--gsd", type=float, nargs="+", default=[], help="m/px, one per pack")
    parser.add_argument("--most", type=int, default=100, help="pictures per pack")
    parser.add_argument("--out", type=Path, required=True, help="the new model folder")
    args = parser.parse_args()
    card = json.loads((args.model / "model.json").read_text())
    scales = len(args.packs) if card["view"] == "overhead" else 0
    if args.to == "int8" and (not args.packs or len(args.gsd) != scales):
        parser.error("int8 needs --packs, and for an overhead model one --gsd for each")
    args.out.mkdir(parents=True, exist_ok=True)
    model, file = load_plain(args.model / card["file"]), args.out / "model.onnx"
    if args.to == "float16":
        onnx.save(to_float16(share_classifier(model)), str(file))
    else:
        to_int8(model, training_pictures(card, args.packs, args.gsd, args.most), file)
    check_bits(file, card["size"][0])
    card |= {"name": args.out.name, **file_facts(file, card["size"][0])}
    copy_beside(card, args.model, args.out)
    (args.out / "model.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"{args.out}: {card['bytes']} bytes, from {(args.model / card['file']).stat().st_size}")


if __name__ == "__main__":
    main()
