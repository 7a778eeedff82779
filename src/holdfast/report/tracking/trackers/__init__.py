"""One file a tracker: `PLACE`, what stands behind the colon, and `opened(place, run)`, a context with a Tracker."""
