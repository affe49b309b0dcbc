"""python -m unittest tests.test_run_plan"""

from __future__ import annotations

import csv
import json
import math
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from whereabouts_train import pieces, run_plan
from whereabouts_train.config import OverheadConfig, PhotoConfig, load_config
from whereabouts_train.gallery import load_model
from whereabouts_train.pack import decode, load_pack
from whereabouts_train.prototypes import load_prototypes
from whereabouts_train.tiny import SCENES, drawing

TRAIN = Path(__file__).parents[1]
BLOCKS = {"growth": 4, "blocks": [1, 1, 1, 1], "stem": 8}
SIDE = 64


def write_pack(folder: Path, set_name: str, count: int, splits: tuple[str, str]) -> None:
    """A pack of drawn pictures; the second split has a quarter of them."""
    folder.mkdir(parents=True)
    pixels = np.stack([drawing(i % len(SCENES), i, SIDE) for i in range(count)])
    np.save(folder / "pixels.npy", pixels)
    np.save(folder / "teacher.npy", np.random.default_rng(1).normal(size=(count, 365)).astype("f2"))
    with open(folder / "items.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "cls", "split", "path", "place"])
        for i in range(count):
            split = splits[1] if i % 32 >= 24 else splits[0]
            writer.writerow([set_name, SCENES[i % len(SCENES)], split, f"{i}.jpg", ""])


class Folders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        write_pack(self.root / "home" / "ground", "tiny-ground", 96, ("train", "val"))
        write_pack(self.root / "home" / "above", "tiny-overhead", 64, ("train", "test"))
        self.packs = [self.root / "home" / name for name in ("ground", "above")]


class Pieces(Folders):
    def test_pieces_stay_below_the_limit_and_come_together_in_order(self):
        for quality in (0, 90):
            with self.subTest(quality=quality):
                out = self.root / f"pieces-{quality}"
                entries = pieces.split(self.packs, out, 200_000, quality)
                self.assertGreater(len(entries), 3)
                sizes = [(out / e["file"]).stat().st_size for e in entries]
                self.assertLess(max(sizes), 200_000)
                joined = pieces.join(out, self.root / f"joined-{quality}")
                for before, after in zip(self.packs, joined, strict=True):
                    one, other = load_pack(before), load_pack(after)
                    self.assertEqual(one.items, other.items)
                    for sent, came in zip(one.pixels, other.pixels, strict=True):
                        expected = decode(pieces.encoded(sent, quality), SIDE, SIDE)
                        np.testing.assert_array_equal(came, expected)
                    if quality == 0:
                        np.testing.assert_array_equal(other.pixels, one.pixels)
                    logits = [np.load(folder / "teacher.npy") for folder in (before, after)]
                    np.testing.assert_array_equal(*logits)

    def test_a_missing_or_damaged_piece_is_named_before_anything_is_written(self):
        out = self.root / "pieces"
        entries = pieces.split(self.packs, out, 200_000, 90)
        file = out / entries[1]["file"]
        data = file.read_bytes()
        for damaged in (None, data[:-1] + bytes([data[-1] ^ 1])):
            file.unlink(missing_ok=True)
            if damaged:
                file.write_bytes(damaged)
            with self.assertRaisesRegex(FileNotFoundError, file.name):
                pieces.join(out, self.root / "joined")
            self.assertFalse((self.root / "joined").exists())


class Plans(Folders):
    def recipe(self, name: str, kind: type, **changes) -> None:
        """A recipe of the plan, for two steps on a CPU."""
        file = TRAIN / "recipes" / f"{name}.json"
        load_config(kind, file, [])  # its keys are known
        values = json.loads(file.read_text())
        values |= {"device": "cpu", "threads": 1, "steps": 2, "everySteps": 1, "batch": 8}
        values |= {"validateCount": 8, **changes}
        (self.root / "recipes").mkdir(exist_ok=True)
        (self.root / "recipes" / file.name).write_text(json.dumps(values))

    def plan(self) -> dict:
        """The committed plan on small pictures and networks, with the packs of this test."""
        text = (TRAIN / "recipes" / "gpu-plan.json").read_text()
        four = '"packs/ucm", "packs/aid", "packs/resisc45", "packs/maps-train"'
        text = text.replace(four, '"packs/above"').replace("cuda", "cpu")
        text = text.replace('"0.3", "0.5", "0.5", "0.5"', '"0.5"')
        text = text.replace('"--batch", "500"', '"--batch", "16"')
        return json.loads(text)

    def test_the_committed_plan_runs_from_pieces_to_two_exported_students(self):
        pieces.split(self.packs, self.root / "pieces", 60_000_000, 90)
        photo = {"sides": [SIDE], "validateSide": SIDE}
        above = [{"folder": "packs/above", "gsd": 0.5, "weight": 1}]
        overhead = {"packs": above, "windows": above, "windowShare": 0.5, "steps": 6}
        overhead |= {"side": SIDE, "windowSide": 2 * SIDE, "windowBatch": 4}
        small = {"network": "densenet_bc", "networkOptions": BLOCKS | {"growth": 6}}
        # The student's network stays DenseNet-BC; the teacher is a smaller one than DenseNet-121.
        self.recipe("gpu-photo-teacher", PhotoConfig, **photo, **small)
        self.recipe("gpu-photo-student", PhotoConfig, **photo, networkOptions=BLOCKS)
        self.recipe("gpu-overhead-teacher", OverheadConfig, **overhead, **small)
        self.recipe("gpu-overhead-student", OverheadConfig, **overhead, networkOptions=BLOCKS)
        plan, before = self.plan(), np.load(self.packs[0] / "teacher.npy")
        self.assertTrue(run_plan.run_steps(plan["steps"], self.root, time.monotonic() + 500))
        taught = np.load(self.root / "packs" / "ground" / "teacher.npy")
        self.assertFalse(np.isnan(taught[0]).any())
        self.assertGreater(np.abs(taught[0] - before[0]).max(), 0.1)
        log = (self.root / "runs" / "gpu-overhead-student" / "log.jsonl").read_text()
        for term in ("teach", "agree", "keep", "matchTarget"):
            self.assertIn(f'"{term}"', log)
        parts = run_plan.pack_results(plan["results"], self.root, self.root / "results")
        home = self.root / "back"
        home.mkdir()
        run_plan.collect(parts[0].parent, home)
        for name, outputs in (("photo-densenet", 1), ("overhead-densenet", 3)):
            model = load_model(home / "models" / name)
            self.assertEqual(len(model.run.get_outputs()), outputs)
            self.assertIn("stats", model.card)
        self.assertEqual(load_prototypes(model).shape, (365, 365))
        self.assertFalse(list(home.glob("runs/*-teacher/checkpoint.pt")))

    def test_the_plan_of_a_pair_leads_from_packs_to_two_exported_models(self):
        text = (TRAIN / "recipes" / "pair-plan.json").read_text()
        text = text.replace("../", "").replace('".."', '"."')
        packing = [s for s in json.loads(text)["steps"] if s[0] in ("miniplaces", "pack")]
        for _, recipe, *_ in packing[1:]:
            self.assertTrue((TRAIN / recipe).is_file(), recipe)
        for name in ("photo-mobilenetv2", "overhead-mobilenetv2"):
            (self.root / name).symlink_to(TRAIN.parent / name)
        write_pack(self.root / "packs" / "ground", "tiny-ground", 96, ("train", "val"))
        for name in ("ucm", "aid", "resisc45"):
            write_pack(self.root / "packs" / name, "tiny-overhead", 64, ("train", "test"))
        packs = {step[-1] for step in packing[1:]}
        self.assertEqual(packs, {f"packs/{p.name}" for p in (self.root / "packs").iterdir()})
        self.recipe("photo", PhotoConfig, sides=[SIDE], validateSide=SIDE)
        for name in ("overhead-mobilenetv2", "overhead-mobilenetv2-balance"):
            self.recipe(name, OverheadConfig, side=SIDE, windowSide=2 * SIDE, windowBatch=4)
        steps = [s for s in json.loads(text)["steps"] if s not in packing]
        self.assertTrue(run_plan.run_steps(steps, self.root, math.inf))
        for name, outputs in (("photo-new", 1), ("overhead-new", 3)):
            model = load_model(self.root / name)
            self.assertEqual(len(model.run.get_outputs()), outputs)
            self.assertIn("stats", model.card)
        self.assertEqual(load_prototypes(model).shape, (365, 365))

    def test_the_plan_learns_from_what_the_students_on_a_cpu_learn_from(self):
        folder = TRAIN / "recipes"
        recipes = [folder / f"overhead-{n}.json" for n in ("student-roads", "densenet-cpu-windows")]
        recipes += [folder / f"gpu-overhead-{n}.json" for n in ("teacher", "student")]
        read = [load_config(OverheadConfig, file, []) for file in recipes]
        for kind in ("packs", "windows"):
            folders = [{pack["folder"] for pack in getattr(config, kind)} for config in read]
            self.assertTrue(all(one == folders[0] for one in folders), folders)
        self.assertEqual({config.roadShare for config in read}, {0.25})
        needed = {pack["folder"] for config in read for pack in config.packs + config.windows}
        readme = (TRAIN / "README.md").read_text()
        (line,) = (line for line in readme.splitlines() if "whereabouts_train.pieces split" in line)
        self.assertLessEqual(needed | {"packs/ground"}, set(line.split()))

    def test_a_run_out_of_time_goes_on_where_it_was(self):
        steps = [["pieces", "join", "pieces", "--out", "packs"], ["distil", "--help"]]
        self.assertFalse(run_plan.run_steps(steps, self.root, time.monotonic() - 1))
        pieces.split(self.packs, self.root / "pieces", 60_000_000, 90)
        self.assertTrue(run_plan.run_steps(steps[:1], self.root, time.monotonic() + 100))
        (self.root / "pieces" / "pieces.json").unlink()  # a second join would fail
        self.assertTrue(run_plan.run_steps(steps, self.root, time.monotonic() + 100))

    def test_results_are_cut_into_parts_and_come_back_whole(self):
        (self.root / "runs").mkdir()
        data = np.random.default_rng(1).bytes(2 * run_plan.PART_BYTES)
        (self.root / "runs" / "large.bin").write_bytes(data)
        parts = run_plan.pack_results(["runs/*"], self.root, self.root / "results")
        self.assertEqual(len(parts), 3)
        self.assertLessEqual(max(p.stat().st_size for p in parts), 16 * 2**20)
        (self.root / "back").mkdir()
        run_plan.collect(self.root / "results", self.root / "back")
        self.assertEqual((self.root / "back" / "runs" / "large.bin").read_bytes(), data)


if __name__ == "__main__":
    unittest.main()
