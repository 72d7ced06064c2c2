"""Asking a model as fast as it likes to be asked, and no faster: concurrency, retries, budgets."""

from runner.datasets.pacing.budget import Purse, Tokens
from runner.datasets.pacing.pacer import Clock, Limits, LoopClock, Pacer

__all__ = ["Clock", "Limits", "LoopClock", "Pacer", "Purse", "Tokens"]
