"""A distant server: a proxy that delivers all that passes it a while later.

It is a process of its own (python -m bench.proxy), so that it takes no time from the client's.
"""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

_CHUNK = 1 << 18

Waiting = queue.SimpleQueue[tuple[float, bytes]]


@contextmanager
def delayed(url: str, round_trip: float) -> Iterator[str]:
    """Yield the URL of the same server, `round_trip` seconds away; `url` names the server's socket folder."""
    query = parse_qs(urlsplit(url).query)
    target = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
    command = [sys.executable, "-m", "bench.proxy", target, str(round_trip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            yield (
                f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable&gssencmode=disable"
            )
        finally:
            process.terminate()


def main() -> None:
    target, round_trip = sys.argv[1], float(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            near, _ = listener.accept()
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = socket.socket(socket.AF_UNIX)
            far.connect(target)
            for source, sink in ((near, far), (far, near)):
                waiting: Waiting = queue.SimpleQueue()
                receive = (source, waiting, round_trip / 2)
                threading.Thread(target=_receive, args=receive, daemon=True).start()
                threading.Thread(target=_send, args=(sink, waiting), daemon=True).start()


def _receive(source: socket.socket, waiting: Waiting, delay: float) -> None:
    data = b"-"
    while data:
        try:
            data = source.recv(_CHUNK)
        except OSError:
            data = b""
        waiting.put((time.perf_counter() + delay, data))


def _send(sink: socket.socket, waiting: Waiting) -> None:
    with suppress(OSError):  # the other side is gone
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.perf_counter()))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)


if __name__ == "__main__":
    main()
