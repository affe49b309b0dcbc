"""python -m unittest discover tests"""

from __future__ import annotations

import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from whereabouts_train.augment import blended, roads
from whereabouts_train.config import OverheadConfig, PhotoConfig, TrainConfig, load_config
from whereabouts_train.elders import open_elders
from whereabouts_train.export import export_onnx
from whereabouts_train.losses import contrast, opinion_likelihood, set_likelihood
from whereabouts_train.metrics import (
    average_precision,
    centred_correlation,
    paired_difference,
    ranks_of_fitting,
    rms_distance,
)
from whereabouts_train.networks import create_network, densenet_bc, mobilenet_v2, normalise
from whereabouts_train.overhead import (
    Trainer,
    inner_features,
    middle_of,
    strange_surroundings,
)
from whereabouts_train.pack import write_pack
from whereabouts_train.prototypes import scene_prototypes
from whereabouts_train.road import with_road
from whereabouts_train.run import Run
from whereabouts_train.scenes import CLASS_COUNT, scene_index, scene_names, scene_set
from whereabouts_train.sources import read_source
from whereabouts_train.sources.classmatched import Patches
from whereabouts_train.tiny import write_sets
from whereabouts_train.warmstart import load_onnx
from whereabouts_train.withheld import precisions

TINY = {"growth": 4, "blocks": (1, 1, 1, 1), "stem": 8}


class Scenes(unittest.TestCase):
    def test_the_order_is_that_of_places365(self):
        names = scene_names()
        self.assertEqual((names[0], names[-1], len(names)), ("airfield", "zen_garden", 365))
        self.assertEqual(len(set(names)), CLASS_COUNT)

    def test_every_name_in_the_tables_is_a_scene(self):
        folder = Path(__file__).parents[1]
        files = (
            folder / "labels" / "ground.json",
            folder.parents[1] / "data/overhead-classes.json",
        )
        for file in files:
            tables = {k: v for k, v in json.loads(file.read_text()).items() if k != "note"}
            for set_name, table in tables.items():
                for class_name, scenes in table.items():
                    self.assertLessEqual(set(scenes), set(scene_index()), (set_name, class_name))

    def test_miniplaces_names_without_a_scene_fit_nothing(self):
        self.assertEqual(scene_set("miniplaces", "monastery/outdoor"), [])
        self.assertEqual(scene_set("miniplaces", "abbey"), scene_set("x", "church/outdoor"))


class Figures(unittest.TestCase):
    def test_perfect_order_and_reversed_order(self):
        distance = np.array([[0.0, 1, 2, 3], [3.0, 2, 1, 0]])
        fits = np.array([[True, True, False, False]] * 2)
        auc, percentile, precision = ranks_of_fitting(distance, fits)
        np.testing.assert_allclose(auc, [1, 0])
        np.testing.assert_allclose(percentile, [1 / 6, 5 / 6])
        np.testing.assert_allclose(precision, [1, (1 / 3 + 2 / 4) / 2])

    def test_ties_count_half_in_auc_and_against_precision(self):
        auc, _, precision = ranks_of_fitting(
            np.zeros((1, 4)), np.array([[True, False, False, False]])
        )
        np.testing.assert_allclose((auc[0], precision[0]), (0.5, 0.25))

    def test_a_distance_that_is_no_number_is_refused(self):
        with self.assertRaises(ValueError):
            ranks_of_fitting(np.full((1, 2), np.nan), np.array([[True, False]]))

    def test_rms_distance_is_the_reference_formula(self):
        a, b = np.random.default_rng(1).normal(size=(2, 3, 365))
        expected = np.linalg.norm(a[0] - b[1]) / np.sqrt(365)
        self.assertAlmostEqual(rms_distance(a, b)[0, 1], expected, places=9)

    def test_average_precision_reads_larger_as_better(self):
        self.assertEqual(average_precision(np.array([3.0, 1]), np.array([True, False])), 1.0)

    def test_a_constant_gain_has_an_interval_without_zero(self):
        first = np.random.default_rng(1).random(60)
        value, low, high = paired_difference(first, first + 0.1, np.arange(60) % 6, draws=50)
        for figure in (value, low, high):
            self.assertAlmostEqual(figure, 0.1, places=6)

    def test_correlation_ignores_what_all_patches_share(self):
        shared = 100 * np.random.default_rng(1).normal(size=(1, 365))
        a, b = np.random.default_rng(2).normal(size=(2, 500, 365))
        self.assertLess(abs(centred_correlation(a + shared, b + shared)), 0.05)


