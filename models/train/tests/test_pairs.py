"""python -m unittest tests.test_pairs"""

from __future__ import annotations

import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from whereabouts_train.bank import load_bank, partner_logits, write_partners
from whereabouts_train.config import OverheadConfig
from whereabouts_train.export import export_onnx, manifest
from whereabouts_train.gallery import load_model, middle_of
from whereabouts_train.memory import Memory, memory_file, open_table
from whereabouts_train.metrics import ranks_of_fitting, rms_distance
from whereabouts_train.networks import densenet_bc, normalise
from whereabouts_train.overhead import Trainer
from whereabouts_train.pack import Pack, load_pack, write_pack
from whereabouts_train.pair_retrieval import distinct_patches, in_top_percent, own_patch_figures
from whereabouts_train.sources.classmatched import Patches, Targets
from whereabouts_train.tiny import SCENES, drawing, write_sets

TINY = {"growth": 16, "blocks": (1, 1, 1, 1), "stem": 16}
SIDE = 64


def save_model(folder: Path, view: str, seed: int) -> Path:
    """A released model with random weights and statistics that change nothing."""
    torch.manual_seed(seed)
    net, file = densenet_bc(**TINY), folder / "model.onnx"
    drawn = np.stack([drawing(scene, 1, SIDE) for scene in range(len(SCENES))])
    for _ in range(40):  # norms learn what pictures are like: answers differ by more than rounding
        net.train()(normalise(torch.from_numpy(drawn).permute(0, 3, 1, 2).float()))
    folder.mkdir()
    export_onnx(net, view, SIDE, file)
    card = manifest(folder.name, view, SIDE, net, file)
    card["stats"] = {"mean": [0.0] * 365, "std": [1.0] * 365}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


