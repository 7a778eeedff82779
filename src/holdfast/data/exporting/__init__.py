"""Data in the formats that other tools read, each with a summary of where its records come from."""

from holdfast.data.exporting.verb import Exported, export

__all__ = ["Exported", "export"]