class Prototypes(unittest.TestCase):
    def test_a_scene_looks_like_the_photos_that_surely_show_it(self):
        logits = np.random.default_rng(1).normal(size=(40, CLASS_COUNT)).astype(np.float32)
        logits[:10, 7] = 30
        logits[10:12, 9] = 30
        logits[12:, 0] = 30
        found = scene_prototypes(logits)
        self.assertEqual(found.shape, (CLASS_COUNT, CLASS_COUNT))
        np.testing.assert_allclose(found[7], logits[:10].mean(0), atol=1e-3)
        np.testing.assert_allclose(found[9], logits[10:12].mean(0), atol=1e-3)

    def test_withheld_scenes_are_compared_by_both_ways(self):
        prototypes = np.eye(CLASS_COUNT, dtype=np.float32)
        patches = np.stack([prototypes[3], prototypes[5], prototypes[8]])
        patches[:, 3] += [0, 9, 9]  # the logit alone prefers the wrong ones
        patches[1:, 20] = 30
        fits = np.zeros((3, CLASS_COUNT), bool)
        fits[0, 3] = True
        by_logit, by_prototype = precisions(patches, fits, np.array([3]), prototypes)[0]
        self.assertAlmostEqual(by_logit, 1 / 3)
        self.assertEqual(by_prototype, 1.0)


class Losses(unittest.TestCase):
    def test_any_scene_of_the_set_counts(self):
        logits = torch.zeros(1, 365)
        fits = torch.zeros(1, 365, dtype=torch.bool)
        fits[0, :73] = True
        expected = -torch.log(torch.tensor(73 / 365))
        torch.testing.assert_close(set_likelihood(logits, fits), expected)

    def test_contrast_falls_when_fitting_photos_come_nearer(self):
        fits = torch.tensor([[True, False, False]])
        near, far = torch.tensor([[-0.1, -1, -1]]), torch.tensor([[-1.0, -0.1, -1]])
        self.assertLess(contrast(near, fits, 0.1).item(), contrast(far, fits, 0.1).item())

    def test_a_sharpened_opinion_weighs_as_its_first_choice_would_as_a_label(self):
        torch.manual_seed(1)
        logits, teacher = torch.randn(4, 365), torch.randn(4, 365)
        fits = torch.nn.functional.one_hot(teacher.argmax(1), 365).bool()
        sharp = opinion_likelihood(logits, teacher, 0.001).mean()
        torch.testing.assert_close(sharp, set_likelihood(logits, fits), atol=1e-3, rtol=1e-3)
        own = opinion_likelihood(teacher, teacher, 1.0)
        self.assertTrue((own < opinion_likelihood(logits, teacher, 1.0)).all())


