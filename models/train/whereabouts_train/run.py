"""What a loop needs around its steps: optimiser, schedule, weight average, checkpoint, log."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from pathlib import Path

import torch
from torch import nn

from .config import TrainConfig
from .networks import SceneNet, create_network

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Run:
    """State of one training run in its folder; continues where the folder's checkpoint ends."""

    def __init__(self, config: TrainConfig, folder: Path, net: SceneNet) -> None:
        torch.set_num_threads(config.threads)
        self.config, self.folder, self.net = config, folder, net
        self.average = copy.deepcopy(net).eval().requires_grad_(False)
        net.precision = PRECISIONS[config.precision]
        self.optimiser = _optimiser(net, config)
        self.rng = torch.Generator().manual_seed(config.seed)
        self.step, self.seconds = 0, 0.0
        self._since = time.monotonic()
        self._terms: dict[str, list[float]] = {}  # since the last log line
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=1))
        if self.checkpoint.is_file():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def update(self, loss: torch.Tensor) -> None:
        """One optimiser step; a loss that is not a number stops the run."""
        config = self.config
        if not torch.isfinite(loss):
            raise FloatingPointError(f"Loss is {loss.item()} at step {self.step}")
        for group in self.optimiser.param_groups:
            group["lr"] = config.learningRate * learning_rate_share(self.step, config)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), config.clipNorm)
        self.optimiser.step()
        self.step += 1
        update_average(
            self.average, self.net, min(config.averageDecay, self.step / (self.step + 9))
        )

    def count(self, **terms: float) -> None:
        """Adds to the means of the next log line: of the steps that had the term."""
        for name, value in terms.items():
            self._terms.setdefault(name, []).append(float(value))

    @property
    def is_due(self) -> bool:
        return self.step % self.config.everySteps == 0 or self.step == self.config.steps

    def report(self, **facts: float) -> None:
        """Writes a log line and a checkpoint."""
        self.seconds += time.monotonic() - self._since
        self._since = time.monotonic()
        means = {name: round(sum(v) / len(v), 4) for name, v in self._terms.items()}
        line = {"step": self.step, "seconds": round(self.seconds), **means, **facts}
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        self._terms = {}
        self._save()

    def _save(self) -> None:
        state = {
            "config": dataclasses.asdict(self.config),
            "step": self.step,
            "seconds": self.seconds,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.get_state(),
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.config.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rng.set_state(state["rng"].cpu())
        self.step, self.seconds = state["step"], state["seconds"]
        print(f"Continues at step {self.step} of {self.config.steps}", flush=True)


def learning_rate_share(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then half a cosine to a hundredth."""
    if step < config.warmupSteps:
        return (step + 1) / config.warmupSteps
    done = (step - config.warmupSteps) / max(config.steps - config.warmupSteps, 1)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


@torch.no_grad()
def update_average(average: nn.Module, net: nn.Module, decay: float) -> None:
    for mean, value in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def load_network(checkpoint: str | Path) -> SceneNet:
    """The averaged network of a run, ready to evaluate or export."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = create_network(state["config"]["network"], **state["config"]["networkOptions"])
    net.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in state["average"].items()}
    )
    return net.eval()


def _optimiser(net: SceneNet, config: TrainConfig) -> torch.optim.Optimizer:
    """Norms and biases are not decayed."""
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weightDecay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=config.learningRate, momentum=0.9, nesterov=True)
    if config.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=config.learningRate)
    raise ValueError(f"Unknown optimiser {config.optimiser!r}; known: sgd, adamw")
