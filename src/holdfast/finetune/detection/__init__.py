"""Boxes: read strictly, predicted, matched, scored."""
