"""Whether a pretrained model helps here: verdicts against controls, scores of representations, robustness."""
