"""Runs with short texts: the hostile one has 68 MB, which reports are tested with."""

from holdfast.core.record import Run

MOST = 3_000  # characters


def short(run):
    """Return a run whose texts are cut."""

    def cut(value):
        if isinstance(value, dict):
            return {key: cut(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return tuple(cut(one) for one in value)
        return value[:MOST] if isinstance(value, str) else value

    return Run.model_validate(cut(run.model_dump()))
