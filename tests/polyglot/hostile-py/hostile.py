"""A link that does harm: what, its option `act` says."""

import json

from wit_world import exports
from wit_world.imports.outcomes import Description, Outcome, Outcome_Next


class Handler(exports.Handler):
    def describe(self) -> Description:
        return Description("hostile", "1.0.0", "Does harm.", "{}", '{"act":"none"}', "{}")

    def run(self, options: str) -> Outcome:
        act = json.loads(options)["act"]
        if act == "spin":
            spin()
        elif act == "bomb":
            bomb()
        return Outcome_Next()


def spin() -> None:
    while True:
        pass


def bomb() -> None:
    """Memory without end, and deaf to being told that there is no more."""
    hoard = []
    while True:
        try:
            hoard.append(bytearray(1024 * 1024))
        except MemoryError:
            pass