class Networks(unittest.TestCase):
    def test_logits_are_the_mean_of_the_map(self):
        net = densenet_bc(**TINY).eval()
        image = torch.randn(2, 3, 96, 128)
        feature_map = net.feature_map(image)
        mean = net.map_logits(feature_map).mean((2, 3))
        torch.testing.assert_close(net(image), mean, atol=1e-5, rtol=1e-5)
        self.assertEqual(feature_map.shape[2:], (3, 4))

    def test_in_bfloat16_the_trunk_computes_more_coarsely_and_weights_learn_in_float32(self):
        torch.manual_seed(1)
        net, image = densenet_bc(**TINY).eval(), torch.randn(2, 3, 96, 96)
        exact = net.feature_map(image)
        net.precision = torch.bfloat16
        coarse = net.feature_map(image)
        net(image).square().mean().backward()
        self.assertEqual((coarse.dtype, net.trunk[1].conv1.weight.grad.dtype), (torch.float32,) * 2)
        self.assertFalse(torch.equal(coarse, exact))
        self.assertLess(((coarse - exact).norm() / exact.norm()).item(), 0.05)

    def test_continued_by_reflection_a_plain_picture_has_a_plain_map(self):
        torch.manual_seed(1)
        plain = torch.ones(1, 3, 96, 96)
        spreads = []
        with torch.no_grad():
            for reflect_from in (0, None):
                feature_map = mobilenet_v2(reflect_from).eval().feature_map(plain)  # [1, d, 3, 3]
                mean = feature_map.mean((2, 3), keepdim=True)
                spreads.append(((feature_map - mean).norm() / feature_map.norm()).item())
        self.assertLess(spreads[0], 1e-4)
        self.assertGreater(spreads[1], 0.01)

    def test_last_blocks_that_read_cells_alone_see_less_of_the_surroundings(self):
        widths = []
        for local_from in (15, None):
            image, net = torch.rand(1, 3, 448, 448).requires_grad_(), mobilenet_v2(7, local_from)
            for weight in (p for p in net.trunk.parameters() if p.ndim > 1):
                nn.init.constant_(weight, 0.5 / weight[0].numel())  # every path counts
            net.eval().feature_map(image)[0, 0, 7, 7].backward()
            widths.append(int((image.grad[0, 0].abs() > 0).any(0).sum()))
        self.assertLess(widths[0], 0.8 * widths[1])

    def test_a_released_model_answers_alike_with_its_last_blocks_reading_cells_alone(self):
        torch.manual_seed(1)
        plain = torch.full((2, 3, 96, 96), 90.0)
        plain[1] = 160.0
        with tempfile.TemporaryDirectory() as folder:
            file, net = Path(folder) / "model.onnx", mobilenet_v2(0).eval()
            export_onnx(net, "overhead", 96, file)
            local = create_network("mobilenet_v2", reflectFrom=0, localFrom=15)
            load_onnx(local, file, normalise(torch.rand(8, 3, 96, 96) * 255))
        with torch.no_grad():
            torch.testing.assert_close(
                local(normalise(plain)), net(normalise(plain)), atol=1e-3, rtol=1e-2
            )

    def test_a_densenet_too_sees_less_where_its_last_block_reads_cells_alone(self):
        torch.manual_seed(1)
        image = normalise(torch.rand(2, 3, 160, 160) * 255)
        other = image.clone()
        other[:, :, :, 96:] = 0  # beyond what the first cell sees of it
        changes = []
        for options in ({}, {"reflectFrom": 3, "localFrom": 7}):
            net = densenet_bc(**TINY, **options).eval()
            self.assertEqual(net.feature_map(image).shape[-1], 5)
            difference = net.feature_map(image) - net.feature_map(other)
            changes.append(int((difference.abs().amax((0, 1, 2)) > 0).sum()))
        self.assertLess(changes[1], changes[0])  # columns of cells that notice

    def test_an_item_that_halves_the_map_cannot_read_cells_alone(self):
        for network, index in (("densenet_bc", 5), ("mobilenet_v2", 13), ("densenet_bc", 99)):
            with self.assertRaises(AssertionError):
                create_network(network, localFrom=index)

    def test_a_released_densenet_is_read_back_with_its_norms(self):
        torch.manual_seed(1)
        images = normalise(torch.rand(8, 3, 64, 64) * 255)
        released, net = densenet_bc(**TINY), densenet_bc(**TINY)
        released.train()(images * 2 - 1)  # statistics that are not 0 and 1
        with torch.no_grad():
            for norm in (m for m in released.modules() if isinstance(m, nn.BatchNorm2d)):
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_(0, 0.2)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.onnx"
            export_onnx(released.eval(), "overhead", 64, file)
            load_onnx(net, file, images)
        with torch.no_grad():
            torch.testing.assert_close(net(images), released(images), atol=1e-4, rtol=1e-4)
        found, expected = (n.trunk[1].norm1.running_mean for n in (net, released))
        torch.testing.assert_close(found, expected)

    def test_elders_tell_the_mean_of_a_checkpoint_and_a_released_model(self):
        nets = [densenet_bc(**TINY).eval() for _ in range(2)]
        image = normalise(torch.rand(2, 3, 64, 64) * 255)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            export_onnx(nets[0], "overhead", 64, root / "model.onnx")
            config = {"network": "densenet_bc", "networkOptions": TINY}
            torch.save({"config": config, "average": nets[1].state_dict()}, root / "run.pt")
            told = open_elders([str(root / "model.onnx"), str(root / "run.pt")], "cpu")(image)
        self.assertFalse(told.requires_grad)
        expected = (nets[0](image) + nets[1](image)) / 2
        torch.testing.assert_close(told, expected, atol=1e-4, rtol=1e-4)

    def test_the_inner_part_lies_in_the_middle(self):
        net = densenet_bc(**TINY).eval()
        features = inner_features(net, torch.randn(1, 3, 160, 160), 96)
        self.assertEqual(features.shape, (1, net.feature_count))
        self.assertEqual(middle_of(160, 96, net.stride), slice(32, 128))

    def test_strange_surroundings_leave_the_middle_alone(self):
        window = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 3, 8, 8)
        mixed = strange_surroundings(window, slice(2, 6), 1.0, torch.Generator())
        self.assertTrue(mixed[:, :, 2:6, 2:6].equal(window[:, :, 2:6, 2:6]))
        self.assertEqual(mixed[:, 0, 0, 0].tolist(), [2.0, 0.0, 1.0])

    def test_frozen_norms_keep_their_statistics_in_training(self):
        for is_frozen in (True, False):
            net = mobilenet_v2()
            net.frozen_norms = is_frozen
            before = net.trunk[0][1].running_mean.clone()
            net.train()(torch.randn(2, 3, 64, 64))
            self.assertEqual(net.trunk[0][1].running_mean.equal(before), is_frozen)


