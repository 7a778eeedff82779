"""A manifest is seen without a library; with it, a signature counts only where it leads to somebody trusted."""

import sys
from pathlib import Path

import pytest

from holdfast.core.errors import BadInput
from holdfast.data.screening.tags.manifests import certificates
from holdfast.data.screening.tags.reading import claim_of

sys.path.insert(0, str(Path(__file__).parent))
from pictures import signed

pytest.importorskip("c2pa")


@pytest.fixture(scope="module", params=["PNG", "JPEG", "WEBP"])
def made(request):
    return signed(request.param)


def test_without_the_library_it_is_unchecked(made):
    claim = claim_of(made[0], check=False)
    assert (claim.origin, claim.evidence, claim.signature) == ("synthetic", "declared", "unchecked")


def test_a_signer_whom_nobody_knows_only_declares(made):
    claim = claim_of(made[0])
    assert (claim.origin, claim.evidence, claim.signature) == ("synthetic", "declared", "valid")
    assert (claim.generator, claim.signer) == ("some model 2", "Test Signer")


def test_a_trusted_signer_signs(made):
    claim = claim_of(made[0], trust=made[1])
    assert (claim.origin, claim.evidence, claim.signature) == ("synthetic", "signed", "trusted")


def test_a_changed_file_claims_nothing(made):
    data = bytearray(made[0])
    data[-40] ^= 1
    claim = claim_of(bytes(data), trust=made[1])
    assert (claim.origin, claim.signature) == ("unknown", "invalid")
    assert "mismatch" in claim.fault


def test_a_forged_manifest_claims_nothing(made):
    data = bytearray(made[0])
    at = data.index(b"some model 2")
    data[at : at + 12] = b"their camera"
    claim = claim_of(bytes(data), trust=made[1])
    assert (claim.origin, claim.signature) == ("unknown", "invalid")


def test_certificates_are_looked_at_first(tmp_path):
    (tmp_path / "a.pem").write_text("hello")
    with pytest.raises(BadInput, match="no certificate"):
        certificates(tmp_path / "a.pem")
    with pytest.raises(BadInput, match="cannot read"):
        certificates(tmp_path / "b.pem")
