"""An export told for notebooks."""

from holdfast.core.finding import Examples
from holdfast.core.record import Section
from holdfast.core.showing import Shown
from holdfast.data.exporting.verb import Exported


def shown(one: Exported) -> Shown:
    """Return what was written, and where its records come from."""
    found = one.provenance
    tables = tuple(
        Examples(caption=f"Records by {aspect}", columns=(aspect, "records"), cells=tuple(counts[:20]))
        for aspect, counts in found.by.items()
        if counts
    )
    parts = (Section(title="Origin", says=one.notes, evidence=tables),)
    return Shown(f"Exported to {one.folder}", f"{found.says}. Give loaders: {one.place}", parts)
