"""Records turned into what people and machines read. Reads records only, so old runs render for ever."""
