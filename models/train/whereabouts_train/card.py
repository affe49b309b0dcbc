"""Writes a model's card from the run's own records: config, log and evaluation.

python -m whereabouts_train.card ../overhead-… --run runs/overhead --evaluation eval.json
    --notes notes/overhead-….md
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .pack import load_pack

TERMS = {
    "miniplaces": "MiniPlaces: no licence stated, research",
    "intel": "Intel scenes: no licence stated, research",
    "scene15": "15-Scene: no licence stated, research",
    "places8": "eight classes of MIT Places: research",
    "flickr8k": "Flickr8k, without labels: research",
    "imagenet-sample": "a photo of each ImageNet class, without labels: research",
    "bsds500": "BSDS500, without labels: research",
    "mit1003": "100 photos of MIT1003, without labels: research",
    "weather": "multi-class weather photos, without labels: CC BY 4.0",
    "corel1k": "Corel-1k, without labels: research",
    "olympus": "one camera's photos, without labels: no licence stated, research",
    "urban100": "Urban100 and Sun-Hays80, without labels: research",
    "sun7": "SUN, five classes, without labels: research",
    "caltech101": "six classes of Caltech-101, without labels: CC BY 4.0",
    "natscene": "natural scenes, without labels: no licence stated for the photos, research",
    "intel-pred": "Intel scenes without labels: no licence stated, research",
    "camvid": "CamVid, without labels: research",
    "ucm": "UC Merced land use: imagery of the USGS, public domain",
    "aid": "AID, shrunk to 150 px: no licence stated, research",
    "maps": "pix2pix maps, New York, labelled by a street map: Google imagery, research",
    "maps-windows": "the same, as large windows without labels",
    "cities": "streets of two cities, without labels: no licence stated, research",
    "resisc45": "RESISC45, two classes: no licence stated, research",
    "resisc12": "RESISC45, twelve further classes: no licence stated, research",
}
USE = """\
## Use and misuse

Made to say where to look first. Its heatmaps suggest, they never prove a place; every candidate
has to be checked by a person against other evidence. Do not use it to find where a private
person lives, or to choose a target.
"""


def training_sets(config: dict[str, Any]) -> list[str]:
    """Lines of a table: set, pictures, terms."""
    packs = config.get("packs", []) + config.get("windows", [])
    folders = list(dict.fromkeys(p["folder"] for p in packs)) or [config["pack"]]
    counts: dict[str, int] = {}
    for folder in folders:
        for item in load_pack(folder).items:
            if item["split"] == "train":
                counts[item["set"]] = counts.get(item["set"], 0) + 1
    excluded = set(config.get("exclude", []))
    return [
        f"| {name} | {count} | {TERMS.get(name, 'see its source')} |"
        for name, count in counts.items()
        if name not in excluded
    ]


def recipe_lines(config: dict[str, Any]) -> list[str]:
    """Every key of the run, as it ran."""
    return [
        f"`{k}` {json.dumps(v)}"
        for k, v in config.items()
        if k not in ("packs", "pack", "bank", "windows")
    ]


def interval(value: Any) -> str:
    if isinstance(value, list) and len(value) == 3:
        return f"{value[0]} ({value[1]} – {value[2]})"
    return str(value)


def evaluation_lines(results: list[dict[str, Any]]) -> list[str]:
    """One column per evaluated pair, and the last column's paired difference to the first."""
    heads = [" + ".join(r["pair"]) for r in results]
    lines = ["| figure (95 % interval) | " + " | ".join(heads) + " |"]
    lines.append("| --- |" + " --- |" * len(heads))
    for key, part in results[0].items():
        if key in ("pair", "minusFirst") or not isinstance(part, dict):
            continue
        for name in part:
            cells = [_cell(r[key].get(name)) for r in results]
            if any(cells) and name != "sceneQueries":
                lines.append(f"| {key}: {name} | " + " | ".join(cells) + " |")
            elif name == "sceneQueries":
                maps = [str(r[key][name]["mAP"]) for r in results]
                lines.append(f"| {key}: mAP of scene queries | " + " | ".join(maps) + " |")
    return lines + difference_lines(results[-1].get("minusFirst", {}))


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {interval(v)}" for k, v in value.items())
    return interval(value)


def difference_lines(differences: dict[str, Any]) -> list[str]:
    """Second minus first, paired over pictures, resampled over classes and pictures."""
    if not differences:
        return []
    lines = ["", "Paired difference, new minus first, with its 95 % interval:", ""]
    lines += ["| test | figure | difference |", "| --- | --- | --- |"]
    for test, figures in differences.items():
        lines += [f"| {test} | {name} | {interval(v)} |" for name, v in figures.items()]
    return lines


def card(name: str, run: Path, results: list[dict[str, Any]], notes: str) -> str:
    config = json.loads((run / "config.json").read_text())
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    last = {k: v for k, v in log[-1].items() if k not in ("step", "seconds")}
    lines = [f"# {name}", "", notes.strip(), "", "## Training data", ""]
    lines += ["| set | training pictures | terms |", "| --- | --- | --- |", *training_sets(config)]
    lines += ["", "**Terms.** The weights are ours, Apache-2.0. Sets without a stated licence make"]
    lines += ["the model one **for research** until somebody has checked.", "", "## Recipe", ""]
    lines += ["; ".join(recipe_lines(config)) + ".", ""]
    lines += [f"{log[-1]['step']} steps in {log[-1]['seconds'] / 60:.0f} minutes of wall time."]
    lines += ["Last logged terms: " + ", ".join(f"{k} {v}" for k, v in last.items()) + "."]
    lines += ["", "## Measured", "", *evaluation_lines(results), "", USE]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="model folder; README.md is written there")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, nargs="+", required=True)
    parser.add_argument("--notes", type=Path, required=True, help="what a person has to say")
    args = parser.parse_args()
    parts = [json.loads(file.read_text()) for file in args.evaluation]
    results = parts[0]
    for part in parts[1:]:
        for merged, other in zip(results, part, strict=True):
            differences = merged.get("minusFirst", {}) | other.get("minusFirst", {})
            merged |= other
            if differences:
                merged["minusFirst"] = differences
    text = card(args.model.name, args.run, results, args.notes.read_text())
    (args.model / "README.md").write_text(text)


if __name__ == "__main__":
    main()
