"""Where a number may lie in this room's tables."""

from hongyan.privacy import Fate, Kind, Place, nothing

PLACES = (
    # A colleague's account goes on without the number; the name to sign in with is the account itself.
    Place(
        "accounts_user", Kind.USERS, numbers=("phone",), fate=Fate.EMPTIED, words=("name", "personal_signature", "email"),
        values=("preferences",), never=("password", "username", "role", "extension", "language", "totp_secret"),
    ),
    Place(
        "accounts_auditentry", Kind.AUDIT, words=("summary",), values=("detail",),
        never=("department_path", "action", "object_type", "object_id", "address"),
    ),
    Place("accounts_savedfilter", Kind.USERS, words=("name", "query"), never=("page",)),
    Place("accounts_department", Kind.USERS, words=("name",), never=("path",)),
    Place("accounts_apikey", Kind.USERS, words=("name",), never=("prefix", "digest")),
    nothing("accounts_invitation", "digest"),
    nothing("accounts_signin", "session_key", "address", "agent"),
)  # fmt: skip
