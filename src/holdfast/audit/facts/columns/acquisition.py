"""What a column's name says about making the record: by whom, where, with what, in which file."""

from holdfast.audit.facts.columns.naming import words_of

# Words that say so by themselves. Ambiguous ones (mode, origin, batch, station, domain) are left out: they are
# features as often as not.
_MAKING = frozenset(
    {
        "hospital",
        "clinic",
        "site",
        "centre",
        "institution",
        "institute",
        "laboratory",
        "scanner",
        "camera",
        "manufacturer",
        "photographer",
        "annotator",
        "labeller",
        "labeler",
        "rater",
        "coder",
        "transcriber",
        "source",
        "website",
        "url",
        "filename",
        "filepath",
        "file",
        "files",
        "path",
        "folder",
        "directory",
        "dicom",
        "exif",
        "viewposition",
    }
)
_OF_A_PICTURE = frozenset({"image", "img", "picture", "photo", "photograph", "pixel", "frame", "file", "video", "scan"})
# Properties that are metadata when they are those of a picture or file: "image width", but not "petal width".
_PROPERTIES = frozenset(
    {
        "width",
        "height",
        "size",
        "format",
        "mode",
        "quality",
        "resolution",
        "spacing",
        "depth",
        "extension",
        "orientation",
        "channels",
        "date",
        "time",
        "type",
        "source",
        "bytes",
    }
)
_FILLERS = frozenset(
    {
        "id",
        "name",
        "code",
        "number",
        "no",
        "nr",
        "model",
        "make",
        "type",
        "original",
        "data",
        "dataset",
        "image",
        "sampling",
        "collection",
        "collecting",
        "acquisition",
        "recording",
        "study",
        "imaging",
        "scanning",
        "of",
        "the",
        "origin",
        "x",
        "y",
    }
)
# What the record is about, or what was said about it: it may tell the label in all innocence, or is the label.
_SUBJECT = frozenset(
    {
        "age",
        "sex",
        "gender",
        "race",
        "ethnicity",
        "bmi",
        "smoker",
        "smoking",
        "weight",
        "localization",
        "localisation",
        "location",
        "anatom",
        "anatomy",
        "anatomic",
        "anatomical",
        "organ",
        "body",
        "side",
        "laterality",
        "species",
        "breed",
        "diagnosis",
        "dx",
        "disease",
        "symptom",
        "symptoms",
        "finding",
        "findings",
        "label",
        "labels",
        "class",
        "classes",
        "category",
        "categories",
        "target",
        "annotation",
        "annotations",
        "caption",
        "captions",
        "description",
        "comment",
        "box",
        "boxes",
        "bbox",
        "bboxes",
        "mask",
        "masks",
        "segmentation",
        "object",
        "objects",
        "keypoints",
        "text",
        "title",
        "answer",
        "score",
        "rating",
    }
)


def names_making(name: str) -> bool:
    """Return whether the name is that of a circumstance of the record, and of nothing else.

    `View Position`, `hospital_id`, `OriginalImageWidth`, `data source`; but not `petal width`, `tumor site`.
    """
    words = words_of(name)
    if {"view", "position"} <= set(words) or {"view", "projection"} <= set(words):
        return True
    if any(word in _OF_A_PICTURE for word in words) and any(word in _PROPERTIES for word in words):
        return all(word in _OF_A_PICTURE | _PROPERTIES | _FILLERS for word in words)
    making = [word for word in words if word in _MAKING]
    return bool(making) and all(word in _MAKING | _FILLERS or word.isdigit() for word in words)


def names_subject(name: str) -> bool:
    """Return whether the name is that of something about the subject (`age`) or of an answer (`label`, `boxes`)."""
    return any(word in _SUBJECT for word in words_of(name))
