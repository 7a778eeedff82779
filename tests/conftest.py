"""Settings for all tests."""

from hypothesis import settings

# The machines that run this are shared: how long an example takes says nothing.
settings.register_profile("holdfast", deadline=None)
settings.load_profile("holdfast")
