"""The guards inside somebody else's trainer: Hugging Face and TRL, Lightning, Ultralytics.

    from holdfast.finetune.callbacks import trainer_callback, lightning_callback, ultralytics_callbacks

Each returns what its trainer takes. The classes of the trainers are imported when one of them is asked for.
"""

from holdfast.finetune.callbacks.lightning import lightning_callback
from holdfast.finetune.callbacks.trainer import trainer_callback
from holdfast.finetune.callbacks.ultralytics import ultralytics_callbacks

__all__ = ["lightning_callback", "trainer_callback", "ultralytics_callbacks"]
