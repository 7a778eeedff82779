"""Why a model that looks good will fail in practice: audits of data, splits, code and scores."""

__version__ = "0.1.0"
