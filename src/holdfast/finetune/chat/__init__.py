"""Conversations as a model learns them: read from columns, written by a template, masked, cut and packed."""
