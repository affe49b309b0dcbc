"""python -m unittest tests.test_convert"""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
import torchvision

from whereabouts_train import convert
from whereabouts_train.export import normalised, session


class Published(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        torch.manual_seed(1)
        self.net = torchvision.models.resnet18(weights=None, num_classes=365)
        self.net.train()
        self.net(torch.randn(4, 3, 64, 64))  # batch statistics that are not 0 and 1
        self.net.eval()

    def write(self, state: dict) -> Path:
        """As the published file is: old format, names of several GPUs, no batch counters."""
        file = self.root / "resnet18_places365.pth.tar"
        state = {f"module.{k}": v for k, v in state.items() if "num_batches" not in k}
        stored = {"epoch": 90, "arch": "resnet18", "state_dict": state, "best_prec1": 54.2}
        torch.save(stored, file, _use_new_zipfile_serialization=False, pickle_protocol=2)
        return file

    def test_a_published_checkpoint_becomes_a_model_folder_that_answers_the_same(self):
        file = self.write(self.net.state_dict())
        arguments = ["convert", str(file), "--name", "p", "--out", str(self.root)]
        with patch.object(sys, "argv", arguments):
            convert.main()
        card = json.loads((self.root / "p" / "model.json").read_text())
        self.assertEqual(card["size"], [224, 224])
        self.assertEqual(card["logitSpace"], "places365-resnet18")
        pixels = np.random.default_rng(1).integers(0, 256, (2, 3, 224, 224), np.uint8)
        image = normalised(pixels)
        with torch.no_grad():
            expected = self.net(torch.from_numpy(image)).numpy()
        found = session(self.root / "p" / "model.onnx").run(["logits"], {"image": image})[0]
        np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_a_checkpoint_with_a_tensor_missing_is_refused(self):
        state = {k: v for k, v in self.net.state_dict().items() if k != "layer4.1.bn2.weight"}
        with self.assertRaisesRegex(RuntimeError, "layer4.1.bn2.weight"):
            convert.resnet18_places365(convert.read_checkpoint(self.write(state)))

    def test_a_checkpoint_that_wants_to_run_code_is_refused(self):
        file = self.root / "evil.pth.tar"
        torch.save({"state_dict": {}, "run": Path("/")}, file, _use_new_zipfile_serialization=False)
        with self.assertRaisesRegex(Exception, "[Ww]eights"):
            convert.read_checkpoint(file)


if __name__ == "__main__":
    unittest.main()
