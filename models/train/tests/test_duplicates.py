"""python -m unittest tests.test_duplicates"""

from __future__ import annotations

import csv
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from whereabouts_train.duplicates import find, mark
from whereabouts_train.pack import FIELDS, Pack, load_pack
from whereabouts_train.tiny import SCENES

SIDE = 96


def write(folder: Path, pictures: list[np.ndarray], split: str) -> Pack:
    folder.mkdir(parents=True)
    np.save(folder / "pixels.npy", np.stack(pictures))
    with open(folder / "items.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(["s", SCENES[0], split, f"{i}.jpg", ""] for i in range(len(pictures)))
    return load_pack(folder)


def blobs(seed: int) -> np.ndarray:
    """As smooth as photos are beside drawings."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def disguised(picture: np.ndarray) -> np.ndarray:
    """Another size, grey and darker."""
    small = Image.fromarray(picture).resize((70, 70)).convert("L").convert("RGB")
    return (np.asarray(small.resize((SIDE, SIDE))) * 0.8).astype(np.uint8)


class Duplicates(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.drawn = [blobs(i) for i in range(12)]
        self.trained = write(self.root / "trained", self.drawn[:6], "train")

    def found(self, pictures: list[np.ndarray]) -> dict[int, int]:
        tested = write(self.root / "tested", pictures, "test")
        return find((tested, tested.rows("test")), (self.trained, self.trained.rows("train")))

    def test_the_same_picture_is_found_grey_darker_and_at_another_size(self):
        shown = [self.drawn[8], disguised(self.drawn[3]), self.drawn[0], self.drawn[9]]
        self.assertEqual(self.found(shown), {1: 3, 2: 0})

    def test_pictures_without_any_contrast_are_no_duplicates(self):
        self.assertEqual(self.found([np.full((SIDE, SIDE, 3), 90, np.uint8)]), {})

    def test_marked_ones_are_in_no_split_that_is_evaluated(self):
        self.found([self.drawn[0], self.drawn[8]])
        mark(self.root / "tested", {0})
        pack = load_pack(self.root / "tested")
        self.assertEqual(pack.rows("test").tolist(), [1])
        self.assertEqual(pack.rows("duplicate").tolist(), [0])


if __name__ == "__main__":
    unittest.main()
