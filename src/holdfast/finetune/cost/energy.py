"""Energy of a run: read from the processor's counters where they may be read, else an estimate with a band of two.

The counters are RAPL's (Intel SDM volume 3B, section 16.10), which Linux shows under /sys/class/powercap; they cover
the processor package, and memory where there is a domain for it. Most virtual machines have none. The estimate then
takes seconds of CPU time and the memory held, at the average coefficients of Cloud Carbon Footprint's methodology
(3.5 W a busy virtual core, 0.392 W a gigabyte); they are averages over servers, so it may be off by a factor of two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from holdfast.core.errors import BadInput
from holdfast.core.record import Estimate

WATTS_PER_CORE = 3.5
WATTS_PER_GIGABYTE = 0.392
BAND = 2.0
_JOULES_PER_WATT_HOUR = 3600.0
_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt hours, whether they were measured, and from what source."""

    watt_hours: Estimate
    measured: bool
    source: str


@dataclass(frozen=True, slots=True)
class Counters:
    """Readings of energy counters in microjoules, with the value at which each begins again."""

    readings: Mapping[str, int]
    ranges: Mapping[str, int]


def read_counters(folder: Path = _POWERCAP) -> Counters | None:
    """Return the energy counters of the processor packages and their memory; None where none may be read."""
    readings, ranges = {}, {}
    for zone in sorted(folder.glob("intel-rapl:*")):
        try:
            name = (zone / "name").read_text("utf-8").strip()
            # A package holds its cores: only packages and memory are added up, so that nothing counts twice.
            if not name.startswith(("package", "dram")):
                continue
            readings[zone.name] = int((zone / "energy_uj").read_text("utf-8"))
            ranges[zone.name] = int((zone / "max_energy_range_uj").read_text("utf-8"))
        except (OSError, ValueError):
            continue
    return Counters(readings, ranges) if readings else None


def measured_energy(before: Counters, after: Counters) -> Energy:
    """Return the energy between two readings less than one turn of a counter apart, an hour or so at full load."""
    joules = 0.0
    for name, start in before.readings.items():
        if name not in after.readings:
            raise BadInput(f"the energy counter {name} is gone")
        used = after.readings[name] - start
        joules += (used if used >= 0 else used + before.ranges[name]) / 1e6
    hours = joules / _JOULES_PER_WATT_HOUR
    return Energy(Estimate(value=hours, low=hours, high=hours), measured=True, source="RAPL counters of the processor")


def integrated_energy(seconds: Float[np.ndarray, " n"], watts: Float[np.ndarray, " n"], source: str) -> Energy:
    """Return the energy of power that was read now and then, ∫ P dt by the trapezoidal rule."""
    seconds, watts = np.asarray(seconds, dtype=np.float64), np.asarray(watts, dtype=np.float64)
    if len(seconds) < 2 or seconds.shape != watts.shape or (np.diff(seconds) < 0).any():
        raise BadInput("power must be read twice at least, at times that rise")
    hours = float(np.diff(seconds) @ (watts[1:] + watts[:-1])) / 2.0 / _JOULES_PER_WATT_HOUR
    return Energy(Estimate(value=hours, low=hours, high=hours), measured=True, source=source)


def estimated_energy(cpu_seconds: float, seconds: float, memory_bytes: float, *, device_watts: float = 0.0) -> Energy:
    """Return the estimate from CPU time, wall time and memory held, with half and twice as its band.

    `device_watts` is the rated power of an accelerator, where one is used throughout.
    """
    if min(cpu_seconds, seconds, memory_bytes, device_watts) < 0:
        raise BadInput("seconds, bytes and watts are 0 or more")
    joules = cpu_seconds * WATTS_PER_CORE + seconds * (memory_bytes / 1e9 * WATTS_PER_GIGABYTE + device_watts)
    hours = joules / _JOULES_PER_WATT_HOUR
    device = f", {device_watts:g} W of the accelerator" if device_watts else ""
    return Energy(
        Estimate(value=hours, low=hours / BAND, high=hours * BAND, level=1.0),
        measured=False,
        source=f"estimate within a factor of {BAND:g}: {WATTS_PER_CORE} W a busy core and {WATTS_PER_GIGABYTE} W a "
        f"gigabyte (Cloud Carbon Footprint){device}",
    )
