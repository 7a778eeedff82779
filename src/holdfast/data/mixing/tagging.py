"""A mix kept in its store: a column says which records it holds and what each weighs, and a tag names the version."""

import numpy as np
import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.core.text import one_line
from holdfast.data.canonical import STRING
from holdfast.data.mixing.choosing import Mix
from holdfast.data.origin import RECORD
from holdfast.data.store.address import is_address, located
from holdfast.data.store.naming import checked_tag
from holdfast.data.store.version import Version

COLUMN = "mix_"  # begins the name of the column; the tag follows


def store_of(addresses: tuple[str, ...], name: str) -> str:
    """Return the address of the one store that a mix comes from, where a tag is free in it. Raises BadInput."""
    if len(addresses) != 1 or not is_address(addresses[0]):
        shown = ", ".join(one_line(one, 60) for one in addresses)
        raise BadInput(f"a tag names a version of a store, and the source is {shown}; give one store as source")
    store, _ = located(addresses[0])
    taken = {tag for version in store.log() for tag in version.tags}
    if checked_tag(name) in taken:
        raise BadInput(f"the tag {name} is taken in {store.name}; take another name")
    return addresses[0]


def tag_mix(mix: Mix, name: str) -> Version:
    """Return the version of the store that holds the mix under a tag: column `mix_NAME`, empty for other records.

    No record is rewritten. Raises BadInput where the source is no store, or the tag is taken; StoreError.
    """
    store, _ = located(store_of(mix.policy.source, name))
    records, weights, start = [], [], 0
    for block in mix.source.blocks([RECORD]):
        here = np.flatnonzero(mix.place[start : start + len(block)] >= 0)
        records.append(block.column(0).take(pa.array(here)))
        people = mix.people[start : start + len(block)][here]
        weights.append(np.where(people, *((mix.weights.people, mix.weights.others) if mix.weights else (1.0, 1.0))))
        start += len(block)
    values = pa.table({RECORD: pa.chunked_array(records, STRING), "weight": np.concatenate(weights)})
    version = store.attach(
        f"{COLUMN}{name}", values, f"a mix of {len(mix):,} records under policy {mix.digest}", kind="number"
    )
    return store.tag(name, str(version.number))
