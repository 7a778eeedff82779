"""Why a model that looks good will fail: facts, checks over them, the honest score."""
