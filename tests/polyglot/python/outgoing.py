"""One POST over wasi:http. What goes wrong becomes a failure of the link."""

from urllib.parse import urlsplit

from componentize_py_types import Err
from wit_world.imports import outgoing_handler
from wit_world.imports import wasi_http_types as http
from wit_world.imports.outcomes import Failure, FailureKind
from wit_world.imports.streams import StreamError_Closed

# The most that one write takes by the contract of wasi:io, and what one read asks for.
PIECE_BYTES = 4096


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer."""
    try:
        return exchange(url, body)
    except Err as error:
        if isinstance(error.value, http.ErrorCode_HttpRequestDenied):
            raise failure(FailureKind.OPTIONS, f"{url} is not granted to this link", retryable=False) from error
        raise failure(FailureKind.SERVICE, f"{url} was not reached: {error.value}", retryable=True) from error


def exchange(url: str, body: bytes) -> tuple[int, bytes]:
    request = outgoing(url, len(body))
    outgoing_body = request.body()
    pending = outgoing_handler.handle(request, None)
    send(outgoing_body, body)
    with pending.subscribe() as ready:
        ready.block()
    answer = pending.get().value
    if isinstance(answer, Err):
        raise answer
    with answer.value as response:
        return response.status(), receive(response)


def outgoing(url: str, length: int) -> http.OutgoingRequest:
    parts = urlsplit(url)
    headers = [("content-type", b"text/plain; charset=utf-8"), ("content-length", str(length).encode())]
    request = http.OutgoingRequest(http.Fields.from_list(headers))
    request.set_method(http.Method_Post())
    request.set_scheme(http.Scheme_Https() if parts.scheme == "https" else http.Scheme_Http())
    request.set_authority(parts.netloc)
    request.set_path_with_query(parts.path + (f"?{parts.query}" if parts.query else ""))
    return request


def send(body: http.OutgoingBody, data: bytes) -> None:
    """On a refused connection the write fails first; the answer's future tells why, so this stays silent."""
    try:
        with body.write() as stream:
            for at in range(0, len(data), PIECE_BYTES):
                stream.blocking_write_and_flush(data[at : at + PIECE_BYTES])
        http.OutgoingBody.finish(body, None)
    except Err:
        pass


def receive(response: http.IncomingResponse) -> bytes:
    data = bytearray()
    with response.consume() as body, body.stream() as stream:
        try:
            while True:
                data += stream.blocking_read(PIECE_BYTES)
        except Err as error:
            if not isinstance(error.value, StreamError_Closed):
                raise
    return bytes(data)


def failure(kind: FailureKind, message: str, retryable: bool) -> Err:
    return Err(Failure(kind, message, retryable=retryable, retry_after_ms=None))
