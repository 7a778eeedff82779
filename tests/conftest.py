"""Settings for all tests."""

import signal

from hypothesis import settings

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # begun in the background: commands under test would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The machines that run this are shared: how long an example takes says nothing.
settings.register_profile("holdfast", deadline=None)
settings.load_profile("holdfast")
