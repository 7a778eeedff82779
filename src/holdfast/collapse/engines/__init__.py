"""Engines that turn any graph of who trains whom into expectations: what theories and plans stand on."""
