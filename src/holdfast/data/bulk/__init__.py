"""Operations over more records than fit in memory: hashes, duplicates, aggregates, scores; on one machine or many."""
