"""pygal, without the finder of plug-ins that it leaves behind: one of a kind that Python no longer asks.

With it each module that is not found, in the whole process, would raise an `ImportWarning`.
"""

from __future__ import annotations

import sys

import pygal
from pygal.style import Style

sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

__all__ = ["Style", "pygal"]
