"""Ports to listen on. Without Django, for `kapi demo`."""

import socket


def why_taken(host: str, port: int) -> str:
    """Say why nothing can listen there, in the system's words; empty if something can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do, so that connections that are just ending are not in the way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""
