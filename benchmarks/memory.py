"""The rows about memory and restarts: long loads on one server, and what it holds afterwards."""

import time

from rows import options
from servers import Failed

FIXED_MB = 64.0
RESTART_S = 1.0


def check(text, value, bound):
    return {"text": text, "value": value, "bound": bound, "is_floor": False, "ok": value <= bound}


def restart(server):
    """Seconds from the start of the process behind a SIGKILL to its listening."""
    server.kill()
    started = time.monotonic()
    server.start()
    return time.monotonic() - started


def great_batches(bench, gigabytes=10):
    """10 GB sent, all read back and verified."""
    connections, batch_mb = 8, 1.064
    bound = FIXED_MB + 2 * connections * batch_mb
    shape = {"partitions": connections, "batch": 1000, "message_size": 1000}
    with bench.directory() as directory, bench.iggy(directory) as server:
        server.start()
        sent = bench.drive(server, *options(producers=connections, requests=gigabytes * 1000,
                                            **shape))
        read = bench.drive(server, *options(consumers=connections, passes=1, verify="all",
                                            threads=2, **shape))
        if read["consumers"]["messages"] != gigabytes * 1000 * 1000:
            raise Failed("not all messages came back")
        seconds = restart(server)
        again = bench.drive(server, *options(consumers=connections, passes=1, verify="all",
                                             threads=2, **shape))
        return [check("MB resident after the send", sent["server_rss_mb"], bound),
                check("MB resident after the read", read["server_rss_mb"], bound),
                check("MB resident, peak", read["server_rss_peak_mb"], bound),
                check("s to restart after SIGKILL", seconds, RESTART_S),
                check("MB resident after restart and read", again["server_rss_mb"], bound)]


def small_batches(bench, millions=100, legs=5):
    """Very many batches of one message, in legs: is the resident size flat?"""
    connections, ahead = 32, 64
    in_flight_mb = connections * ahead * 300 / 1e6
    bound = FIXED_MB + 2 * in_flight_mb
    load = options(producers=connections, in_flight=ahead, partitions=16, batch=1,
                   message_size=100, requests=millions * 1_000_000 // legs)
    with bench.directory() as directory, bench.iggy(directory) as server:
        server.start()
        resident = [bench.drive(server, *load)["server_rss_mb"] for _ in range(legs)]
        seconds = restart(server)
        checks = [check(f"MB resident after {millions * (leg + 1) // legs} M batches", value, bound)
                  for leg, value in enumerate(resident)]
        return [*checks, check("MB grown since the first fifth", resident[-1] - resident[0], 8),
                check("s to restart after SIGKILL", seconds, RESTART_S)]


ROWS = {"memory-10gb": great_batches, "memory-one-message": small_batches}
