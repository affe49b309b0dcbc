"""The terms of both loops. Logits are [n, 365]; masks are boolean and say which scenes fit."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def set_likelihood(logits: Tensor, fits: Tensor, among: Tensor | None = None) -> Tensor:
    """Minus the log of the probability of any fitting scene, `among` [365] some scenes."""
    assert logits.shape == fits.shape, f"{logits.shape} vs {fits.shape}"
    if among is not None:
        logits, fits = logits[:, among], fits[:, among]
    inside = logits.masked_fill(~fits, -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - inside)[fits.any(1)].mean()


def ranking_distillation(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Kullback-Leibler divergence within the scenes given, scaled back by the temperature."""
    target = F.softmax(teacher / temperature, 1)
    output = F.log_softmax(logits / temperature, 1)
    return temperature**2 * F.kl_div(output, target, reduction="batchmean")


def mass_distillation(logits: Tensor, teacher: Tensor, covered: Tensor, temperature: float):
    """Divergence of the two shares: scenes with photos against scenes without."""

    def shares(values: Tensor) -> Tensor:  # [n, 2]
        values = values / temperature
        return torch.stack([values[:, covered].logsumexp(1), values[:, ~covered].logsumexp(1)], 1)

    target = F.softmax(shares(teacher), 1)
    output = F.log_softmax(shares(logits), 1)
    return temperature**2 * F.kl_div(output, target, reduction="batchmean")


def opinion_likelihood(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Cross-entropy to the teacher's opinion over all scenes, as a label would weigh. # [n]

    Below temperature 1 the opinion is sharpened, so that scenes told of by labels, which are
    sure, do not win for that reason alone.
    """
    return -(F.softmax(teacher / temperature, 1) * F.log_softmax(logits, 1)).sum(1)


def contrast(similarity: Tensor, fits: Tensor, temperature: float) -> Tensor:
    """Each row's fitting columns against all columns. # similarity [n, m], fits [n, m]"""
    similarity = similarity / temperature
    usable = fits.any(1) & ~fits.all(1)
    inside = similarity.masked_fill(~fits, -torch.inf).logsumexp(1) - fits.sum(1).clamp(min=1).log()
    loss = similarity.logsumexp(1) - inside
    return loss[usable].mean() if usable.any() else similarity.sum() * 0
