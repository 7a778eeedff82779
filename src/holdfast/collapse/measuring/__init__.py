"""How samples are measured: equal sizes, real samples against real ones, errors; texts and pictures as vectors."""
