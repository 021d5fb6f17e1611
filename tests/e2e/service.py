"""The service in a thread, on a port that it comes back on."""

import threading

import uvicorn

from overread.api.http.bodies import Patience
from overread.api.http.connections import OPTIONS, Connection
from overread.app import create_app
from overread.settings import Settings
from tests.waiting import until


class Service:
    """A server that a test may stop and start again."""

    def __init__(
        self, settings: Settings, patience: Patience | None = None, connection: type[Connection] = Connection
    ) -> None:
        self.settings = settings
        self._patience, self._connection = patience, connection
        self.url = settings.public_url
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve, and return once it answers."""
        config = uvicorn.Config(
            create_app(self.settings, self._patience),
            host="127.0.0.1",
            port=self.settings.port,
            log_level="critical",
            timeout_graceful_shutdown=1,
            **OPTIONS | {"http": self._connection},
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        server, thread = self._server, self._thread
        until(lambda: server.started or not thread.is_alive())
        assert server.started, f"{self.url} is not ours: somebody else has its port"

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._server.server_state.connections) if self._server else 0

    def stop(self) -> None:
        """End it; what is under way may finish for a second."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None
