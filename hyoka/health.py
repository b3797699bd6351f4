"""Asks whether something answers, for health checks in images that hold no other client.

``python -m hyoka.health URL``: ``http://…`` must answer below 400, ``tcp://host:port`` accept.
The web answers to its own name only, so it is asked by the host of ``HYOKA_PUBLIC_URL``.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from urllib.parse import urlsplit

TIMEOUT = 4.0


def answers(url: str) -> bool:
    """Whether *url* answers in time."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    try:
        if parts.scheme == "tcp":
            with socket.create_connection((host, port), timeout=TIMEOUT):
                return True
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        try:
            named = urlsplit(os.environ.get("HYOKA_PUBLIC_URL", "")).hostname or host
            connection.request("GET", parts.path or "/", headers={"Host": named})
            return connection.getresponse().status < 400
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
