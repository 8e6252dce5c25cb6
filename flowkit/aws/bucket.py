"""An S3 bucket: what lies below a prefix, and the bytes of an object, whatever happens to the connection."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import RawIOBase
from random import uniform
from threading import Lock
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, FlexibleChecksumError, HTTPClientError

from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered, refused, unreached
from flowkit.errors import AwsError

CONNECTIONS: Final = 8
"""Objects fetched at a time: S3 gives each connection some 80 MB/s at most, a laptop's line far less."""
_BLOCK: Final = 1 << 20
_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a listing shows it; `etag` without its quotes."""

    key: str
    size: int
    etag: str
    modified: datetime
    storage_class: str = "STANDARD"


@dataclass(frozen=True, slots=True)
class Page:
    """What one request for a listing told: objects, and folders one level below."""

    entries: tuple[Entry, ...]
    folders: tuple[str, ...]


class Bucket:
    """A bucket, read only; `requests` counts the listings asked for."""

    def __init__(self, name: str, access: Access) -> None:
        self.name = name
        self.requests = 0
        self._client = access.client("s3", connections=2 * CONNECTIONS)
        self._counting = Lock()

    def pages(self, prefix: str, *, folders: bool = False, most: int | None = None) -> Iterator[Page]:
        """Yield what lies below *prefix*, page by page; with *folders* one level only.

        Raises
        ------
        AwsError
            If the bucket is not there, or may not be listed.
        """
        options: dict[str, Any] = {"Bucket": self.name, "Prefix": prefix}
        options |= {"Delimiter": "/"} if folders else {}
        options |= {"MaxKeys": most} if most else {}
        while True:
            with self._counting:
                self.requests += 1
            with answered(f"what lies in s3://{self.name}/{prefix} (s3:ListBucket)"):
                page = self._client.list_objects_v2(**options)
            entries = tuple(map(_entry, page.get("Contents", ())))
            yield Page(entries, tuple(item["Prefix"] for item in page.get("CommonPrefixes", ())))
            if most or not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]

    def open(self, entry: Entry) -> "Download":
        """Open an object as it was listed.

        Raises
        ------
        AwsError
            If it went away, changed, is archived, or may not be read or decrypted.
        """
        return Download(self._client, self.name, entry)


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        key=item["Key"],
        size=int(item["Size"]),
        etag=item["ETag"].strip('"'),
        modified=item["LastModified"],
        storage_class=item.get("StorageClass", "STANDARD"),
    )


class Download(RawIOBase):
    """The bytes of one object; a connection that breaks is taken up where it broke, of the same version only."""

    def __init__(self, client: Any, bucket: str, entry: Entry) -> None:  # noqa: ANN401 - made by boto3
        self._client = client
        self._what = f"for the object s3://{bucket}/{entry.key} (s3:GetObject)"
        self._options = {"Bucket": bucket, "Key": entry.key, "IfMatch": f'"{entry.etag}"'}
        self._size = entry.size
        self._offset = 0
        self.version_id = ""
        self._body = self._ask()

    def readable(self) -> bool:
        """Say that this is for reading."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, or none at the end.

        Raises
        ------
        AwsError
            If they cannot be had, after some attempts.
        """
        for attempt in range(_ATTEMPTS):
            try:
                if self._body is None:
                    self._body = self._ask()
                block: bytes = self._body.read(_BLOCK if size < 0 else size)
            except AwsError as error:
                if error.kind not in ("Throttled", "Service") or attempt == _ATTEMPTS - 1:
                    raise
            except FlexibleChecksumError as error:  # known at the end only, when all of it has been handed on
                raise unreached(self._what, error) from error
            except (BotoCoreError, HTTPClientError, OSError) as error:
                if attempt == _ATTEMPTS - 1:
                    raise unreached(self._what, error) from error
            else:
                self._offset += len(block)
                return block
            self._let_go()
            time.sleep(_FIRST_PAUSE * 2**attempt * uniform(0.5, 1.0))  # noqa: S311 - so that not all come back at once
        raise AssertionError  # the last attempt returns or raises

    def _ask(self) -> Any:  # noqa: ANN401 - a stream of botocore's
        if self._offset and self._offset >= self._size:
            return _Nothing()
        more = {"Range": f"bytes={self._offset}-"} if self._offset else {}
        try:
            answer = self._client.get_object(**self._options, **more)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.PRECONDITION_FAILED:
                raise AwsError.changed(self._what) from error
            raise refused(self._what, error) from error
        except (BotoCoreError, HTTPClientError) as error:
            raise unreached(self._what, error) from error
        self.version_id = answer.get("VersionId", "")
        return answer["Body"]

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        """Give the connection back."""
        self._let_go()
        super().close()


class _Nothing:
    """The body of an object that had been read to its end when its connection broke."""

    def read(self, _: int) -> bytes:
        return b""

    def close(self) -> None:
        pass
