"""A small proxy in front of the stand-in for AWS: counts what is asked, and spoils it as a test says."""

import http.client
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Asked:
    """One request: what AWS calls it, and its parts. S3 has no operation names on the wire: these are ``GET`` etc."""

    operation: str
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Answer:
    status: int
    headers: list
    body: bytes
    cut: int | None = None  # bytes after which the connection is reset
    pace: float | None = None  # bytes per second

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Fault:
    applies: object
    spoil: object
    times: int | None
    met: int = 0


class Proxy:
    """Give `address` to boto3; `asked` lists the requests; `on` spoils them."""

    def __init__(self, behind):
        self.behind = urlsplit(behind).netloc
        self.asked = []
        self._faults = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _serve(self):
                proxy._serve(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - as http.server calls them

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def on(self, applies, spoil, times=None):
        """Let *spoil* change the answer of the next *times* requests that *applies* (a function, or part of the path
        or the operation) picks, by default of all.

        *spoil* takes ``(asked, forward)``, where ``forward()`` gives the stand-in's own `Answer`, and returns one.
        """
        chosen = (
            applies
            if callable(applies)
            else lambda asked: applies in (asked.operation, asked.path) or applies in asked.path
        )
        self._faults.append(Fault(chosen, spoil, times))

    def operations(self):
        return [asked.operation for asked in self.asked]

    def _fault(self, asked):
        with self._lock:
            self.asked.append(asked)
            for fault in self._faults:
                if (fault.times is None or fault.met < fault.times) and fault.applies(asked):
                    fault.met += 1
                    return fault.spoil
        return None

    def _serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        url = urlsplit(handler.path)
        headers = dict(handler.headers.items())
        operation = _operation(handler.command, headers, body)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        asked = Asked(operation, handler.command, unquote(url.path), query, headers, body)
        spoil = self._fault(asked)
        forward = lambda: self._forward(handler.path, asked)  # noqa: E731
        try:
            _send(handler, spoil(asked, forward) if spoil else forward(), head=handler.command == "HEAD")
        except OSError:
            handler.close_connection = True  # the client has gone

    def _forward(self, path, asked):
        connection = http.client.HTTPConnection(self.behind, timeout=60)
        try:
            headers = {k: v for k, v in asked.headers.items() if k.lower() not in ("connection", "expect")}
            connection.request(asked.method, path, body=asked.body or None, headers=headers)
            response = connection.getresponse()
            skipped = ("transfer-encoding", "content-length", "connection", "server", "date")
            kept = [(k, v) for k, v in response.getheaders() if k.lower() not in skipped]
            length = response.getheader("Content-Length") if asked.method == "HEAD" else None
            body = response.read()
            if length:
                kept.append(("Content-Length", length))
            return Answer(response.status, kept, body)
        finally:
            connection.close()


def _operation(method, headers, body):
    target = headers.get("X-Amz-Target", "")
    if target:
        return target.rpartition(".")[2]
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode()).get("Action", [method])[0]
    return method


def _send(handler, answer, *, head):
    handler.send_response(answer.status)
    for name, value in answer.headers:
        handler.send_header(name, value)
    if not any(name.lower() == "content-length" for name, _ in answer.headers):
        handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    if head:
        return
    whole = answer.body if answer.cut is None else answer.body[: answer.cut]
    step = len(whole) if answer.pace is None else max(int(answer.pace / 50), 1)
    for start in range(0, len(whole), step or 1):
        handler.wfile.write(whole[start : start + step])
        if answer.pace is not None:
            time.sleep(step / answer.pace)
    if answer.cut is not None:
        handler.close_connection = True


# What spoils: each returns a function for `Proxy.on`.


def refused(status, code, message="refused by the test"):
    """Answer with an error of AWS, as S3 (XML), EC2 (XML) or a JSON service says it."""

    def spoil(asked, _):
        if "X-Amz-Target" in asked.headers:
            body = json.dumps({"__type": code, "message": message}).encode()
            return Answer(status, [("Content-Type", "application/x-amz-json-1.1")], body)
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        if asked.operation not in ("GET", "HEAD", "PUT"):
            error = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
        return Answer(status, [("Content-Type", "application/xml")], error.encode())

    return spoil


def cut_after(count):
    """Break the connection off after *count* bytes of the body; its length was promised whole."""

    def spoil(_, forward):
        answer = forward()
        answer.headers.append(("Content-Length", str(len(answer.body))))
        answer.cut = count
        return answer

    return spoil


def slowed(pace):
    """Send the body at *pace* bytes per second."""

    def spoil(_, forward):
        answer = forward()
        answer.pace = pace
        return answer

    return spoil


def changed(edit):
    """Let *edit* change the answer (an `Answer`) before it is sent."""

    def spoil(_, forward):
        answer = forward()
        edit(answer)
        return answer

    return spoil


@contextmanager
def proxied(behind):
    """Run a proxy in front of the server *behind*."""
    proxy = Proxy(behind)
    try:
        yield proxy
    finally:
        proxy.stop()
