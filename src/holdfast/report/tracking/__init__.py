"""Runs in the experiment trackers that people have already: numbers, curves and the report.

    from holdfast.report.tracking import send
    send(run, "mlflow:http://localhost:5000")

A tracker is a file in `trackers`; nothing of it is imported before it is named.
"""

from holdfast.report.tracking.sending import Tracker, send, targets

__all__ = ["Tracker", "send", "targets"]
