"""Finished models that a new one learns from: the mean of their logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from .run import load_network


def open_elders(files: Sequence[str], device: str) -> Callable[[Tensor], Tensor]:
    """-> a function: normalised patches [n, 3, h, w] -> mean logits [n, 365], no gradient.

    Files are checkpoints or released ONNX models; the latter run on the CPU.
    """
    elders = [open_elder(file, device) for file in files]

    @torch.no_grad()
    def tell(image: Tensor) -> Tensor:
        return torch.stack([elder(image) for elder in elders]).mean(0)

    return tell


def open_elder(file: str, device: str) -> Callable[[Tensor], Tensor]:
    """One checkpoint (.pt) or ONNX model: normalised pictures -> logits [n, 365]."""
    if Path(file).suffix == ".pt":
        return load_network(file).to(device)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def tell(image: Tensor) -> Tensor:
        pixels = image.contiguous().cpu().numpy()
        return torch.from_numpy(session.run(["logits"], {"image": pixels})[0]).to(image.device)

    return tell
