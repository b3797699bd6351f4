"""Asks whether something answers, for health checks in images that hold no other client.

``python -m hyoka.health URL``: ``http://…`` must answer below 400, ``tcp://host:port`` accept.
"""

from __future__ import annotations

import http.client
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
            # The web answers to its own name only; a health check asks by another.
            connection.request("GET", parts.path or "/", headers={"Host": "localhost"})
            return connection.getresponse().status < 400
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
