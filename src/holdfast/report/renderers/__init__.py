"""One file a format: each has `render(run) -> str` and `SUFFIX`."""
