"""Screening of images by how they are made: spectra, noise, compression."""
