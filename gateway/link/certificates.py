"""When a certificate ends. One of the modules that import cryptography, when a file is read."""

from pathlib import Path

# A bundle of all the authorities of a system is a fifth of that.
LARGEST_FILE_BYTES = 1 << 20


class CertificateFileError(Exception):
    """A file holds no certificate that can be read; the text names the file, and says what to do."""


def ends_of(path: Path) -> int:
    """When the first of the certificates in a PEM file ends, in Unix seconds. Blocks for a disk at most.

    Raises:
        CertificateFileError: the file cannot be read, or holds none.
    """
    from cryptography import x509  # noqa: PLC0415 - a gateway without certificates saves the memory

    from gateway.policy.source.policy_file import UnreadableError, read_regular_file  # noqa: PLC0415 - it imports it too

    try:
        content = read_regular_file(path, LARGEST_FILE_BYTES, follow_links=True)
    except UnreadableError as error:
        raise CertificateFileError(f"{path}: {error}; let the service read it") from error
    if content is None:
        raise CertificateFileError(f"{path}: there is no such file; put the certificate there")
    try:
        certificates = x509.load_pem_x509_certificates(content)
        return min(int(certificate.not_valid_after_utc.timestamp()) for certificate in certificates)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateFileError(f"{path}: no certificate that can be read; put one there, as PEM") from error
