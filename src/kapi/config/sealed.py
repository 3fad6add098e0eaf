"""What is sealed or digested under the secret key, so that `kapi key reseal` can bring it under a new one.

An architecture test notices a sealed column, or a purpose of sealing or digesting, that is not here.
"""

from kapi.foundation.resealing.values import SealedColumn

SEALED_COLUMNS = (
    SealedColumn("identity.Person", "number_sealed", "identity-number", digest="number_digest"),
    SealedColumn("identity.Authenticator", "secret_sealed", "authenticator"),
    SealedColumn("identity.Contact", "address_sealed", "contact", digest="address_digest"),
    SealedColumn("identity.SentCode", "address_sealed", "contact"),
    SealedColumn("identity.SentCode", "code_sealed", "sent-code"),
    SealedColumn("identity.MobileSignature", "signature_sealed", "mobile-signature"),
    SealedColumn("identity.LegalPerson", "tax_number_sealed", "tax-number", digest="tax_number_digest"),
    SealedColumn("identity.LegalPerson", "mersis_number_sealed", "mersis-number", digest="mersis_number_digest"),
    SealedColumn("openid.SigningKey", "private", "signing-key"),
    SealedColumn("catalogue.Feedback", "text_sealed", "catalogue.feedback"),
    SealedColumn("catalogue.BarrierReport", "text_sealed", "catalogue.barrier"),
    SealedColumn("catalogue.BarrierReport", "contact_sealed", "catalogue.barrier"),
)

# Purposes of seals that are never stored, and of digests whose text is kept nowhere, each with what a new key does.
PASSING_PURPOSES = {
    "challenge": "good for minutes, and known under each key",
    "statement": "good for minutes, and known under each key",
    "passkey-owner": "what authenticators call a person; each passkey remembers what its own does",
    "dpop-nonce": "good for minutes, and known under each key",
    "support-code": "good for five minutes, and known under each key",
    "totp-setup": "good for half an hour, and known under each key",
    "key-name": "names the present key itself",
    "limit": "counters begin anew, once",
    "sign-in-place": "networks of known devices are found under each key, and learnt anew at their next sign-in",
}
# Columns of such digests.
PASSING_DIGESTS = frozenset(
    {"identity.KnownDevice.place_digest", "identity.MobileSignature.number_digest", "identity.SupportCode.code_digest"}
)
