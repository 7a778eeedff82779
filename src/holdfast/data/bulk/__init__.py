"""Operations over more records than fit in memory: hashes, duplicates, aggregates, scores; on one machine or many.

engine, embedded, spark     what runs an operation; the same on DuckDB and on Spark. queries: the SQL of both
records, opening            records on disk, in units that one worker reads
bits, hashes, words,        fingerprints and keys, which the audit uses in memory as well; reading: block by block
minhash, jaccard
near, aggregates, scoring   the operations; settings, verb, telling: duplicates as a command
"""
