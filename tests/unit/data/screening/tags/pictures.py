"""Pictures in files, plain, tagged and signed."""

import datetime as dt
import io

import numpy as np
from PIL import Image

FORMS = (("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}))


def picture(form="PNG", size=(65, 33), **options):
    """Return the bytes of a picture of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def signed(form="PNG", kind="trainedAlgorithmicMedia"):
    """Return (signed file, certificate of the authority in PEM); everything is made on the spot."""
    import c2pa
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, one), x509.NameAttribute(NameOID.COMMON_NAME, one)])
        for one in ("Test Authority", "Test Signer")
    ]

    def certificate(subject, public, *, is_authority):
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[0])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + dt.timedelta(days=36500))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.KeyUsage(True, False, False, False, False, is_authority, is_authority, False, False),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        )
        if not is_authority:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return made.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root = certificate(names[0], authority.public_key(), is_authority=True)
    leaf = certificate(names[1], own.public_key(), is_authority=False)
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    mime = f"image/{form.lower()}"
    action = {"action": "c2pa.created", "softwareAgent": "some model 2"}
    action["digitalSourceType"] = f"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}"
    claim = {"claim_generator_info": [{"name": "tests", "version": "1"}], "format": mime}
    claim["assertions"] = [{"label": "c2pa.actions", "data": {"actions": [action]}}]
    out = io.BytesIO()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=leaf + root, private_key=secret,
                                                       ta_url=None))  # fmt: skip
    c2pa.Builder(claim).sign(signer, mime, io.BytesIO(picture(form)), out)
    return out.getvalue(), root.decode()
