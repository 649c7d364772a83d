"""The keys of citation styles, in addresses and settings."""

from __future__ import annotations

GBT2025, GBT2015, CHICAGO, MLA, APA = "gb-t-7714-2025", "gb-t-7714-2015", "chicago", "mla", "apa"
OWN = "own"
"""The key of the operator's style."""
STYLES = (GBT2025, GBT2015, CHICAGO, MLA, APA, OWN)
