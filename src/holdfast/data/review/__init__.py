"""People look at records: queues, decisions, how well reviewers agree, and what a reviewed sample says of the rest.

A queue is a folder: `queue.json` (what is asked, and how records were chosen), `items.jsonl` (the chosen records) and
`decisions.jsonl` (appended and synced, one line a decision, so that whatever happens loses nothing that was decided).

building, sampling, placing      which records are asked about; queue, records: how that is kept
session, showing, answering      one sitting of a reviewer; exchange and formats/: other tools
sampled, estimating, imperfect   rates of all records from the reviewed ones; gold: records whose truth is known
agreement, consensus             reviewers beside each other; applying: into the store; verb, telling: the record
"""

from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Design, Header, Item, QueueProgress

__all__ = ["Decision", "Design", "Header", "Item", "Queue", "QueueProgress"]
