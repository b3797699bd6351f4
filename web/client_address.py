"""Whose address a request has: what proxies say counts as far as they are ours."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from workflow.settings_checks import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BehindProxies:
    """Believes ``X-Forwarded-*`` as many hops as lie in our own networks, and no further.

    Whoever reaches us directly, or a proxy past the one before it, speaks for nobody else.
    """

    def __init__(self, app: WSGIApplication, *, most: int, trusted: tuple[Network, ...]) -> None:
        self._trusted = trusted
        #: Number of hops → what hands the request on.
        self._after: list[WSGIApplication] = [
            app,
            *(ProxyFix(app, x_for=n, x_proto=1, x_host=0) for n in range(1, most + 1)),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on with the client's address."""
        said = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        most = min(len(self._after) - 1, len(said))
        hops = 0
        # From us outwards: the peer, then whom each proxy saw.
        for peer in [environ.get("REMOTE_ADDR", ""), *reversed(said)][:most]:
            if not self._is_ours(peer):
                break
            hops += 1
        return self._after[hops](environ, start_response)

    def _is_ours(self, text: str) -> bool:
        try:
            address = ip_address(text.strip())
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._trusted)
