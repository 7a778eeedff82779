"""Why a model that looks good will fail: facts, checks over them, the honest score.

The part can be called: `holdfast.audit(train, test, label="y")` is `holdfast.audit.verb.audit`.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.core.record import Run


class _Part(ModuleType):
    """A package that runs its verb when it is called; a function of the same name would hide the package."""

    def __call__(self, *args: Any, **kwargs: Any) -> "Run":
        """Return the record of an audit; see `holdfast.audit.verb.audit` for the parameters."""
        from holdfast.core.lasting import lasting

        with lasting():
            from holdfast.audit.verb import audit

        return audit(*args, **kwargs)


sys.modules[__name__].__class__ = _Part
