"""A bucket on this machine that gives at most so many bytes a second, all connections together.

``python -m benchmarks.bucket FOLDER BYTES_PER_SECOND`` serves the files of a folder as objects of one hour in AWS's
layout, among a hundred thousand keys of other days; it prints its address, then serves until its input ends.
"""

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = "AWSLogs/111122223333/vpcflowlogs/eu-central-1/"
DAY = datetime(2026, 3, 10, tzinfo=UTC)
OTHER_KEYS = 100_000
A_DAY = 288
"""Files of five minutes."""
STEP = 64 << 10


class Line:
    """What all connections share: a rate."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.free_at = time.monotonic()
        self.lock = threading.Lock()

    def wait(self, count: int) -> None:
        """Wait until *count* bytes have passed."""
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + count / self.rate
            until = self.free_at
        time.sleep(max(until - time.monotonic(), 0))


def name(moment: datetime, number: int) -> str:
    """Return a key as AWS writes it."""
    file = f"111122223333_vpcflowlogs_eu-central-1_fl-01_{moment:%Y%m%dT%H%M}Z_{number:08x}.log.gz"
    return f"{ROOT}{moment:%Y/%m/%d}/{file}"


def keys(files: list[Path]) -> dict[str, Path | None]:
    """Return the objects: the files within the hour from 09:00, and keys of other days without a body."""
    real = {name(DAY + timedelta(hours=9, minutes=5 * (n % 12)), n): file for n, file in enumerate(files)}
    days = range(1, OTHER_KEYS // A_DAY + 1)
    other = (name(DAY - timedelta(days=day) + timedelta(minutes=5 * n), n) for day in days for n in range(A_DAY))
    return dict(sorted({**dict.fromkeys(other), **real}.items()))


def listing(objects: dict[str, Path | None], prefix: str, delimiter: str, after: str) -> bytes:
    """Answer ListObjectsV2, a thousand at a time."""
    found: dict[str, str] = {}
    for key, file in objects.items():
        if key.startswith(prefix) and key > after:
            below = key[len(prefix) :]
            folder = below.partition("/")[0] + "/" if delimiter and "/" in below else ""
            size = file.stat().st_size if file else 1
            found[prefix + folder if folder else key] = (
                f"<CommonPrefixes><Prefix>{prefix}{folder}</Prefix></CommonPrefixes>"
                if folder
                else f"<Contents><Key>{key}</Key><LastModified>2026-03-10T12:00:00.000Z</LastModified>"
                f"<ETag>&quot;{size:032x}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
            if len(found) > 1000:
                break
    page = list(found)[:1000]
    more = len(found) > 1000
    token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
    items = "".join(found[key] for key in page)
    return f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>".encode()


def handler(objects: dict[str, Path | None], line: Line) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if "list-type" in query:
                after = query.get("continuation-token", "")
                body = listing(objects, query.get("prefix", ""), query.get("delimiter", ""), after)
            else:
                file = objects[unquote(url.path).removeprefix("/logs/")]
                body = file.read_bytes() if file else b"\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for start in range(0, len(body), STEP):
                line.wait(len(body[start : start + STEP]))
                self.wfile.write(body[start : start + STEP])

    return Handler


def main() -> None:
    """Serve until the standard input ends."""
    folder, rate = Path(sys.argv[1]), float(sys.argv[2])
    files = sorted(folder.glob("*.gz"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(keys(files), Line(rate)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"address": f"http://127.0.0.1:{server.server_address[1]}", "files": len(files)}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
