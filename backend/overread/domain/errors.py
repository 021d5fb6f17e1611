"""Every refusal Overread can give, by name.

An error is a sentence for the person who met it: what was wrong and what to do. ``type`` is the stable
name that a client may switch on (RFC 9457 ``type``), ``status`` the HTTP status it is answered with.
"""


class OverreadError(Exception):
    """The root of all refusals; ``str(error)`` is the sentence shown to people."""

    type = "error"
    title = "The request was refused"
    status = 400

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFound(OverreadError):
    """The thing named does not exist, or not for this reader (the answer is the same on purpose)."""

    type, title, status = "not-found", "Not found", 404


class Conflict(OverreadError):
    """The thing is in a state in which this cannot be done."""

    type, title, status = "conflict", "Conflict with the current state", 409


class GateShut(Conflict):
    """The previous iteration's gate does not let the next one learn; ``clauses`` names what failed."""

    type, title = "gate-shut", "The gate is shut"


class AuditClosed(Conflict):
    """The audit is not open: no read of it is taken any more. What was sent is kept beside."""

    type, title = "audit-closed", "This audit is closed"
    sentence = (
        "This audit is closed: nothing in it changes any more. What you drew is kept beside, on the film's case and on "
        "its comparison; it counts nowhere."
    )


class ReadFinal(Conflict):
    """The read that stands is final: another's, or one that a gate was judged on. What was sent is kept beside."""

    type, title = "read-final", "This read is final"
    sentence = (
        "This film is read already, by another reader or before the gate was judged, and that read stands. What you "
        "drew is kept beside it, on the film's case and on its comparison; only a judge can decide otherwise."
    )


class StaleVersion(OverreadError):
    """Somebody else changed it first (If-Match), or the lease was lost (fence)."""

    type, title, status = "stale-version", "The version is stale", 412


class StaleMask(StaleVersion):
    """The read is of another mask than the one that is shown now."""

    type, title = "stale-mask", "The mask is another one"


class InvalidInput(OverreadError):
    """The words or numbers given cannot be used."""

    type, title, status = "invalid-input", "Invalid input", 422


class NoClassMeant(InvalidInput):
    """No class of a source is a finding of the project; ``classes`` are all of them."""

    def __init__(self, detail: str, classes: list[str]) -> None:
        super().__init__(detail)
        self.classes = classes


class InvalidRecipe(InvalidInput):
    """A recipe with an unknown key, an impossible value, or a student smaller than its teacher."""

    type, title = "invalid-recipe", "Invalid recipe"


class UnreadableImage(InvalidInput):
    """Bytes that are not an image we accept: broken, too large, without pixels, or not an image at all."""

    type, title = "unreadable-image", "Unreadable image"


class InvalidMask(InvalidInput):
    """A mask of another size than its image, for an unknown finding, or with a broken encoding."""

    type, title = "invalid-mask", "Invalid mask"


class MissingSecret(OverreadError):
    """The service was asked to start with a blank, short or well-known secret."""

    type, title, status = "missing-secret", "A secret is missing", 500


class MissingDependency(OverreadError):
    """A part that this command needs is not installed; the sentence names the one command that installs it."""

    type, title, status = "missing-dependency", "Something is not installed", 503


class DiskFull(OverreadError):
    """Less is free than the reserve that keeps the database alive; what is there can be read all the same."""

    type, title, status = "disk-full", "The disk is full", 507


class BucketUnreachable(OverreadError):
    """The bucket that holds the blobs does not answer, or not to these keys."""

    type, title, status = "bucket-unreachable", "The bucket does not answer", 503


class LoadingFailed(OverreadError):
    """The processes that make a training's mini-batches bring none: memory is short, films cannot be read, one died."""

    type, title, status = "loading-failed", "Films could not be loaded", 503


class Unauthenticated(OverreadError):
    """Nobody is signed in, or the session ended."""

    type, title, status = "unauthenticated", "Sign in first", 401


class Forbidden(OverreadError):
    """Signed in, but the role does not allow it."""

    type, title, status = "forbidden", "Not allowed for this role", 403
