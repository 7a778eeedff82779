"""What tags said, in words, tables and findings."""

from collections import Counter
from collections.abc import Iterator, Sequence

from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.record import CheckResult, Citation, Section, Status
from holdfast.core.rows import Rows
from holdfast.data.origin import ORIGIN
from holdfast.data.screening.tags.provenance import TagClaims
from holdfast.data.screening.tags.reading import Claim

_SHOWN = 12
_SOURCES = (
    Citation(text="IPTC Digital Source Type", url="https://cv.iptc.org/newscodes/digitalsourcetype/"),
    Citation(text="C2PA Technical Specification 2.1", url="https://c2pa.org/specifications/"),
)
_SIGNATURES = {
    "trusted": "signed by somebody you trust",
    "valid": "signature valid, signer not among those you trust",
    "unchecked": "manifest present, signature not checked",
    "invalid": "signature does not hold",
}


def said(found: TagClaims) -> str:
    """Return the outcome in a sentence."""
    n = len(found.claims)
    count = Counter(claim.origin for claim in found.claims)
    if not n - count["unknown"]:
        return f"None of {n:,} records says who or what made it; that is no evidence that people did."
    parts = [f"{count['synthetic']:,} of {n:,} records say that a model made them"]
    if count["human"]:
        parts.append(f"{count['human']:,} that a person did")
    if count["unknown"]:
        parts.append(f"{count['unknown']:,} say nothing, which is no evidence that people made them")
    return f"{', '.join(parts)}."


def sections(found: TagClaims) -> tuple[Section, ...]:
    """Return what there is to look at: what records say, and manifests where there are any."""
    kinds = Counter((claim.origin, claim.evidence, claim.why.partition(": ")[0], claim.generator)
                    for claim in found.claims if claim.origin != "unknown")  # fmt: skip
    says = ["A tag is a statement of whoever wrote the file: it can be taken away, and it can be false."]
    if found.unread:
        says.append(f"{found.unread:,} pictures could not be read.")
    table = Examples(
        caption="What records say",
        columns=("records", "origin", "evidence", "where", "generator"),
        cells=tuple((n, *kind) for kind, n in kinds.most_common(_SHOWN)),
    )
    first = Section(title="Tags", says=tuple(says), evidence=(table,) if kinds else ())
    signatures = Counter(claim.signature for claim in found.claims if claim.signature)
    if not signatures:
        return (first,)
    rows = [(n, _SIGNATURES[state]) for state, n in signatures.most_common()]
    told = [f"{n:,}: {text}." for n, text in rows]
    if "unchecked" in signatures:
        told.append("Checking needs the extra c2pa: pip install 'holdfast[c2pa]'.")
    if signatures["valid"]:
        told.append("Anyone can sign. Name certificates that you trust with --trust FILE.pem.")
    signers = Counter((claim.signer, _SIGNATURES[claim.signature], claim.fault)
                      for claim in found.claims if claim.signature)  # fmt: skip
    shown = Examples(
        caption="Manifests",
        columns=("files", "signer", "signature", "fault"),
        cells=tuple((n, *one) for one, n in signers.most_common(_SHOWN)),
    )
    return (first, Section(title="Signed manifests (C2PA)", says=tuple(told), evidence=(shown,)))


def results(dataset: Dataset, found: TagClaims) -> tuple[CheckResult, ...]:
    """Return what has to be judged: tags against what is recorded, and manifests that do not hold."""
    return (
        _result("tag-against-origin", "Files whose tags contradict the origin that is recorded for them",
                "A corpus that is taken for people's work and is not is the way into collapse.",
                list(_against(dataset, found.claims))),
        _result("manifest-broken", "Signed manifests that do not fit their files",
                "What was changed after it was signed is not what the signer vouched for.",
                list(_broken(found.claims))),
    )  # fmt: skip


def _result(name: str, title: str, why: str, findings: list[Finding]) -> CheckResult:
    return CheckResult(
        check=name,
        title=title,
        family="origin",
        why=why,
        references=_SOURCES,
        status=Status.FOUND if findings else Status.PASSED,
        findings=tuple(findings),
    )


def _against(dataset: Dataset, claims: Sequence[Claim]) -> Iterator[Finding]:
    recorded = dataset.table.column(ORIGIN).to_pylist() if ORIGIN in dataset.table.column_names else None
    if recorded is not None:
        rows = [row for row, (claim, old) in enumerate(zip(claims, recorded, strict=True))
                if claim.origin == "synthetic" and old in {"human", "human-verified"}]  # fmt: skip
        if rows:
            yield _finding(
                "tag-against-origin",
                f"{len(rows):,} of the records that count as people's work say themselves that a model made them.",
                rows,
                "Look at them; record as synthetic what is. A verifier's word stands beside it, not over it.",
            )
    rows = [row for row, claim in enumerate(claims) if claim.against]
    if rows:
        yield _finding(
            "tag-against-origin",
            f"Tags of {_files(len(rows))} contradict each other: made by a model, says one; by a person, another.",
            rows,
            "Look at them; a picture that a model made over often keeps the tags of its camera.",
        )


def _broken(claims: Sequence[Claim]) -> Iterator[Finding]:
    rows = [row for row, claim in enumerate(claims) if claim.signature == "invalid"]
    if rows:
        yield _finding(
            "manifest-broken",
            f"The signature of {_files(len(rows))} does not hold; what the manifest claims is not believed.",
            rows,
            "Get the files anew from their source, or treat their origin as unknown.",
        )


def _files(n: int) -> str:
    return f"{n:,} file{'s' * (n != 1)}"


def _finding(check: str, message: str, rows: Sequence[int], fix: str) -> Finding:
    return Finding(
        message=message,
        check=check,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(rows=Rows(rows)),),
        evidence=(Measure(name="records", value=len(rows), threshold=0, unit="rows"),),
        fix=fix,
    )
