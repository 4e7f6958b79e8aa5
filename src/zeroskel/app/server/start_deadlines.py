"""The deadlines of connections whose start message has not arrived."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from zeroskel.app.server.settings import Limits


class StartDeadlines:
    """The connections whose start message has not arrived. Of too many, the one that waited longest ends.

    They do not count as streams, so clients that never start cannot take the place of those that do.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._scopes: dict[anyio.CancelScope, None] = {}  # the one that waited longest first

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Bound the time in which the body of the `with` statement waits for a message.

        Raises:
            TimeoutError: The time is over, or too many connections wait.
        """
        with anyio.fail_after(self.limits.start_seconds) as scope:
            self._scopes[scope] = None
            if len(self._scopes) > self.limits.starting:
                longest = next(iter(self._scopes))
                del self._scopes[longest]
                longest.deadline = anyio.current_time()
            try:
                yield
            finally:
                self._scopes.pop(scope, None)