class Sources(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def test_shards_and_pairs_read_what_tiny_writes(self):
        write_sets(self.root)
        spec = {"kind": "shards", "name": "s", "root": self.root / "patches", "test": ["test.tar"]}
        items = list(read_source(spec))
        self.assertEqual({i.split for i in items}, {"train", "test"})
        self.assertEqual(len(items), 8 * 42)
        spec = {"kind": "pairs", "name": "p", "root": self.root / "pairs"}
        items = list(read_source(spec | {"csv": self.root / "pairs" / "pairs.csv"}))
        self.assertEqual({i.set for i in items}, {"p-ground", "p-overhead"})

    def test_whole_maps_are_large_and_have_no_class(self):
        pixels = np.random.default_rng(1).integers(0, 256, (60, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(self.root / "1.jpg")
        spec = {"kind": "maps", "name": "m", "root": self.root, "whole": True, "split": "train"}
        (item,) = read_source(spec)
        self.assertEqual((item.cls, item.split), ("", "train"))
        self.assertEqual(Image.open(io.BytesIO(item.read())).size, (60, 60))


class Windows(unittest.TestCase):
    def test_windows_without_labels_teach_agreement_and_keep_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            root, net = Path(folder), densenet_bc(**TINY)
            (root / "images").mkdir()
            pixels = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / "images" / "1.png")
            source = {"kind": "folders", "name": "w", "root": root / "images", "split": "train"}
            write_pack({"sidePx": 128, "sources": [source]}, root / "pack")
            logits = np.random.default_rng(2).normal(size=(8, 365))
            fits = np.packbits(np.eye(8, 365, dtype=bool), axis=1)
            np.savez(root / "train.npz", logits=logits, fits=fits)
            packs = [{"folder": root / "pack", "gsd": 0.5, "weight": 1}]
            sides = {"side": 64, "windowSide": 128, "windowBatch": 2, "windowShare": 1.0}
            config = OverheadConfig(
                "densenet_bc", TINY, windows=packs, bank=str(root), keep=1, **sides
            )
            trainer = Trainer(config, Patches(packs, [], str(root)), net)
            loss, terms = trainer.loss(net.eval(), torch.Generator().manual_seed(1))
        self.assertEqual(set(terms), {"agree", "keep"})
        self.assertTrue(torch.isfinite(loss))


class Roads(unittest.TestCase):
    def test_a_road_lies_through_the_middle_as_wide_as_asked_and_changes_nothing_else(self):
        patch = np.full((101, 101, 3), 30, np.uint8)
        for angle, along in ((0.0, (slice(None), 50)), (np.pi / 2, (50, slice(None)))):
            paved = with_road(patch, angle, 7.0, 1)
            self.assertGreater(paved[along].min(), 80)
            changed = (paved != patch).any(2).sum(1 if angle == 0 else 0)
            self.assertTrue((np.abs(changed - 14) <= 1).all())

    def test_training_paves_the_share_asked_for_and_leaves_the_rest_of_a_patch_alone(self):
        grass = torch.full((400, 3, 64, 64), 20.0)
        paved = roads(grass, 0.5, 0.5, torch.Generator().manual_seed(1))
        changed = (paved != grass).any(1)  # [n, h, w]
        self.assertAlmostEqual(float(changed.any(2).any(1).float().mean()), 0.5, delta=0.1)
        self.assertTrue(
            bool(changed[:, 31:33, 31:33].all(2).all(1).eq(changed.any(2).any(1)).all())
        )
        # 4 m at 0.5 m/px is 8 px of 64 across, 14 m is 28 px, wider on a diagonal.
        shares = changed.float().mean((1, 2))[changed.any(2).any(1)]
        self.assertGreater(float(shares.min()), 7 / 64)
        self.assertLess(float(shares.max()), 28 / 64 * 2**0.5 + 0.05)
        self.assertIs(roads(grass, 0.0, 0.5, torch.Generator()), grass)

    def test_a_blended_picture_lies_between_two_and_the_others_stay(self):
        levels = torch.tensor([0.0, 100.0, 200.0] * 20).view(-1, 1, 1, 1).expand(-1, 3, 8, 8)
        mixed, is_blended = blended(levels, 0.5, torch.Generator().manual_seed(1))
        self.assertTrue(20 < is_blended.sum() < 40)
        torch.testing.assert_close(mixed[~is_blended], levels[~is_blended])
        self.assertTrue(((mixed >= 0) & (mixed <= 200)).all())
        changed = (mixed != levels).flatten(1).any(1)
        self.assertTrue((changed <= is_blended).all())
        self.assertGreater(int(changed.sum()), 10)  # the others met a picture of their own level
        self.assertIs(blended(levels, 0.0, torch.Generator())[0], levels)


class Runs(unittest.TestCase):
    def test_an_unknown_key_in_a_recipe_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "r.json"
            file.write_text('{"network": "densenet_bc", "learningrate": 1}')
            with self.assertRaisesRegex(ValueError, "learningrate"):
                load_config(PhotoConfig, file, [])

    def test_a_term_that_not_every_step_has_is_averaged_over_those_that_have_it(self):
        with tempfile.TemporaryDirectory() as folder:
            config = TrainConfig("densenet_bc", TINY)
            run = Run(config, Path(folder), densenet_bc(**TINY))
            for terms in ({"teach": 1.0}, {"agree": 4.0}, {"teach": 3.0}):
                run.count(**terms)
            run.report()
            line = json.loads((Path(folder) / "log.jsonl").read_text())
        self.assertEqual((line["teach"], line["agree"]), (2.0, 4.0))

    def test_a_resumed_run_ends_where_an_unbroken_one_does(self):
        config = TrainConfig("densenet_bc", TINY, steps=4, everySteps=2, batch=2)

        def go(folder: Path, until: int) -> Run:
            torch.manual_seed(1)
            run = Run(config, folder, densenet_bc(**TINY))
            while run.step < until:
                run.net.train()
                run.update(run.net(torch.randn(2, 3, 64, 64, generator=run.rng)).square().mean())
                if run.is_due:
                    run.report()
            return run

        with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
            whole = go(Path(a), 4)
            go(Path(b), 2)
            parts = go(Path(b), 4)
            for one, other in zip(
                whole.average.parameters(), parts.average.parameters(), strict=True
            ):
                torch.testing.assert_close(one, other)


if __name__ == "__main__":
    unittest.main()
