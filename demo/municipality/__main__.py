"""`python -m municipality`: serve one sample institution."""

import argparse
import logging
import signal
import threading
from pathlib import Path
from types import FrameType

from joserfc.jwk import ECKey
from werkzeug.serving import WSGIRequestHandler, make_server

from municipality.app import Institution, create_app
from municipality.offers import BY_KIND


class _QuietHandler(WSGIRequestHandler):
    """Writes no access log: the address of the way back from the gateway holds the code."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Read the options and serve until SIGTERM or Ctrl-C."""
    options = _read_options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    institution = Institution(
        name=options.name,
        kind=options.kind,
        url=(options.url or f"http://localhost:{options.port}").rstrip("/"),
        issuer=options.issuer.rstrip("/"),
        client_id=options.client_id,
        key=_read_key(options.key),
    )
    server = make_server(
        options.host, options.port, create_app(institution), threaded=True, request_handler=_QuietHandler
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this very thread runs, so it is asked for from another.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    server.server_close()


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m municipality", description=__doc__)
    parser.add_argument("--name", required=True, help="Name of the institution, such as Demoşehir Belediyesi")
    parser.add_argument(
        "--kind", choices=sorted(BY_KIND), default="municipality", help="What it offers and how it looks"
    )
    parser.add_argument("--host", default="127.0.0.1", help="Address to listen on")
    parser.add_argument("--port", type=int, default=8001, help="Port to listen on")
    parser.add_argument("--url", default="", help="Where citizens reach it; http://localhost:PORT when left out")
    parser.add_argument("--issuer", default="http://localhost:8000", help="The gateway's issuer")
    parser.add_argument("--client-id", required=True, help="What `kapi client add` printed")
    parser.add_argument("--key", type=Path, required=True, help="PEM file with the institution's own P-256 private key")
    return parser.parse_args()


def _read_key(path: Path) -> ECKey:
    try:
        return ECKey.import_key(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise SystemExit(
            f"{path}: no P-256 private key in PEM form ({type(wrong).__name__}). Make one with\n"
            f"  openssl ecparam -name prime256v1 -genkey -noout -out {path}"
        ) from None


if __name__ == "__main__":
    main()
