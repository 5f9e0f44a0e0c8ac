"""`python -m core.health.probe PORT …`: is the process of this container well?

Asks /health/lb on each port until one says yes: the web process answers on its own, worker and
clock on METRICS_PORT. Ends with 0 or 1, which is what a container's health check wants.
"""

import http.client
import sys

SECONDS = 4  # the question itself takes at most two


def is_well(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/health/lb")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not any(is_well(int(port)) for port in sys.argv[1:]))
