"""python -m unittest tests.test_storage"""

from __future__ import annotations

import io
import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import torch
from torch import nn

from whereabouts_train.average import average
from whereabouts_train.export import check_bits, check_map, export_onnx, normalised, session
from whereabouts_train.networks import SceneNet, densenet_bc
from whereabouts_train.shrink import main as shrink_main
from whereabouts_train.shrink import shrink
from whereabouts_train.storage import copy_beside, load_plain, share_classifier, to_float16
from whereabouts_train.torch_graph import load_graph

SIDE = 64
OUTPUTS = ["logits", "features", "logitsmap"]


def network(seed: int) -> SceneNet:
    """A small DenseNet."""
    torch.manual_seed(seed)
    net = densenet_bc(growth=12, blocks=(1, 1, 2, 2))
    net.train()
    net(torch.randn(8, 3, SIDE, SIDE))  # batch statistics that are not 0 and 1
    return net.eval()


def pictures(count: int = 3) -> np.ndarray:
    return normalised(np.random.default_rng(5).integers(0, 256, (count, 3, SIDE, SIDE), np.uint8))


class Storage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.file = self.root / "model.onnx"
        export_onnx(network(1), "overhead", SIDE, self.file)

    def test_a_copy_has_what_its_card_names_beside_the_network(self):
        (self.root / "prototypes.f32").write_bytes(b"1234")
        target = self.root / "copy"
        target.mkdir()
        copy_beside({"prototypes": {"file": "prototypes.f32"}}, self.root, target)
        copy_beside({}, self.root / "nowhere", target)
        self.assertEqual((target / "prototypes.f32").read_bytes(), b"1234")

    def save(self, model: onnx.ModelProto, name: str) -> Path:
        file = self.root / name
        onnx.save(model, str(file))
        return file

    def outputs(self, file: Path) -> list[np.ndarray]:
        return session(file).run(OUTPUTS, {"image": pictures()})

    def test_the_classifier_stands_once_and_changes_no_bit(self):
        plain = self.save(load_plain(self.file), "plain.onnx")
        matrix = 365 * network(1).feature_count * 4
        self.assertGreater(plain.stat().st_size - self.file.stat().st_size, 0.95 * matrix)
        for one, other in zip(self.outputs(plain), self.outputs(self.file), strict=True):
            np.testing.assert_array_equal(one, other)
        again = self.save(share_classifier(load_plain(self.file)), "again.onnx")
        self.assertLess(again.stat().st_size, 1.01 * self.file.stat().st_size)

    def test_a_map_with_weights_of_its_own_keeps_them(self):
        model = load_plain(self.file)
        stored = {i.name: i for i in model.graph.initializer}
        kernel = stored[next(n for n in model.graph.node if n.output[0] == "logitsmap").input[1]]
        doubled = 2 * onnx.numpy_helper.to_array(kernel)
        kernel.CopyFrom(onnx.numpy_helper.from_array(doubled, kernel.name))
        kept = self.outputs(self.save(share_classifier(model), "kept.onnx"))[2]
        self.assertGreater(np.abs(kept - self.outputs(self.file)[2]).max(), 0.01)
        with self.assertRaises(AssertionError):
            check_map(self.root / "kept.onnx", SIDE)

    def test_float16_halves_the_file_and_moves_logits_by_thousandths(self):
        half = self.save(to_float16(load_plain(self.file)), "half.onnx")
        plain = self.save(load_plain(half), "plain.onnx")
        self.assertLess(half.stat().st_size, 0.65 * plain.stat().st_size)
        whole, rounded = self.outputs(self.file)[0], self.outputs(half)[0]
        self.assertGreater(np.abs(whole - rounded).max(), 0)
        self.assertLess(np.abs(whole - rounded).max(), 0.01)
        np.testing.assert_array_equal(self.outputs(plain)[0], rounded)
        check_bits(half, SIDE)

    def test_a_tensor_beyond_float16_stays_float32(self):
        model = load_plain(self.file)
        large = next(i for i in model.graph.initializer if np.prod(i.dims) >= 1024)
        values = np.full(tuple(large.dims), 1e6, np.float32)
        large.CopyFrom(onnx.numpy_helper.from_array(values, large.name))
        kinds = {i.name: i.data_type for i in to_float16(model).graph.initializer}
        self.assertEqual(kinds[large.name], onnx.TensorProto.FLOAT)
        self.assertIn(onnx.TensorProto.FLOAT16, kinds.values())

    def test_pytorch_runs_every_way_of_storing(self):
        half = self.save(to_float16(share_classifier(load_plain(self.file))), "half.onnx")
        for file in (self.file, half):
            found = load_graph(file)(torch.from_numpy(pictures()))
            for name, expected in zip(OUTPUTS, self.outputs(file), strict=True):
                np.testing.assert_allclose(found[name].numpy(), expected, atol=1e-4)

    def test_reflected_borders_are_exported_as_plain_padding(self):
        torch.manual_seed(3)
        reflecting = nn.Conv2d(3, 32, 5, stride=4, padding=2, padding_mode="reflect")
        net = SceneNet(nn.Sequential(reflecting, nn.ReLU(), nn.MaxPool2d(2)), 32, 8).eval()
        file = self.root / "reflect.onnx"
        export_onnx(net, "overhead", SIDE, file)
        kinds = {node.op_type for node in onnx.load(str(file)).graph.node}
        self.assertEqual(kinds & {"Pad", "ConstantOfShape", "Slice", "Transpose"}, {"Pad"})
        expected = net(torch.from_numpy(pictures())).detach().numpy()
        np.testing.assert_allclose(self.outputs(file)[0], expected, atol=1e-4)
        found = load_graph(file)(torch.from_numpy(pictures()))["logits"].numpy()
        np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_the_mean_of_two_models_reaches_the_map_too(self):
        other = self.root / "other.onnx"
        export_onnx(network(2), "overhead", SIDE, other)
        mean = self.save(average([load_plain(self.file), load_plain(other)]), "mean.onnx")
        check_map(mean, SIDE)
        biases = [network(seed).classifier.bias.detach().numpy() for seed in (1, 2)]
        stored = {i.name: onnx.numpy_helper.to_array(i) for i in load_plain(mean).graph.initializer}
        found = [v for v in stored.values() if v.shape == (365,)]
        np.testing.assert_allclose(found[0], (biases[0] + biases[1]) / 2, atol=1e-6)

    def test_shrunk_logits_lie_nearer_to_their_mean_in_the_map_too_and_others_stay(self):
        rng = np.random.default_rng(2)
        mean, factor = rng.normal(size=365), np.where(rng.random(365) < 0.5, 0.5, 1)
        before = self.outputs(self.file)
        small = self.save(share_classifier(shrink(load_plain(self.file), mean, factor)), "s.onnx")
        check_map(small, SIDE)
        after = self.outputs(small)
        axes = (slice(None), None, None)
        for index, at in ((0, ()), (2, axes)):
            m, f = (values[at] if at else values for values in (mean, factor))
            np.testing.assert_allclose(after[index], m + f * (before[index] - m), atol=1e-4)
        np.testing.assert_array_equal(after[0][:, factor == 1], before[0][:, factor == 1])

    def test_shrinking_a_model_says_so_on_its_card_and_is_done_once(self):
        stats = {"mean": [0.0] * 365, "std": [2.0] * 365, "over": "3 training patches"}
        card = {"name": "a", "view": "overhead", "file": "model.onnx", "size": [SIDE, SIDE]}
        card |= {"stats": stats, "taughtScenes": [0, 364]}
        (self.root / "model.json").write_text(json.dumps(card))
        self.run_shrink(self.root, self.root / "b")
        found = json.loads((self.root / "b" / "model.json").read_text())
        self.assertEqual((found["name"], found["shrunk"]), ("b", 0.5))
        self.assertEqual(found["stats"]["std"], [2.0, *[1.0] * 363, 2.0])
        for folder, out, more in (
            (self.root / "b", self.root / "c", []),
            (self.root, self.root, []),
            (self.root, self.root / "c", ["--factor", "0"]),
        ):
            with self.assertRaises(SystemExit), redirect_stderr(io.StringIO()):
                self.run_shrink(folder, out, *more)

    def run_shrink(self, model: Path, out: Path, *more: str) -> None:
        arguments = ["shrink", str(model), "--out", str(out), *more]
        with mock.patch("sys.argv", arguments), redirect_stdout(io.StringIO()):
            shrink_main()


if __name__ == "__main__":
    unittest.main()
