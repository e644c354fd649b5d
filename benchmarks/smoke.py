"""A tiny load on both servers: does everything that measures still work?"""

from rows import figures_of, options
from servers import Failed, drop_cache

SHAPE = {"partitions": 3, "batch": 7, "message_size": 100}


def expect(condition, what):
    if not condition:
        raise Failed(what)


def try_server(bench, kind, fsync):
    verify = "all" if kind == "iggy" else "payload"
    with bench.directory() as directory:
        server = bench.server(kind, directory, fsync=fsync).start()
        try:
            sent = bench.drive(server, *options(producers=4, requests=90, in_flight=3, **SHAPE))
            expect(sent["producers"]["messages"] == 630, f"{kind}: not all was sent")
            expect(sent["server_cpu_s"] > 0, f"{kind}: the server's CPU time is unknown")
            drop_cache(server.data)
            read = bench.drive(server, *options(consumers=3, passes=2, verify=verify, poll_count=10,
                                                auto_commit=True, **SHAPE))
            expect(read["consumers"]["messages"] == 1260, f"{kind}: not all came back")
            tail = bench.drive(server, *options(producers=1, consumers=1, requests=40, rate=400,
                                                tail=True, verify=verify, seconds=5, topics=2,
                                                producer_partitions=(3, 4),
                                                consumer_partitions=(3, 4), **SHAPE))
            expect(figures_of(tail, "end_to_end")["p50_us"] > 0, f"{kind}: no end-to-end times")
        finally:
            server.kill()


def run(bench):
    for kind in ("iggy", "null"):
        for fsync in (False, True):
            try_server(bench, kind, fsync)
    with bench.directory() as directory:
        raw = bench.run("raw-disk", "--directory", directory, "--files", 2, "--seconds", 0.1)
        expect(raw["requests"] > 0, "raw-disk wrote nothing")
        stalls = bench.run("cpu-stalls", "--directory", directory, "--mb-per-s", 100, "--seconds", 0.1)
        expect(stalls["cpus"], "cpu-stalls saw no CPU")
