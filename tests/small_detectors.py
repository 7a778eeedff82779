"""Detectors of a few thousand weights, made on the spot, and drawn pictures to try them on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
from draw_shapes import CLASSES, draw_set

__all__ = ["CLASSES", "detector", "draw_set"]


def detector(folder, kind="yolos", side=32, classes=CLASSES, seed=0):
    """A detector of transformers in a folder, with random weights."""
    import torch
    import transformers as made

    torch.manual_seed(seed)
    said = {"id2label": dict(enumerate(classes)), "label2id": {name: at for at, name in enumerate(classes)}}
    if kind == "yolos":
        config = made.YolosConfig(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=[side, side],
            patch_size=8, num_detection_tokens=6, **said,
        )  # fmt: skip
        model = made.YolosForObjectDetection(config)
    elif kind in {"detr", "conditional_detr"}:
        body = made.ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
        )
        shape = {
            "use_timm_backbone": False, "backbone_config": body, "use_pretrained_backbone": False, "d_model": 16,
            "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "num_queries": 6, **said,
        }  # fmt: skip
        name = "Detr" if kind == "detr" else "ConditionalDetr"
        model = getattr(made, f"{name}ForObjectDetection")(getattr(made, f"{name}Config")(**shape))
    else:
        name = {"rt_detr": "RTDetr", "rt_detr_v2": "RTDetrV2", "d_fine": "DFine"}[kind]
        body = made.RTDetrResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
            out_features=["stage2", "stage3", "stage4"],
        )  # fmt: skip
        config = getattr(made, f"{name}Config")(
            backbone_config=body, freeze_backbone_batch_norms=False, d_model=16, encoder_hidden_dim=16,
            encoder_in_channels=[16, 16, 16], encoder_ffn_dim=32, encoder_attention_heads=2,
            decoder_attention_heads=2, decoder_layers=2, decoder_ffn_dim=32, num_queries=10,
            decoder_in_channels=[16, 16, 16], hidden_expansion=0.5, num_denoising=10, **said,
        )  # fmt: skip
        model = getattr(made, f"{name}ForObjectDetection")(config)
    model.save_pretrained(folder)
    return folder
