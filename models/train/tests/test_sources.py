"""python -m unittest tests.test_sources"""

from __future__ import annotations

import io
import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from whereabouts_train.bank import Bank
from whereabouts_train.card import TERMS
from whereabouts_train.pack import load_pack, write_pack
from whereabouts_train.sources import read_source
from whereabouts_train.sources.classmatched import Targets


class Source(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path: str, grey: int) -> None:
        """A plain picture, which its grey tells from the others."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 8), (grey, grey, grey)).save(file)

    def pairs(self, layout: str, **options) -> dict[str, tuple[int, int, str, str]]:
        """Path of each photo -> grey of photo and patch, split, place; as a pack has them."""
        source = {"kind": "pairs", "name": "p", "root": self.root, "layout": layout, **options}
        write_pack({"sidePx": 8, "sources": [source]}, self.root / "pack")
        pack, found = load_pack(self.root / "pack"), {}
        for row, photo in enumerate(pack.partners()):
            if photo >= 0:
                item = pack.items[row]
                self.assertEqual(item["split"], pack.items[photo]["split"])
                greys = (int(pack.pixels[r].mean().round()) for r in (photo, row))
                found[item["path"]] = (*greys, item["split"], item["place"])
        return found


class Terms(unittest.TestCase):
    def test_every_set_of_a_recipe_that_trains_has_its_terms(self):
        recipes = Path(__file__).resolve().parents[1] / "recipes"
        sources = [
            s for f in recipes.glob("pack-*.json") for s in json.loads(f.read_text())["sources"]
        ]
        names = {s["name"] for s in sources if s.get("split", "train") == "train"}
        self.assertIn("flickr8k", names)
        self.assertEqual(names - set(TERMS), set())


class NotAPicture(Source):
    def test_a_file_that_is_no_picture_is_named(self):
        self.write("street/a.png", 1)
        (self.root / "street" / "b.jpg").write_text("version https://git-lfs.example/spec/v1")
        source = {"kind": "folders", "name": "w", "root": self.root, "split": "train"}
        with self.assertRaisesRegex(ValueError, "Not a picture: street/b.jpg of w"):
            write_pack({"sidePx": 8, "sources": [source]}, self.root / "pack")


class FoldersWithoutLabels(Source):
    def test_a_folder_is_a_class_unless_the_recipe_says_that_there_are_no_labels(self):
        self.write("campus/1.png", 20)
        spec = {"kind": "folders", "name": "photos", "root": self.root, "split": "train"}
        classes = [[i.cls for i in read_source(spec | more)] for more in ({}, {"labels": False})]
        self.assertEqual(classes, [["campus"], [""]])


class Cvusa(Source):
    def test_cut_outs_and_flickr_photos_find_their_patches(self):
        stem, flickr = "36/-91/36.12345_-91.54321", "41.5_-87.25"
        self.write(f"streetview/cutouts/{stem}_90.jpg", 20)
        self.write(f"streetview/cutouts/{stem}_270.jpg", 40)
        self.write(f"streetview_aerial/18/{stem}.jpg", 60)
        self.write(f"flickr/12345678@N04_987654321_{flickr}.png", 80)
        self.write(f"flickr_aerial/18/{flickr}.jpg", 100)
        self.write("flickr/41/-87/12345678@N04_55_41.125_-87.5.png", 120)
        self.write("flickr_aerial/18/41/-87/41.125_-87.5.jpg", 140)
        self.write("flickr/readme.png", 160)  # no place in its name: no pair
        found = {k: (v[0], v[1], v[3]) for k, v in self.pairs("cvusa").items()}
        self.assertEqual(
            found,
            {
                f"streetview/cutouts/{stem}_90.jpg": (20, 60, "36.12345,-91.54321"),
                f"streetview/cutouts/{stem}_270.jpg": (40, 60, "36.12345,-91.54321"),
                f"flickr/12345678@N04_987654321_{flickr}.png": (80, 100, "41.5,-87.25"),
                "flickr/41/-87/12345678@N04_55_41.125_-87.5.png": (120, 140, "41.125,-87.5"),
            },
        )

    def test_photos_of_one_place_fall_on_one_side_of_the_split(self):
        for number in range(10):
            place = f"36.{number}5_-91.{number}5"
            self.write(f"streetview/cutouts/36/-91/{place}_90.jpg", 20)
            self.write(f"streetview/cutouts/36/-91/{place}_270.jpg", 40)
            self.write(f"streetview_aerial/18/36/-91/{place}.jpg", 60)
            self.write(f"flickr/1@N1_{number}_{place}.png", 80)
            self.write(f"flickr_aerial/18/{place}.jpg", 100)
        found = self.pairs("cvusa", testShare=0.5)
        self.assertEqual(len(found), 30)
        sides: dict[str, set[str]] = {}
        for _, _, split, place in found.values():
            sides.setdefault(place, set()).add(split)
        self.assertEqual(len(sides), 10)
        self.assertTrue(all(len(side) == 1 for side in sides.values()))
        self.assertEqual(set.union(*sides.values()), {"train", "test"})

    def test_a_photo_whose_patch_is_not_there_is_told_by_the_file(self):
        self.write("flickr/1@N1_2_41.5_-87.25.png", 80)
        with self.assertRaisesRegex(FileNotFoundError, "flickr_aerial/18/41.5_-87.25.jpg"):
            self.pairs("cvusa")


class Witw(Source):
    def test_a_city_is_one_place_and_photos_without_patch_are_left_out(self):
        for city, grey in (("paris", 20), ("rio", 60)):
            for number, suffix in enumerate((".tif", ".png", ".jpg")):
                self.write(f"{city}/surface/{number}.jpg", grey)
                self.write(f"{city}/overhead/{number}{suffix}", grey + 20)
            self.write(f"{city}/surface/alone.jpg", 200)
        found = self.pairs("witw", testShare=0.5)
        self.assertEqual(len(found), 6)
        self.assertEqual({v[:2] for k, v in found.items() if k.startswith("rio")}, {(60, 80)})
        for city in ("paris", "rio"):
            self.assertEqual(len({v[2:] for k, v in found.items() if k.startswith(city)}), 1)


class Csv(Source):
    def test_a_list_with_and_without_places(self):
        for name, grey in (("a", 20), ("b", 40), ("above", 60)):
            self.write(f"{name}.png", grey)
        for text, place in (
            ("photo,patch\na.png,above.png\nb.png,above.png\n", ""),
            ("photo,patch,lat,lon\na.png,above.png,47,9\nb.png,above.png,47,9\n", "47,9"),
        ):
            (self.root / "list.csv").write_text(text)
            found = self.pairs("csv", csv=self.root / "list.csv")
            self.assertEqual([v[:2] for v in found.values()], [(20, 60), (40, 60)])
            self.assertEqual({v[3] for v in found.values()}, {place})


class Folders(Source):
    def setUp(self):
        super().setUp()
        for number, path in enumerate(("x/Sea/10.png", "x/Sea/12.png", "y/wood/15.png")):
            self.write(path, 20 * number)
        (self.root / "notes.txt").write_text("no picture")

    def read(self, **options) -> dict[str, tuple[str, str]]:
        """Path -> class, split"""
        items = list(read_source({"kind": "folders", "name": "f", "root": self.root, **options}))
        for item in items:
            Image.open(io.BytesIO(item.read())).verify()
        return {item.path: (item.cls, item.split) for item in items}

    def test_the_class_is_the_path_of_the_folder_or_its_last_name_in_lower_case(self):
        self.assertEqual([cls for cls, _ in self.read().values()], ["x/Sea", "x/Sea", "y/wood"])
        found = self.read(leaf=True, lower=True, split="val")
        self.assertEqual(list(found.values()), [("sea", "val")] * 2 + [("wood", "val")])

    def test_a_pattern_or_a_file_of_paths_says_what_is_test(self):
        (self.root / "test.txt").write_text("x/Sea/10.png\ny/wood/15.png\n")
        for rule in ("[05]\\.png$", str(self.root / "test.txt")):
            splits = [split for _, split in self.read(test=rule).values()]
            self.assertEqual(splits, ["test", "train", "test"])

    def test_a_list_names_pictures_with_classes_or_their_numbers(self):
        names = self.root / "classes.txt"
        names.write_text("shore\nforest\n")
        listed = self.root / "list.txt"
        for text, options in (
            ("y/wood/15.png forest\nx/Sea/10.png shore\n", {}),
            ("y/wood/15.png 1\nx/Sea/10.png 0\n", {"classes": names}),
        ):
            listed.write_text(text)
            found = self.read(list=listed, **options)
            self.assertEqual(
                found, {"y/wood/15.png": ("forest", "train"), "x/Sea/10.png": ("shore", "train")}
            )

    def test_a_folder_that_is_not_there_is_told_with_the_set(self):
        with self.assertRaisesRegex(FileNotFoundError, "nowhere.*'f'"):
            self.read(root=self.root / "nowhere")


class ClassMatched(unittest.TestCase):
    def test_photos_are_drawn_by_the_square_of_the_share_of_their_scenes_that_fit(self):
        """Photo 0 shows only the patch's scene, photo 1 one of two, photo 2 another scene."""
        fits = np.zeros((3, 365), bool)
        fits[0, 5] = fits[1, 5] = fits[1, 6] = fits[2, 7] = True
        logits = np.zeros((3, 365), np.float32)
        logits[np.arange(3), np.arange(3)] = 1  # the mean counts how often each was drawn
        targets = Targets(Bank(logits, fits, logits.mean(0), logits.std(0)))
        patches = torch.zeros(2, 365, dtype=torch.bool)
        patches[0, 5] = True
        patches[1, 300] = True  # no photo shows it
        own = torch.full((2, 365), torch.nan)
        target, has_target = targets.draw(patches, own, 20_000, torch.Generator().manual_seed(1))
        self.assertEqual(has_target.tolist(), [True, False])
        shares = target[0, :3].tolist()
        self.assertAlmostEqual(shares[0], 1 / 1.25, delta=0.01)
        self.assertAlmostEqual(shares[1], 0.25 / 1.25, delta=0.01)
        self.assertEqual(shares[2], 0)


if __name__ == "__main__":
    unittest.main()
