"""Where converted blocks go: into memory, or, when there are too many, into a file that is mapped into memory.

The file is an uncompressed Arrow IPC file in the folder for temporary files (TMPDIR). It has no name any more once it
is open, so that it goes with the process, whatever ends it.
"""

import atexit
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from holdfast.core.errors import BadInput
from holdfast.data.limits import IN_MEMORY_BYTES

_WRITTEN_BYTES = 1 << 26  # written at once


class Sink:
    """Takes blocks of columns of one schema, in order, and gives them back as a table."""

    def __init__(self, schema: pa.Schema, most_bytes: int, in_memory: int = IN_MEMORY_BYTES) -> None:
        """The table may have `most_bytes`; beyond `in_memory` bytes it is written to a file."""
        self.schema = schema
        self._most_bytes, self._in_memory = most_bytes, in_memory
        self._blocks: list[pa.RecordBatch] = []
        self._n_bytes = self._n_waiting = 0
        self._folder: Path | None = None
        self._file: pa.NativeFile | None = None
        self._writer: pa.RecordBatchWriter | None = None

    def add(self, arrays: list[pa.Array]) -> None:
        """Take a block. Raises BadInput when the table becomes larger than it may be."""
        block = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._n_bytes += block.nbytes
        self._n_waiting += block.nbytes
        self._blocks.append(block)
        if self._n_bytes > self._most_bytes:
            raise BadInput(
                f"the data come to more than {self._most_bytes / 1e9:,.1f} GB when unpacked, which is out of "
                "proportion to the file or to the free space for temporary files; set TMPDIR to a larger disk, "
                "or give a part of the data"
            )
        if self._writer is None and self._n_bytes > self._in_memory:
            self._open()
        if self._writer is not None and self._n_waiting > _WRITTEN_BYTES:
            self._write()

    def table(self) -> pa.Table:
        """Return everything that was taken: one chunk a column in memory, blocks where mapped from the file."""
        if self._writer is None:
            blocks, self._blocks = self._blocks, []
            return pa.Table.from_batches(blocks, self.schema).combine_chunks()
        self._write()
        assert self._folder is not None
        assert self._file is not None
        self._writer.close()
        self._file.close()
        mapped = pa.memory_map(str(self._folder / "table.arrow"))
        table = pa.ipc.open_file(mapped).read_all()
        self.discard()
        return table

    def discard(self) -> None:
        """Remove the file's name; on systems that cannot do that while it is mapped, when the process ends."""
        self._blocks = []
        if self._writer is not None and self._file is not None and not self._file.closed:
            with suppress(pa.ArrowException, OSError):
                self._writer.close()
            self._file.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            if self._folder.exists():
                atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    def _open(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
        self._file = pa.OSFile(str(self._folder / "table.arrow"), "wb")
        self._writer = pa.ipc.new_file(self._file, self.schema)

    def _write(self) -> None:
        """Write what is waiting as one chunk: many small ones would slow down everybody who reads the table."""
        assert self._writer is not None
        blocks, self._blocks, self._n_waiting = self._blocks, [], 0
        try:
            self._writer.write_table(pa.Table.from_batches(blocks, self.schema).combine_chunks())
        except OSError as error:
            self.discard()
            raise BadInput(
                f"no room for temporary files in {tempfile.gettempdir()}: {error.strerror or error}; "
                "set TMPDIR to a larger disk"
            ) from error
