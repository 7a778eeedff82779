"""Energy of a run: an estimate with a band of two.

Seconds of CPU time and the memory held, at the average coefficients of Cloud Carbon Footprint's methodology (3.5 W a
busy virtual core, 0.392 W a gigabyte); they are averages over servers, so it may be off by a factor of two. Counters of
the processor (RAPL) are not read: most virtual machines have none, Linux lets only root read them (CVE-2020-8694), and
they count what every other program used.
"""

from dataclasses import dataclass

from holdfast.core.errors import BadInput
from holdfast.core.record import Estimate

WATTS_PER_CORE = 3.5
WATTS_PER_GIGABYTE = 0.392
BAND = 2.0
_JOULES_PER_WATT_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt hours, and how they were come by."""

    watt_hours: Estimate
    source: str


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
        source=f"estimate within a factor of {BAND:g}: {WATTS_PER_CORE} W a busy core and {WATTS_PER_GIGABYTE} W a "
        f"gigabyte (Cloud Carbon Footprint){device}",
    )
