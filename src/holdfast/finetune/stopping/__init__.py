"""When to stop: rules over validation losses, as pure functions of a state that a checkpoint carries."""
