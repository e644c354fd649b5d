"""Attacks on memory, connections and descriptors stay within the bounds, and a good client is served.

Each attack runs in a process of its own, beside a client that sends and polls batches of 1 MB and
single messages. scripts/measure_bounds.py measures the same attacks.
"""

import contextlib
import multiprocessing
import os
import resource
import select
import socket
import struct
import time
import unittest

import iggy_protocol as protocol
from iggy_server import Server, is_sanitized, wait_until

MIB = 2**20
RECEIVE_BYTES = 128 * MIB
FRAME_BYTES = 64 * MIB
CONNECTIONS = 1300
REPLY_S = 60.0 if is_sanitized() else 20.0
# A sanitizer's server has other sizes, and is ten times slower.
PEERS = 100 if is_sanitized() else 1000
ROUNDS = 3 if is_sanitized() else 10

SETTINGS = {
    "IGGY_LIMITS_RECEIVE_BYTES": str(RECEIVE_BYTES),
    "IGGY_LIMITS_SEND_FRAME_SIZE": str(FRAME_BYTES),
    "IGGY_LIMITS_CONTROL_FRAME_SIZE": str(FRAME_BYTES),  # so that strangers may send such, too
    "IGGY_LIMITS_CONNECTIONS": str(CONNECTIONS),
}
PLACE = protocol.identifier("bounds") + protocol.identifier("good")
UNKNOWN = 9999  # a command of any size that needs no login


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# The attacks: each has everything in place, sets `ready`, and goes on until `ends` is set.


@contextlib.contextmanager
def connected(address, count):
    host, port = address.rsplit(":", 1)
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection((host, int(port)), REPLY_S))
               for _ in range(count)]


def send_slowly(address, ready, ends, announced=FRAME_BYTES, share=256 * 1024, piece=16 * 1024):
    """Frames that are announced and never become whole: a share of each, then byte by byte."""
    header = struct.pack("<II", announced - 4, UNKNOWN)
    zeros = bytes(piece)
    with connected(address, PEERS) as peers:
        sent = dict.fromkeys(peers, len(header))
        for peer in peers:
            peer.sendall(header)
            peer.setblocking(False)
        for _ in range(share // piece):
            trickle(sent, share, zeros)
        ready.set()
        while not ends.wait(1):
            trickle(sent, share, zeros)


def trickle(sent, share, zeros):
    for peer, size in list(sent.items()):
        try:
            sent[peer] += peer.send(zeros[:share - size] or b"\0")
        except BlockingIOError:
            pass
        except OSError:
            del sent[peer]  # the server has had enough


def send_small_frames_slowly(address, ready, ends):
    send_slowly(address, ready, ends, announced=1_000_000, share=200 * 1024)


def send_pooled_frames_slowly(address, ready, ends):
    send_slowly(address, ready, ends, announced=250_000, share=200 * 1024)


def send_half_headers(address, ready, ends):
    with connected(address, PEERS) as peers:
        for peer in peers:
            peer.sendall(b"\x40\0\0\0")
        ready.set()
        ends.wait()


def send_until_full(peers, data):
    """Sends `data` over and over until the server takes no more; bytes sent to each."""
    sent = dict.fromkeys(peers, 0)
    for peer in peers:
        peer.setblocking(False)
    while True:
        _, writable, _ = select.select([], peers, [], 0.5)
        if not writable:
            return sent
        for peer in writable:
            start = sent[peer] % len(data)
            with contextlib.suppress(BlockingIOError):
                sent[peer] += peer.send(data[start:])


def read_no_replies(address, ready, ends):
    """Clients that ask for large polls all the time and take nothing."""
    poll = protocol.frame(protocol.POLL, protocol.consumer(1) + PLACE +
                          protocol.optional_partition(0) +
                          struct.pack("<BQIB", protocol.BY_OFFSET, 0, 100_000, 0))
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(protocol.Client(address, timeout=REPLY_S)) for _ in range(4)]
        send_until_full([peer.socket for peer in peers], poll * 100)
        ready.set()
        ends.wait()


