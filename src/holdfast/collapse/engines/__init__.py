"""Engines that compute expectations for any graph of who trains whom; theories and plans are built on them."""
