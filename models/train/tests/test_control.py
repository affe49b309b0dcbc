"""python -m unittest tests.test_control"""

from __future__ import annotations

import argparse
import csv
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from whereabouts_train.best_scene import best_scenes, right_by_sigma
from whereabouts_train.config import PhotoConfig
from whereabouts_train.control import control_figures, covered_scenes, drawable, minus
from whereabouts_train.networks import densenet_bc
from whereabouts_train.pack import FIELDS, load_pack
from whereabouts_train.photo import Photos, photo_loss
from whereabouts_train.scenes import scene_index
from whereabouts_train.statistics import taught_by
from whereabouts_train.unnamed import named_scenes, parts_of

TINY = {"growth": 4, "blocks": (1, 1, 1, 1), "stem": 8}
CLASSES = ("abbey", "church/outdoor", "aqueduct", "ballroom", "bedroom", "monastery/outdoor")


class Control(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        items = [
            ("miniplaces", c, split, "", "") for split in ("train", "val") for c in CLASSES * 4
        ]
        items.append(("scene15", "bedroom", "train", "", ""))
        pixels = np.random.default_rng(1).integers(0, 256, (len(items), 32, 32, 3), dtype=np.uint8)
        np.save(self.root / "pixels.npy", pixels)
        with open(self.root / "items.csv", "w", newline="") as file:
            csv.writer(file).writerows([FIELDS, *items])
        self.pack = load_pack(self.root)

    def checkpoint(self, seed: int) -> Path:
        torch.manual_seed(seed)
        config = {"network": "densenet_bc", "networkOptions": TINY, "holdOut": ["aqueduct"]}
        file = self.root / f"{seed}.pt"
        torch.save({"config": config, "average": densenet_bc(**TINY).state_dict()}, file)
        return file

    def figures(self, teacher: Path) -> dict:
        names = {"pack": self.root, "checkpoint": self.checkpoint(1), "teacher": teacher}
        sizes = {"side": 64, "teacher_sides": [64], "rest": 100, "offsets": [0.0, 1000.0]}
        return control_figures(argparse.Namespace(**names, **sizes))

    def test_only_scenes_of_one_class_and_one_set_can_be_withheld(self):
        self.assertEqual(drawable(self.pack), ["aqueduct", "ballroom"])

    def test_an_excluded_class_teaches_nothing(self):
        taught = [taught_by(self.pack, exclude) for exclude in ([], ["miniplaces/aqueduct"])]
        changed = np.flatnonzero(taught[0] != taught[1]).tolist()
        self.assertEqual(changed, [scene_index()["aqueduct"]])

    def test_photos_of_a_withheld_scene_go_or_stay_without_a_label(self):
        for keeps, count, weight in ((False, 21, 0.0), (True, 25, 2.0)):
            config = PhotoConfig(
                network="densenet_bc",
                networkOptions=TINY,
                pack=str(self.root),
                sides=[32],
                batch=64,
                holdOut=["aqueduct"],
                holdOutLabelsOnly=keeps,
                teachUnlabelled=weight,
            )
            photos = Photos(config)
            self.assertEqual(len(photos.rows), count)
            self.assertFalse(photos.fits[:, scene_index()["aqueduct"]].any())
            photos.teacher.targets[:] = 1.0
            net = densenet_bc(**TINY)
            loss, terms = photo_loss(net, photos, config, torch.Generator().manual_seed(1))
            loss.backward()
            self.assertTrue(net.classifier.weight.grad.isfinite().all())
            self.assertEqual("teachUnlabelled" in terms, weight > 0)

    def test_photos_without_a_label_take_their_share_of_each_batch(self):
        config = PhotoConfig(
            network="densenet_bc",
            pack=str(self.root),
            holdOut=["aqueduct"],
            holdOutLabelsOnly=True,
            unlabelledShare=0.75,
        )
        photos = Photos(config)
        _, fits, _ = photos.draw(8, torch.Generator().manual_seed(1))
        self.assertLessEqual(int(fits.any(1).sum()), 2)  # of rows drawn alike five would be
        self.assertEqual([share for _, share in photos.kinds], [0.25, 0.75])
        self.assertEqual([len(rows) for rows, _ in photos.kinds], [17, 8])
        with self.assertRaisesRegex(ValueError, "with and without labels"):
            Photos(replace(config, unlabelledShare=1.0))

    def test_a_withheld_scene_counts_as_without_photos(self):
        withheld = np.zeros(365, bool)
        withheld[scene_index()["aqueduct"]] = True
        covered = covered_scenes(self.pack, withheld)
        self.assertFalse(covered[scene_index()["aqueduct"]])
        self.assertTrue(covered[scene_index()["ballroom"]])

    def test_a_model_does_not_differ_from_itself_and_classes_are_told_apart(self):
        figures = self.figures(self.checkpoint(1))
        self.assertEqual(figures["withheldPhotos"]["photos"], 4)
        self.assertEqual(figures["restPhotos"]["photos"], 4 * 4)  # the monastery fits no scene
        difference = figures["withheldPhotos"]["model+0"]["minusTeacher@64"]
        self.assertEqual(difference, {"top1": [0, 0, 0], "top5": [0, 0, 0]})

    def test_an_offset_moves_every_answer_to_the_scenes_without_photos(self):
        rest = self.figures(self.checkpoint(2))["restPhotos"]
        self.assertEqual(rest["model+1000"]["top5"], [0, 0, 0])

    def test_a_scene_is_named_where_a_label_allows_no_other(self):
        named = named_scenes(self.pack)
        self.assertTrue(named[scene_index()["church/outdoor"]])  # the abbey's label too
        self.assertFalse(named[scene_index()["hotel_room"]])  # one of several of a bedroom's

    def test_photos_are_told_apart_by_whether_a_label_names_their_scene(self):
        for item in self.pack.items:
            item["split"] = "test"
        named = np.zeros(365, bool)
        named[scene_index()["aqueduct"]] = True
        parts = parts_of(self.pack, named)
        self.assertEqual(len(parts["named"]), 8)
        # The monastery fits no scene: its photos are in neither part.
        self.assertEqual(len(parts["unnamed"]), len(self.pack.items) - 8 - 8)

    def test_the_best_scene_is_one_of_labelled_ground_by_standard_deviations(self):
        stats = {"mean": [0.0, 1.0, 2.0], "std": [1.0, 2.0, 0.5]}
        logits = np.array([[1.0, 5.0, 9.0], [3.0, 1.0, 0.0]])
        scene, sigma = best_scenes(logits, stats, [0, 1])
        self.assertEqual((scene.tolist(), sigma.tolist()), ([1, 0], [2.0, 3.0]))

    def test_how_often_it_is_right_is_told_by_how_far_it_stands_out(self):
        sigma, is_right = np.array([0.5, 1.9, 2.0, 7.0]), np.array([False, True, False, True])
        spans = right_by_sigma(sigma, is_right, np.arange(4))
        told = [(span["fromSigma"], span["patches"], span["right"][0]) for span in spans]
        self.assertEqual(told, [(None, 2, 50.0), (2.0, 1, 0.0), (4.0, 1, 100.0)])

    def test_the_difference_is_the_model_minus_the_teacher(self):
        fits = np.eye(4, 365, dtype=bool)
        right, wrong = fits.astype(float), np.roll(fits, 9, axis=1).astype(float)
        self.assertEqual(minus(right, wrong, fits, np.arange(4))["top1"], [100, 100, 100])


if __name__ == "__main__":
    unittest.main()
