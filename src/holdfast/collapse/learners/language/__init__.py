"""Parts of language models: where their text comes from, the network, and how it writes."""
