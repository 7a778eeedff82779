"""People look at records: queues, decisions, how well reviewers agree, and what a reviewed sample says of the rest.

A queue is a folder: `queue.json` (what is asked, and how records were chosen), `items.jsonl` (the chosen records) and
`decisions.jsonl` (appended and synced, one line a decision, so that whatever happens loses nothing that was decided).
"""

from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Design, Header, Item, QueueProgress

__all__ = ["Decision", "Design", "Header", "Item", "Queue", "QueueProgress"]
