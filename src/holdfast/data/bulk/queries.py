"""The SQL of bulk operations, once for all engines, in DuckDB's words; SQLGlot translates it for Spark.

Tables: `docs` (doc, part, hash, same, words, k0 …: what NumPy reads from each record); `repeats` (doc, first);
`members` (key,
next_key, same, doc); `candidates` (a, b); `grams` (doc, runs, grams); `edges` (a, b); `labels` (doc, label).
"""
# ruff: noqa: S608 only names of own columns and tables are put into queries

from collections.abc import Sequence

from holdfast.data.bulk.minhash import BANDS

NEIGHBOURS = 8  # texts behind it that a text is compared with, of those that share a band with it


def repeats(key: str) -> str:
    """Return the query for records that have the same `key` as an earlier one: (doc, first)."""
    return f"""
        SELECT d.doc AS doc, f.first AS first
        FROM docs d
        JOIN (
            SELECT {key}, min(doc) AS first FROM docs WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1
        ) f ON d.{key} = f.{key}
        WHERE d.doc > f.first
    """


def members(bands: Sequence[int]) -> str:
    """Return the query for texts that share a band with another one, of texts that differ: (key, next_key, same, doc).

    `next_key` is the key of another band.
    """
    every = " UNION ALL ".join(
        f"SELECT d.doc AS doc, d.same AS same, d.k{band} AS key, d.k{(band + 1) % BANDS} AS next_key "
        f"FROM distinct_docs d WHERE d.k{band} IS NOT NULL"
        for band in bands
    )
    return f"""
        WITH distinct_docs AS (SELECT * FROM docs ANTI JOIN repeats ON docs.doc = repeats.doc),
        bands AS ({every}),
        crowded AS (SELECT key FROM bands GROUP BY key HAVING count(*) > 1)
        SELECT b.key AS key, b.next_key AS next_key, b.same AS same, b.doc AS doc
        FROM bands b JOIN crowded c ON b.key = c.key
    """


def candidates(tables: Sequence[str]) -> str:
    """Return the query for pairs to compare: (a, b), a before b.

    Of few texts that share a band all pairs; of many, those that stand near each other when they are ordered by another
    band, so that those that share it as well come first, and work grows with the texts and not with their square.
    """
    every = " UNION ALL ".join(f"SELECT key, next_key, same, doc FROM {table}" for table in tables)
    lags = ", ".join(f"({lag})" for lag in range(1, NEIGHBOURS + 1))
    return f"""
        WITH ranked AS (
            SELECT key, doc, row_number() OVER (PARTITION BY key ORDER BY next_key, same, doc) AS place FROM ({every}) m
        )
        SELECT DISTINCT least(x.doc, y.doc) AS a, greatest(x.doc, y.doc) AS b
        FROM (SELECT r.key AS key, r.doc AS doc, r.place + lags.lag AS behind
              FROM ranked r CROSS JOIN (VALUES {lags}) AS lags(lag)) x
        JOIN ranked y ON y.key = x.key AND y.place = x.behind
    """


WANTED = "SELECT a AS doc FROM candidates UNION SELECT b AS doc FROM candidates ORDER BY doc"

COMPARED = """
    SELECT c.a AS a, c.b AS b, x.runs AS a_runs, y.runs AS b_runs, x.grams AS a_grams, y.grams AS b_grams
    FROM candidates c
    JOIN grams x ON x.doc = c.a
    JOIN grams y ON y.doc = c.b
"""

EDGES = """
    SELECT DISTINCT a, b FROM (
        SELECT first AS a, doc AS b FROM equals
        UNION ALL SELECT first AS a, doc AS b FROM repeats
        UNION ALL SELECT a, b FROM near
    ) every
"""

FIRST_LABELS = """
    SELECT doc, min(label) AS label, TRUE AS moved FROM (
        SELECT b AS doc, a AS label FROM edges UNION ALL SELECT a AS doc, a AS label FROM edges
    ) every GROUP BY doc
"""

# Each record takes the least label around it, then the label of the record that its label names: labels travel twice
# as far in each round, so that a chain of n records takes about log n rounds.
NEXT_LABELS = """
    WITH around AS (
        SELECT e.a AS doc, l.label AS label FROM edges e JOIN labels l ON l.doc = e.b
        UNION ALL SELECT e.b AS doc, l.label AS label FROM edges e JOIN labels l ON l.doc = e.a
        UNION ALL SELECT doc, label FROM labels
    ),
    least_labels AS (SELECT doc, min(label) AS label FROM around GROUP BY doc)
    SELECT x.doc AS doc, y.label AS label, y.label <> l.label AS moved
    FROM least_labels x
    JOIN least_labels y ON y.doc = x.label
    JOIN labels l ON l.doc = x.doc
"""

# How many records of one part have a copy in another one.
TOGETHER = """
    WITH counted AS (
        SELECT l.label AS label, d.part AS part, count(*) AS n
        FROM labels l JOIN docs d ON d.doc = l.doc GROUP BY l.label, d.part
    )
    SELECT x.part AS part, y.part AS other, CAST(sum(x.n) AS BIGINT) AS n
    FROM counted x JOIN counted y ON x.label = y.label
    WHERE x.part <> y.part OR x.n > 1
    GROUP BY x.part, y.part
"""

LARGEST = """
    SELECT label, count(*) AS n FROM labels GROUP BY label ORDER BY n DESC, label LIMIT 1000
"""

CLUSTERS = "SELECT count(DISTINCT label) AS clusters, count(*) AS records FROM labels"

PAIRS = """
    SELECT p.a AS a, p.b AS b, p.kind AS kind, p.jaccard AS jaccard, l.label AS cluster FROM (
        SELECT first AS a, doc AS b, 'equal' AS kind, CAST(1.0 AS DOUBLE) AS jaccard FROM equals
        UNION ALL
        SELECT r.first AS a, r.doc AS b, 'same words' AS kind, CAST(1.0 AS DOUBLE) AS jaccard
        FROM repeats r ANTI JOIN equals e ON e.doc = r.doc
        UNION ALL
        SELECT n.a AS a, n.b AS b, 'near' AS kind, n.jaccard AS jaccard FROM near n
    ) p
    JOIN labels l ON l.doc = p.b
    ORDER BY a, b
"""
