"""Writes a trained network as a model folder: model.onnx and model.json (statistics come after).

python -m whereabouts_train.export runs/photo/checkpoint.pt --view ground --name photo-… --out ../
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from .networks import MEAN, STD, SceneNet
from .run import load_network
from .storage import MAP_OUTPUT, fold_shapes, share_classifier, to_float16

PHOTO_RESIZE = {
    "mode": "squash",
    "kernel": "bicubic",
    "note": "aspect ratio is dropped, in training too",
}


class GroundOutputs(nn.Module):
    def __init__(self, net: SceneNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        return self.net(image)


class OverheadOutputs(nn.Module):
    """logits [n, 365] = pool, then classify; features [n, d]; logitsmap [n, 365, h/s, w/s]."""

    def __init__(self, net: SceneNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        feature_map = self.net.feature_map(image)
        features = feature_map.mean((2, 3))
        return self.net.classify(features), features, self.net.map_logits(feature_map)


def export_onnx(net: SceneNet, view: str, side: int, file: Path) -> None:
    net.eval()
    net.frozen_blocks = 0
    outputs = ["logits"] if view == "ground" else ["logits", "features", "logitsmap"]
    wrapper = GroundOutputs(net) if view == "ground" else OverheadOutputs(net)
    axes = {"image": {0: "n", 2: "h", 3: "w"}, "logits": {0: "n"}}
    if view == "overhead":
        axes |= {"features": {0: "n"}, "logitsmap": {0: "n", 2: "hm", 3: "wm"}}
    probe = torch.zeros(2, 3, side, side)
    with warnings.catch_warnings():
        # The exporter is the older one, whose files every runtime reads; it says so each time.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapper.eval().to(memory_format=torch.contiguous_format),
            (probe,),
            str(file),
            input_names=["image"],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    onnx.save(share_classifier(fold_shapes(onnx.load(str(file)))), str(file))


def pattern(side: int) -> np.ndarray:
    """The parity picture: (7x + 13y + 29c) mod 256. # uint8 [3, side, side]"""
    c, y, x = np.meshgrid(np.arange(3), np.arange(side), np.arange(side), indexing="ij")
    return ((7 * x + 13 * y + 29 * c) % 256).astype(np.uint8)


def normalised(pixels: np.ndarray) -> np.ndarray:
    """uint8 [n, 3, h, w] -> what the model reads."""
    mean, std = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (MEAN, STD))
    return (pixels.astype(np.float32) / 255 - mean) / std


def session(file: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def check_same(net: SceneNet, file: Path, side: int) -> float:
    """Largest difference between PyTorch and ONNX on noise and the pattern; at most 1e-3."""
    noise = np.random.default_rng(1).integers(0, 256, (3, 3, side, side), dtype=np.uint8)
    image = normalised(np.concatenate([noise, pattern(side)[None]]))
    with torch.no_grad():
        expected = net(torch.from_numpy(image)).numpy()
    received = session(file).run(["logits"], {"image": image})[0]
    difference = float(np.abs(expected - received).max())
    assert difference < 1e-3, f"PyTorch and ONNX differ by {difference}"
    return difference


def check_bits(file: Path, side: int) -> None:
    """The same bits alone, in company, at any position in the batch, on one thread or two."""
    noise = np.random.default_rng(2).integers(0, 256, (8, 3, side, side), dtype=np.uint8)
    image = normalised(noise)
    runs = [session(file, threads) for threads in (1, 2)]
    whole = runs[0].run(["logits"], {"image": image})[0]
    for run in runs:
        for rows in ([0], [7], [3, 0, 5], [7, 6, 5, 4, 3, 2, 1, 0]):
            part = run.run(["logits"], {"image": image[rows]})[0]
            assert np.array_equal(part, whole[rows]), f"{file}: bits differ for rows {rows}"


def check_map(file: Path, side: int) -> None:
    """The mean of the map of logits over a picture is the picture's logits, within 1e-3."""
    run = session(file)
    if MAP_OUTPUT not in [output.name for output in run.get_outputs()]:
        return
    image = normalised(np.random.default_rng(3).integers(0, 256, (2, 3, side, side), np.uint8))
    logits, over_map = run.run(["logits", MAP_OUTPUT], {"image": image})
    difference = float(np.abs(over_map.mean((2, 3)) - logits).max())
    assert difference < 1e-3, f"{file}: map and logits differ by {difference}"


def file_facts(file: Path, side: int) -> dict:
    """What model.json says of the file: name, length, checksum, the answer to the pattern."""
    data = file.read_bytes()
    logits = session(file).run(["logits"], {"image": normalised(pattern(side)[None])})[0][0]
    kind = f"(7x + 13y + 29c) mod 256, {side} x {side}, x right, y down, c = 0 R 1 G 2 B"
    return {
        "file": file.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "parity": {"pattern": kind, "logits_first_8": [round(float(v), 4) for v in logits[:8]]},
    }


def manifest(name: str, view: str, side: int, net: SceneNet, file: Path) -> dict:
    """model.json: what a reader needs to feed the model and to compare its logits."""
    facts = {
        "name": name,
        "view": view,
        **file_facts(file, side),
        "size": [side, side],
        "input": {
            "name": "image",
            "layout": "NCHW",
            "channels": "RGB",
            "dtype": "float32",
            "scale": 1 / 255,
            "mean": list(MEAN),
            "std": list(STD),
        },
        "space": "places365",
        "classes": 365,
    }
    outputs: dict[str, list] = {"logits": ["n", 365]}
    if view == "ground":
        facts["resize"] = PHOTO_RESIZE
    else:
        outputs["features"] = ["n", net.feature_count]
        outputs["logitsmap"] = ["n", 365, f"h/{net.stride}", f"w/{net.stride}"]
        facts |= {"gsd": 0.5, "dynamic": ["height", "width"], "stride": net.stride}
    return facts | {"outputs": outputs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--view", choices=("ground", "overhead"), required=True)
    parser.add_argument("--side", type=int, default=0, help="default: 160 ground, 224 overhead")
    parser.add_argument("--storage", choices=("float32", "float16"), default="float32")
    parser.add_argument("--facts", type=Path, help="JSON merged in: licence, trainingData, metrics")
    parser.add_argument("--out", type=Path, required=True, help="folder of model folders")
    args = parser.parse_args()
    side = args.side or (160 if args.view == "ground" else 224)
    folder = args.out / args.name
    folder.mkdir(parents=True, exist_ok=True)
    net, file = load_network(args.checkpoint), folder / "model.onnx"
    export_onnx(net, args.view, side, file)
    difference = check_same(net, file, side)
    if args.storage == "float16":
        onnx.save(to_float16(onnx.load(str(file))), str(file))
    check_bits(file, side)
    check_map(file, side)
    facts = manifest(args.name, args.view, side, net, file)
    if args.facts:
        facts |= json.loads(args.facts.read_text())
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{folder}: {facts['bytes']} bytes, PyTorch and ONNX differ by {difference:.1e}")


if __name__ == "__main__":
    main()
