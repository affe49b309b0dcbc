"""python -m unittest tests.test_distil"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from whereabouts_train.export import export_onnx, manifest
from whereabouts_train.networks import densenet_bc, normalise
from whereabouts_train.pack import load_pack, write_pack
from whereabouts_train.tiny import SCENES, jpeg

OPTIONS = {"growth": 4, "blocks": [1, 1, 1, 1], "stem": 8}
SIDE = 64
TRAIN = Path(__file__).parents[1]


class Teachers(unittest.TestCase):
    def test_a_checkpoint_an_onnx_file_and_a_models_folder_tell_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for number in range(6):
                file = root / "photos" / SCENES[number % 2] / f"{number}.jpg"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(jpeg(number, 1, SIDE))
            source = {"kind": "folders", "name": "f", "root": root / "photos", "test": "5.jpg$"}
            write_pack({"sidePx": SIDE, "sources": [source]}, root / "pack")
            torch.manual_seed(1)
            net, model = densenet_bc(**OPTIONS).eval(), root / "photo"
            model.mkdir()
            export_onnx(net, "ground", SIDE, model / "model.onnx")
            card = manifest("photo", "ground", SIDE, net, model / "model.onnx")
            (model / "model.json").write_text(json.dumps(card))
            config = {"network": "densenet_bc", "networkOptions": OPTIONS}
            torch.save({"config": config, "average": net.state_dict()}, root / "run.pt")
            pack = load_pack(root / "pack")
            pixels = torch.from_numpy(np.array(pack.pixels)).permute(0, 3, 1, 2).float()
            with torch.no_grad():
                expected = net(normalise(pixels)).numpy()
            rows = pack.rows("train")
            for weights in (root / "run.pt", model / "model.onnx", model):
                with self.subTest(weights=weights.name):
                    command = [sys.executable, "-m", "whereabouts_train.distil", root / "pack"]
                    command += ["--weights", weights, "--side", str(SIDE), "--replace"]
                    subprocess.run(command, check=True, cwd=TRAIN, stdout=subprocess.DEVNULL)
                    told = np.load(root / "pack" / "teacher.npy").astype(np.float32)
                    np.testing.assert_allclose(told[rows], expected[rows], atol=2e-3)
                    self.assertTrue(np.isnan(told[pack.rows("test")]).all())


if __name__ == "__main__":
    unittest.main()
