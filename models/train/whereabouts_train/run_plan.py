"""Runs a plan of commands, within a time limit where one is given: for a lent GPU.

python -m whereabouts_train.run_plan recipes/pair-plan.json
python -m whereabouts_train.run_plan recipes/gpu-plan.json --work . --out results --minutes 9

A plan has `steps`, each the words after `python -m whereabouts_train.`, and perhaps `results`,
patterns of the files to bring back. Steps that ended are not repeated, a training that was cut off
goes on from its checkpoint: the same command again continues. Results lie in `--out` as one archive
cut into parts of at most 16 MB; `--collect results` puts it together and unpacks it in `--work`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

PART_BYTES = 16_000_000
DONE = "plan-done.json"
ARCHIVE = "results.tar"
# Left for packing the results.
SPARE_SECONDS = 20
PACKAGE = str(Path(__file__).resolve().parents[1])


def run_steps(steps: list[list[str]], work: Path, deadline: float) -> bool:
    """Runs what is not done yet, in `work`; False when the time was up before the end."""
    file = work / DONE
    done = json.loads(file.read_text()) if file.is_file() else []
    for step in steps:
        if step in done:
            continue
        left = deadline - time.monotonic()
        limit = "" if math.isinf(left) else f"   ({left:.0f} s left)"
        print(f"$ {' '.join(step)}{limit}", flush=True)
        if left <= 0 or not _ended(step, work, left):
            print("time is up; the same command goes on from here", flush=True)
            return False
        done.append(step)
        file.write_text(json.dumps(done, indent=1))
    return True


def _ended(step: list[str], work: Path, seconds: float) -> bool:
    """False when the time was up; a step that fails ends the run."""
    module, *arguments = step
    command = [sys.executable, "-m", f"whereabouts_train.{module}", *arguments]
    # The commands run in another folder than the package's.
    environment = os.environ | {"PYTHONPATH": PACKAGE}
    try:
        limit = None if math.isinf(seconds) else seconds
        subprocess.run(command, cwd=work, env=environment, check=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return False
    return True


def pack_results(patterns: list[str], work: Path, out: Path) -> list[Path]:
    """One archive of all files that match, cut into parts."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob(f"{ARCHIVE}.*"):
        old.unlink()
    whole = out / ARCHIVE
    with tarfile.open(whole, "w") as archive:
        for file in sorted({f for pattern in patterns for f in work.glob(pattern) if f.is_file()}):
            archive.add(file, file.relative_to(work))
    parts = []
    with open(whole, "rb") as stream:
        while data := stream.read(PART_BYTES):
            parts.append(out / f"{ARCHIVE}.{len(parts):03}")
            parts[-1].write_bytes(data)
    whole.unlink()
    return parts


def collect(folder: Path, work: Path) -> None:
    """Puts the parts together and unpacks them."""
    parts = sorted(folder.glob(f"{ARCHIVE}.[0-9][0-9][0-9]"))
    if not parts:
        raise FileNotFoundError(f"No {ARCHIVE}.000 in {folder}")
    whole = work / ARCHIVE
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    with tarfile.open(whole) as archive:
        archive.extractall(work, filter="data")
    whole.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?")
    parser.add_argument("--work", type=Path, default=Path(), help="folder the steps run in")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--minutes", type=float, default=math.inf, help="of the run, else any time")
    parser.add_argument("--collect", type=Path, metavar="RESULTS", help="unpack into --work")
    args = parser.parse_args()
    deadline = time.monotonic() + 60 * args.minutes - SPARE_SECONDS
    if args.collect:
        collect(args.collect, args.work)
        return
    if args.plan is None:
        parser.error("a plan is needed, or --collect")
    plan = json.loads(args.plan.read_text())
    is_done = run_steps(plan["steps"], args.work, deadline)
    print("all steps done" if is_done else "not done")
    if "results" in plan:
        for part in pack_results(plan["results"], args.work, args.out):
            print(f"{part}: {part.stat().st_size} B")


if __name__ == "__main__":
    main()
