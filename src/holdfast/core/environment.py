"""The versions and platform of this process, for the record."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from holdfast.core.record import Environment
from holdfast.core.version import __version__

_PACKAGES = ("numpy", "pyarrow", "scikit-learn", "scipy", "pydantic")


def environment() -> Environment:
    """Return the versions and platform of this process."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return Environment(
        holdfast=__version__,
        python=sys.version.split()[0],
        platform=f"{platform.system()} {platform.machine()}",
        packages=packages,
    )
