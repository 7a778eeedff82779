"""Many small files made into few: what is added a little at a time is read ever more slowly."""

from typing import TYPE_CHECKING

from holdfast.data.store import rows
from holdfast.data.store.committing import Change, commit, guarded
from holdfast.data.store.identity import summed
from holdfast.data.store.locks import using, writing
from holdfast.data.store.version import Version

if TYPE_CHECKING:
    from holdfast.data.store.store import Store

_FEWEST = 2


def compact(store: "Store") -> Version:
    """Return a version with the content, and so the id, of the head, in few files; the head, if they are few already.

    Later columns stay beside the records that they belong to. Earlier versions keep their files until gc removes them.
    """
    store.writable()
    with guarded(store.folder, "writing to"), using(store.folder), writing(store.folder):
        head = store.version()
        at = rows.opened(store.folder / rows.FOLDER, head.lance)
        n_files = rows.small_files(at)
        if n_files < _FEWEST:
            return head
        change = Change(
            action="compact",
            message=f"{n_files:,} small files written together",
            columns=head.columns,
            rows=head.rows,
            total=summed(head.content),
            origins=dict(head.origins),
        )
        return commit(store.folder, head, change, rows.compacted)