def pipeline(address, ready, ends):
    """Pings without end; when it ends, each has its reply."""
    with connected(address, 2) as peers:
        sent = send_until_full(peers, protocol.frame(protocol.PING) * 8192)
        ready.set()
        ends.wait()
        for peer in peers:
            peer.settimeout(REPLY_S)
            replies = 0
            while replies < sent[peer] // 8 * 8:
                data = peer.recv(MIB)
                assert data and not data.strip(b"\0"), f"{len(data)} bytes, not all zero"
                replies += len(data)


def flood(address, ready, ends):
    """Connects again and again, above the bound; those beyond it see the end at once."""
    with connected(address, CONNECTIONS):
        ready.set()
        while not ends.wait(0.01):
            with connected(address, 100) as refused:
                for peer in refused:
                    with contextlib.suppress(ConnectionError):
                        assert peer.recv(1) == b"", "a reply to nothing"


ATTACKS = (send_slowly, send_small_frames_slowly, send_pooled_frames_slowly, send_half_headers,
           read_no_replies, pipeline, flood)


@contextlib.contextmanager
def under(attack, server):
    """Runs an attack; fails if it does."""
    ready, ends = multiprocessing.Event(), multiprocessing.Event()
    process = multiprocessing.Process(target=attack, args=(server.address, ready, ends))
    process.start()
    try:
        wait_until(lambda: ready.is_set() or process.exitcode is not None, attack.__name__)
        yield
    finally:
        ends.set()
        process.join(2 * REPLY_S)
        if process.exitcode is None:
            process.kill()
            process.join()
    if process.exitcode != 0:
        raise AssertionError(f"{attack.__name__} ended with {process.exitcode}")


class GoodClient:
    """Sends batches and single messages, and polls what it has sent."""

    def __init__(self, server):
        self.client = server.client(timeout=REPLY_S)
        self.batch = [protocol.Message(bytes([i % 256]) * 936).encode() for i in range(1000)]
        self.end = 0

    def prepare(self):
        self.client.create_stream("bounds")
        self.client.create_topic("bounds", "good", 1)

    def send(self, messages):
        self.client.send("bounds", "good", protocol.to_partition(0), messages)
        self.end += len(messages)

    def poll(self, count):
        reply = self.client.call(protocol.POLL, protocol.consumer(1) + PLACE +
                                 protocol.optional_partition(0) +
                                 struct.pack("<BQIB", protocol.BY_OFFSET, self.end - count, count,
                                             0))
        found = struct.unpack_from("<IQI", reply)
        if found != (0, self.end - 1, count):
            raise AssertionError(f"polled {found} instead of {count} up to {self.end}")

    def once(self):
        for messages in (self.batch, self.batch[:1]):
            self.send(messages)
            self.poll(len(messages))


