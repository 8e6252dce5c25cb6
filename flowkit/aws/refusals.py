"""What AWS, or the way to it, answers instead of data: as one sentence with the code and the next step."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions
from botocore.parsers import ResponseParserError

from flowkit.errors import AwsError
from flowkit.inventory.text import shown

_NEXT: Final = {
    "AccessDenied": "Ask for the rights in `flowkit audit --policy`, or name a profile that has them.",
    "Expired": "Sign in again (`aws sso login`, or fresh credentials), then run this again.",
    "Credentials": "Check `aws sts get-caller-identity`, and name another profile with profile= or AWS_PROFILE.",
    "NoSuchBucket": "Check the bucket's name and account: `aws s3 ls` lists yours.",
    "NoSuchKey": "It went away since it was listed. Load again for what is there now.",
    "Region": "Name the region it lies in with region=, or in AWS_REGION.",
    "LogGroup": "Check name and region: `aws logs describe-log-groups` lists the log groups of a region.",
    "Key": "Ask for kms:Decrypt on its key, or use a profile that has it.",
    "Archived": "Restore it first (`aws s3api restore-object`), then load again.",
    "Changed": "Load again to read what is there now.",
    "Throttled": "Wait some minutes, or choose a shorter window, then run it again: what was loaded is kept.",
    "Service": "This is AWS's side or the network's. Run it again: what was loaded is kept.",
    "Query": "Correct the query, then run it again.",
}
_MEANT: Final = {
    "AccessDenied": (
        "AccessDenied AccessDeniedException AllAccessDisabled UnauthorizedOperation AuthorizationError 403 "
        "Forbidden OptInRequired"
    ),
    "Expired": "ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired",
    "Credentials": (
        "InvalidAccessKeyId InvalidClientTokenId SignatureDoesNotMatch AuthFailure "
        "UnrecognizedClientException InvalidToken IncompleteSignature RequestTimeTooSkewed "
        "MissingAuthenticationToken"
    ),
    "NoSuchBucket": "NoSuchBucket",
    "NoSuchKey": "NoSuchKey NoSuchVersion 404",
    "Region": "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraintException InvalidRegion 301",
    "LogGroup": "ResourceNotFoundException",
    "Key": (
        "KMS.DisabledException KMS.NotFoundException KMS.AccessDeniedException KMS.KMSInvalidStateException "
        "KMSAccessDeniedException"
    ),
    "Archived": "InvalidObjectState",
    "Changed": "PreconditionFailed 412",
    "Throttled": (
        "SlowDown Throttling ThrottlingException ThrottledException RequestLimitExceeded "
        "TooManyRequestsException LimitExceededException RequestThrottled BandwidthLimitExceeded "
        "Client.RequestLimitExceeded"
    ),
    "Query": "MalformedQueryException",
}
_CODES: Final = {code: kind for kind, codes in _MEANT.items() for code in codes.split()}
_SECRET: Final = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|encoded authorization failure message:.*", re.IGNORECASE | re.DOTALL
)
_LONGEST: Final = 300


@contextmanager
def answered(what: str) -> Iterator[None]:
    """Turn what boto3 raises in here into an `AwsError` that says *what* was asked.

    Raises
    ------
    AwsError
        With AWS's error code and the next step.
    """
    try:
        yield
    except exceptions.ClientError as error:
        raise refused(what, error) from error
    except (exceptions.BotoCoreError, exceptions.HTTPClientError, ResponseParserError) as error:
        raise unreached(what, error) from error


def refused(what: str, error: exceptions.ClientError) -> AwsError:
    """Return the error for an answer in which AWS refuses *what*."""
    told = error.response.get("Error", {})
    code, message = str(told.get("Code") or "no code"), str(told.get("Message") or "")
    kind = "Key" if "kms" in message.lower() and _CODES.get(code) == "AccessDenied" else _CODES.get(code, "Service")
    return AwsError.answered(what, code, _safe(message), _NEXT[kind], kind)


def unreached(what: str, error: Exception) -> AwsError:
    """Return the error for *what* could not even be asked, or got no answer."""
    name = type(error).__name__
    if isinstance(
        error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound)
    ):
        kind = "Credentials"
    elif "Token" in name or "SSO" in name or isinstance(error, exceptions.CredentialRetrievalError):
        kind = "Expired"
    elif isinstance(
        error, (exceptions.NoRegionError, exceptions.InvalidRegionError, exceptions.EndpointConnectionError)
    ):
        kind = "Region"
    else:
        kind = "Service"
    # What botocore cannot parse it quotes whole: a page of HTML, as of a proxy, or of an address that is no AWS.
    unread = isinstance(error, ResponseParserError)
    message = "the answer is none that AWS gives" if unread else _safe(str(error))
    return AwsError.answered(what, name, message, _NEXT[kind], kind)


def _safe(message: str) -> str:
    """Return AWS's own words without secrets, control characters and endless detail."""
    cut = shown(_SECRET.sub("(left out)", message)).strip().rstrip(".")
    return cut if len(cut) <= _LONGEST else cut[:_LONGEST] + "…"
