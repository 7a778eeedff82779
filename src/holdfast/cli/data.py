"""`holdfast data`: the group; each command stands in a file of its own."""

from collections.abc import Mapping

import click

from holdfast.cli.lazy import LazyGroup

# command -> (module:object, one line), as in `holdfast.cli.main`.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("holdfast.cli.data_init:init", "Make an empty store for versions of data."),
    "add": (
        "holdfast.cli.data_add:add",
        "Add the records of files or folders to a store; what is there already adds nothing.",
    ),
    "log": ("holdfast.cli.data_log:log", "List the versions of a store, newest first."),
    "show": (
        "holdfast.cli.data_log:show",
        "Show a version: where its records come from, its columns, and its first records.",
    ),
    "tag": ("holdfast.cli.data_tag:tag", "Name a version; a version with a tag is never removed by gc."),
    "diff": ("holdfast.cli.data_diff:diff", "Show what two versions differ in: records, their origin, columns."),
    "checkout": (
        "holdfast.cli.data_checkout:checkout",
        "Write a version to a new folder as plain files: the records, and the images beside them.",
    ),
    "verify": (
        "holdfast.cli.data_verify:verify",
        "Read every file of a store, and name those that are missing, torn or changed, with their versions.",
    ),
    "gc": (
        "holdfast.cli.data_gc:gc",
        "Remove what no version needs: leftovers of writers that were killed, and with --keep old versions.",
    ),
    "mix": (
        "holdfast.cli.data_mix:mix",
        "Make a training set under a policy: shares, caps, and enough records by people.",
    ),
    "scan": ("holdfast.cli.data_scan:scan", "Estimate how much of a corpus is like labelled machine texts."),
    "mark": ("holdfast.cli.data_mark:mark", "Read and write marks in texts (with a key) and tags of files."),
    "drift": ("holdfast.cli.data_drift:drift", "Say what moved between versions of data, or over time."),
    "review": (
        "holdfast.cli.data_review:review",
        "Have people look at records; estimate from what they saw.",
    ),
    "export": ("holdfast.cli.data_export:export", "Write data for other tools."),
    "duplicates": ("holdfast.cli.data_duplicates:duplicates", "Find equal and nearly equal records."),
}


@click.group(cls=LazyGroup, commands=COMMANDS, context_settings={"max_content_width": 100})
def data() -> None:
    """Keep versions of data with the origin of every record; mix, screen, review and export them.

    \b
      holdfast data init corpus
      holdfast data add corpus essays.jsonl --origin human
      holdfast audit corpus --label grade

    STORE@VERSION names a version: corpus@v2, corpus@head~1, a tag, a date; plain corpus is the last one.
    """