class Pairs(unittest.TestCase):
    """The pairs that the tiny run draws."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        write_sets(cls.root)
        source = {"kind": "pairs", "name": "tiny-pairs", "root": cls.root / "pairs"}
        source |= {"csv": cls.root / "pairs" / "pairs.csv", "testShare": 0.4}
        write_pack({"sidePx": SIDE, "sources": [source]}, cls.root / "pack")
        cls.pack = load_pack(cls.root / "pack")
        rng = np.random.default_rng(1)
        logits, fits = rng.normal(size=(8, 365)), np.eye(8, 365, dtype=bool)
        np.savez(cls.root / "train.npz", logits=logits, fits=np.packbits(fits, axis=1))
        cls.photo = save_model(cls.root / "photo", "ground", 1)
        write_partners(cls.root, cls.photo / "model.onnx", cls.root / "pack")
        cls.packs = [{"folder": cls.root / "pack", "gsd": 0.5, "weight": 1}]

    def trainer(self, **options) -> Trainer:
        config = OverheadConfig(
            "densenet_bc", TINY, bank=str(self.root), side=SIDE, batch=8, windowShare=0, **options
        )
        patches = Patches(self.packs, [], config.bank)
        return Trainer(config, patches, densenet_bc(**TINY))

    def memory(self, asked: list, **options) -> Memory:
        teacher = self.root / "teacher.onnx"
        teacher.write_bytes(b"any")

        def tell(image: torch.Tensor) -> torch.Tensor:
            asked.append(image)
            return image[:, 0, :1, :1].flatten(1) + torch.arange(365.0)

        kept = {"memory": str(self.root / "memory"), "teachers": [str(teacher)]}
        return Memory(tell, OverheadConfig("densenet_bc", batch=4, windowBatch=4, **kept | options))

    def test_teachers_are_asked_once_for_views_that_come_again(self):
        asked, told = [], {}
        for seed in (1, 2):  # two runs, two orders, one memory
            memory = self.memory(asked, seed=seed, repeatAfter=3)
            for step in range(6):
                image = torch.rand(4, 3, 8, 8, generator=memory.turn_to(step))
                answer = memory(image)
                torch.testing.assert_close(answer[:, 0], image[:, 0, 0, 0], atol=1e-3, rtol=0)
                told.setdefault(float(image.sum()), []).append(step)
        self.assertEqual((len(asked), len(told)), (3, 3))
        self.assertTrue(all(len(steps) == 4 for steps in told.values()))

    def test_what_was_said_of_other_views_is_not_believed(self):
        asked, (before, after) = [], torch.rand(2, 4, 3, 8, 8)
        for image in (before, after, after):
            answer = self.memory(asked, repeatAfter=1)(image)
            torch.testing.assert_close(answer[:, 0], image[:, 0, 0, 0], atol=1e-3, rtol=0)
        self.assertEqual(len(asked), 2)

    def test_a_teacher_that_changed_is_asked_anew(self):
        teacher = self.root / "one.onnx"
        files = []
        for content in (b"before", b"after"):
            teacher.write_bytes(content)
            config = OverheadConfig("densenet_bc", teachers=[str(teacher)], memory="m")
            files.append(memory_file(config, 8))
        self.assertNotEqual(*files)

    def test_a_second_run_opens_the_table_of_the_first(self):
        file = self.root / "table" / "told.npy"
        first, second = open_table(file, 3, 2), open_table(file, 3, 2)
        first[1]["seen"] = 7
        self.assertEqual(int(second[1]["seen"]), 7)
        self.assertEqual([f.name for f in file.parent.iterdir()], ["told.npy"])

    def test_what_teachers_see_comes_again_and_the_rest_is_drawn_afresh(self):
        teacher, shown = self.root / "elder.pt", []
        average = densenet_bc(**TINY).state_dict()
        config = {"network": "densenet_bc", "networkOptions": TINY}
        torch.save({"config": config, "average": average}, teacher)
        trainer = self.trainer(
            teachers=[str(teacher)], teach=1.0, blendShare=0.5, roadShare=1.0,
            repeatAfter=1, memory=str(self.root / "memory"),
        )  # fmt: skip
        net, ask = densenet_bc(**TINY).eval(), trainer.memory
        trainer.elders = lambda image: shown.append(image) or ask(image)
        net.feature_map = lambda image, see=net.feature_map: shown.append(image) or see(image)
        rng = torch.Generator().manual_seed(1)
        for step in range(2):
            trainer.loss(net, rng, step)
        student, teachers = shown[0::2], shown[1::2]
        torch.testing.assert_close(teachers[0], teachers[1], atol=0, rtol=0)
        self.assertGreater(float((student[0] - student[1]).abs().max()), 0)  # other roads

    def test_a_blended_patch_has_no_label_and_no_photo(self):
        seen = []
        trainer = self.trainer(teachers=[], blendShare=0.0)
        trainer.config = replace(trainer.config, blendShare=1.0)
        trainer.target_terms = lambda _logits, fits, own, _rng: seen.append((fits, own)) or {}
        trainer.teacher_terms = lambda logits, _image: {"teach": logits.sum() * 0}
        trainer.loss(densenet_bc(**TINY).eval(), torch.Generator().manual_seed(1))
        (fits, own), *_ = seen
        self.assertFalse(fits.any() or own.isfinite().any())

    def test_keys_that_would_do_nothing_are_refused(self):
        for options in ({"repeatAfter": 5}, {"memory": "m"}, {"blendShare": 0.5},
                        {"repeatAfter": 5, "memory": "m"}):  # fmt: skip
            with self.assertRaises(ValueError):
                self.trainer(**options)

    def test_a_patch_knows_its_photo_and_photos_are_no_patches(self):
        partners = self.pack.partners()
        self.assertEqual((len(partners), int((partners >= 0).sum())), (48, 24))
        for row in np.flatnonzero(partners >= 0):
            patch, photo = self.pack.items[row], self.pack.items[partners[row]]
            self.assertEqual(patch["set"], "tiny-pairs-overhead")
            self.assertEqual(photo["set"], "tiny-pairs-ground")
            self.assertEqual(patch["path"], photo["path"])
        for split in ("train", "test"):
            sets = {self.pack.items[row]["set"] for row in self.pack.patch_rows(split)}
            self.assertEqual(sets, {"tiny-pairs-overhead"})

    def test_the_bank_holds_what_the_photo_model_says_of_the_photo_of_each_patch(self):
        partners = self.pack.partners()
        stored = partner_logits(self.root, self.root / "pack", self.pack)
        self.assertTrue(np.isnan(stored[partners < 0]).all())
        row = int(np.flatnonzero(partners >= 0)[5])
        pixels = np.array(self.pack.pixels[partners[row]])
        image = normalise(torch.from_numpy(pixels).permute(2, 0, 1)[None].float()).numpy()
        expected = load_model(self.photo).run.run(["logits"], {"image": image})[0][0]
        np.testing.assert_allclose(stored[row], expected, atol=5e-3)

    def test_the_target_of_a_pair_is_the_logits_of_its_own_photo(self):
        patches = Patches(self.packs, [], str(self.root))
        rng = torch.Generator().manual_seed(1)
        ((_, _, fits, own),) = patches.draw(16, rng)
        target, has_target = Targets(load_bank(self.root)).draw(fits, own, 4, rng)
        self.assertTrue(bool(has_target.all()))
        self.assertTrue(target.equal(own))
        train = self.pack.patch_rows("train")
        stored = partner_logits(self.root, self.root / "pack", self.pack)[train].astype("f4")
        for logits in own.numpy():
            self.assertTrue((stored == logits).all(1).any())

    def test_pairs_alone_teach_each_patch_to_be_nearer_to_its_own_photo(self):
        torch.manual_seed(1)
        trainer, net = self.trainer(gsdJitter=0.0, lightingShare=0.0), densenet_bc(**TINY)
        optimiser = torch.optim.AdamW(net.parameters(), lr=0.01)
        rng, losses = torch.Generator().manual_seed(1), []
        for _ in range(60):
            loss, terms = trainer.loss(net.train(), rng)
            self.assertEqual(set(terms), {"matchTarget"})
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(terms["matchTarget"])
        self.assertLess(np.mean(losses[-10:]), 0.5 * np.mean(losses[:5]))
        rows = self.pack.patch_rows("train")
        pixels = torch.from_numpy(self.pack.pixels[rows]).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            logits = net(normalise(pixels)).numpy()  # in training mode: few steps, young norms
        photos = partner_logits(self.root, self.root / "pack", self.pack)[rows].astype("f4")
        auc, *_ = ranks_of_fitting(rms_distance(photos, logits), np.eye(len(rows), dtype=bool))
        self.assertGreater(auc.mean(), 0.7)

    def test_without_the_photos_logits_pairs_are_refused_with_what_to_do(self):
        with self.assertRaisesRegex(FileNotFoundError, "pack.npy.*whereabouts_train.bank"):
            Patches(self.packs, [], str(self.root / "nowhere"))

    def test_every_second_pair_keeps_pairs_whole(self):
        source = {"kind": "pairs", "name": "p", "root": self.root / "pairs", "every": 2}
        source |= {"csv": self.root / "pairs" / "pairs.csv"}
        write_pack({"sidePx": 16, "sources": [source]}, self.root / "every")
        partners = load_pack(self.root / "every").partners()
        self.assertEqual((len(partners), int((partners >= 0).sum())), (24, 12))

    def test_evaluation_ranks_each_photos_own_patch_among_the_others(self):
        overhead = save_model(self.root / "overhead", "overhead", 1)  # the photo model's weights
        pair = (load_model(self.photo), load_model(overhead))
        figures, per_query = own_patch_figures(pair, self.pack, (0.5, 0.5), 2000)
        self.assertEqual(figures["photos"], len(self.pack.patch_rows("test")))
        self.assertEqual(len(per_query["rms"]), figures["photos"])
        for name in ("auc", "meanPercentileRank", "top1Percent"):
            value, low, high = figures["rms"][name]
            self.assertTrue(low <= value <= high, (name, value, low, high))
        # A model that reads both views alike finds a photo that stands in for its own patch.
        partners = self.pack.partners()
        alike = self.pack.pixels[np.where(partners >= 0, partners, np.arange(len(partners)))]
        same = Pack(alike, self.pack.items)
        figures, _ = own_patch_figures(pair, same, (0.5, 0.5), 2000)
        self.assertEqual(figures["rms"]["auc"][0], 1.0)
        self.assertEqual(figures["rms"]["meanPercentileRank"][0], 0.0)
        self.assertEqual(figures["rms"]["top1Percent"][0], 100.0)

    def test_photos_that_share_a_patch_look_for_one_patch(self):
        pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)[
            [0, 1, 0, 2]
        ]
        gallery, own = distinct_patches(Pack(pixels, []), np.arange(4))
        self.assertEqual(len(gallery), 3)
        np.testing.assert_array_equal(pixels[gallery][own], pixels)

    def test_the_first_hundredth_of_few_patches_is_the_first(self):
        ranks = np.array([0, 1, 2, 3])
        np.testing.assert_array_equal(in_top_percent(ranks / 59, 60), [True, False, False, False])
        np.testing.assert_array_equal(in_top_percent(ranks / 299, 300), [True] * 3 + [False])

    def test_the_middle_of_a_large_patch_is_what_the_model_sees(self):
        pixels = np.arange(10 * 10).reshape(10, 10, 1)
        np.testing.assert_array_equal(middle_of(pixels, 4), pixels[3:7, 3:7])
        for side in (0, 12):
            np.testing.assert_array_equal(middle_of(pixels, side), pixels)


if __name__ == "__main__":
    unittest.main()