def process_memory(server, key="VmRSS"):
    with open(f"/proc/{server.process.pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key + ":"))


def forget_peak(server):
    with open(f"/proc/{server.process.pid}/clear_refs", "w") as file:
        file.write("5")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def clients_count(client):
    return struct.unpack_from("<IffQQQQQQQQIIIIQI", client.call(protocol.STATS))[-1]


class UnderAttack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise_descriptor_limit()
        cls.server = Server(environment=SETTINGS)
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        cls.server.start()
        cls.good = GoodClient(cls.server)
        cls.good.prepare()
        for _ in range(ROUNDS):
            cls.good.once()

    @classmethod
    def tearDownClass(cls):
        cls.good.client.close()
        cls.server.stop()

    def setUp(self):
        self.memory = process_memory(self.server)
        self.descriptors = descriptors(self.server)
        forget_peak(self.server)

    @contextlib.contextmanager
    def serve_well_under(self, attack, memory=RECEIVE_BYTES):
        """Everything works, and takes no more than `memory` and what a server may have."""
        with under(attack, self.server):
            for _ in range(ROUNDS):
                self.good.once()
            yield
        self.check_memory(process_memory(self.server, "VmHWM"), memory + 64 * MIB)
        wait_until(lambda: clients_count(self.good.client) == 1, "the end of all other clients")
        wait_until(lambda: descriptors(self.server) <= self.descriptors, "descriptors")
        self.good.once()
        self.check_memory(process_memory(self.server), self.memory + 32 * MIB)

    def wait_for_full_budget(self):
        """Strangers may have three quarters: without that the attack would prove nothing."""
        if not is_sanitized():
            wait_until(lambda: process_memory(self.server, "VmHWM") >= RECEIVE_BYTES // 2,
                       "a budget that is spent", every=0.05)

    def check_memory(self, found, bound):
        if not is_sanitized():
            self.assertLessEqual(found / MIB, bound / MIB)

    # One is larger than what they all may share: they wait for each other, nearly empty.
    def test_keeps_to_the_budget_when_a_thousand_large_frames_come_slowly(self):
        with self.serve_well_under(send_slowly):
            pass

    def test_keeps_to_the_budget_when_a_thousand_frames_of_1_mb_come_slowly(self):
        with self.serve_well_under(send_small_frames_slowly):
            self.wait_for_full_budget()

    def test_keeps_to_the_budget_when_a_thousand_frames_of_250_kb_come_slowly(self):
        with self.serve_well_under(send_pooled_frames_slowly):
            self.wait_for_full_budget()

    def test_cuts_peers_that_stop_inside_of_a_header(self):
        with self.serve_well_under(send_half_headers, memory=0):
            wait_until(lambda: clients_count(self.good.client) == 1, "the cut", every=0.1)

    def test_keeps_nothing_for_those_who_read_no_replies(self):
        with self.serve_well_under(read_no_replies, memory=0):
            pass

    def test_answers_pipelines_in_turn(self):
        with self.serve_well_under(pipeline, memory=0):
            pass

    def test_refuses_connections_above_the_bound(self):
        with self.serve_well_under(flood, memory=0):
            self.assertLessEqual(clients_count(self.good.client), CONNECTIONS)
            self.assertLessEqual(descriptors(self.server), self.descriptors + CONNECTIONS + 1)


class TwoLargestFrames(unittest.TestCase):
    """With the default limits, on two shards if there are two CPUs."""

    FRAME = 250 * 10**6
    BUDGET = 256 * MIB

    def test_are_received_one_after_the_other(self):
        with Server() as server:
            server.start()
            with server.client(timeout=REPLY_S) as one, server.client(timeout=REPLY_S) as other:
                memory = process_memory(server)
                self.send_side_by_side([one.socket, other.socket])
                for client in (one, other):
                    self.assertNotEqual(client.receive_exactly(8)[:4], bytes(4))
            if not is_sanitized():
                peak = process_memory(server, "VmHWM") - memory
                self.assertGreater(peak / MIB, 0.75 * self.BUDGET / MIB)
                self.assertLessEqual(peak / MIB, self.BUDGET / MIB + 64)
            server.stop()

    def send_side_by_side(self, sockets):
        piece = bytes(MIB)
        left = dict.fromkeys(sockets, self.FRAME)
        for each in sockets:
            each.sendall(struct.pack("<II", 4 + self.FRAME, protocol.SEND))
            each.setblocking(False)
        while left:
            _, writable, _ = select.select([], list(left), [], REPLY_S)
            self.assertTrue(writable, "the server takes no more")
            for each in writable:
                left[each] -= each.send(piece[:left[each]])
                if left[each] == 0:
                    del left[each]
                    each.settimeout(REPLY_S)


# Without descriptors UBSan can't read the types that it wants to check, and reports that as wrong ones.
@unittest.skipIf("undefined" in os.environ.get("IGGY_SANITIZE", ""), "UBSan needs descriptors")
class WithoutDescriptors(unittest.TestCase):
    def test_goes_on_and_accepts_again_when_there_are_some(self):
        begun = time.monotonic()
        with Server(environment=SETTINGS) as server:
            server.start()
            good = GoodClient(server)
            good.prepare()
            good.once()
            limit = descriptors(server) + 20
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))

            with connected(server.address, 100):
                wait_until(lambda: "cannot accept" in server.output_so_far(), "the log line")
                good.once()

            with server.client(timeout=REPLY_S) as late:
                late.ping()
            wait_until(lambda: clients_count(good.client) == 1, "the end of all other clients")
            good.client.close()
            lines = server.output_so_far().count("cannot accept")
            self.assertLessEqual(lines, time.monotonic() - begun + 1)
            server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
