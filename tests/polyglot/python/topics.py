"""Asks a service for the topics of the first dialog; adds them as an analysis, the first one as a tag."""

import json

from componentize_py_types import Err
from outgoing import post
from wit_world import exports
from wit_world.imports import document, log
from wit_world.imports import vcon_link_types as link_types
from wit_world.imports.outcomes import Description, Failure, FailureKind, Outcome, Outcome_Next

SCHEMA = {
    "type": "object",
    "properties": {
        "url": {"type": "string", "description": 'The service: text in, {"topics": [...]} out.'},
        "tag": {"type": "string", "description": "The name of the tag."},
    },
}
DEFAULTS = {"url": "http://localhost:8090/topics", "tag": "topic"}


class Handler(exports.Handler):
    """What the component exports."""

    def describe(self) -> Description:
        return Description(
            name="topics",
            version="1.0.0",
            summary="Asks a service for the topics of the first dialog and adds them as an analysis and a tag.",
            options_schema=json.dumps(SCHEMA),
            defaults=json.dumps(DEFAULTS),
            needs="{}",
        )

    def run(self, options: str) -> Outcome:
        try:
            return run(json.loads(options))
        except Err as error:
            # An error of the host that nobody expected; a failure goes as it is.
            raise error if isinstance(error.value, Failure) else of_host(error.value) from error


def run(options: dict) -> Outcome:
    text = transcript()
    if text is None:
        log.write(log.Level.INFO, "there is no transcript: nothing to do", [])
        return Outcome_Next()
    if text == "fall over":
        raise RuntimeError("fell over, as it was told to")
    topics = ask(options["url"], text)
    document.add_analysis(
        document.Analysis(
            kind="topics",
            dialogs=[0],
            vendor="example",
            body=json.dumps(topics),
            encoding=document.Encoding.JSON,
            extra=None,
        )
    )
    if topics:
        document.add_tag(options["tag"], topics[0])
    return Outcome_Next()


def transcript() -> str | None:
    """The transcript of the first dialog, or else the dialog's own text."""
    index = document.find_analysis(0, "transcript")
    if index is not None:
        return document.text(f"/analysis/{index}/body")
    return document.dialog_text(0) if document.dialog_count() else None


def ask(url: str, text: str) -> list[str]:
    status, answer = post(url, text.encode())
    if status != 200:
        raise service(f"{url} answered with status {status}")
    try:
        topics = json.loads(answer)["topics"]
    except (ValueError, KeyError, TypeError):
        topics = None
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise service(f"{url} did not answer with topics")
    return topics


def service(message: str) -> Err:
    return Err(Failure(FailureKind.SERVICE, message, retryable=True, retry_after_ms=None))


def of_host(error: link_types.Error) -> Err:
    sealed = isinstance(error, link_types.Error_Opaque)
    kind = FailureKind.SEALED if sealed else FailureKind.OTHER
    return Err(Failure(kind, f"the host refused: {error}", retryable=False, retry_after_ms=None))
