"""Bad input over TCP gets an error or a closed connection, and disturbs nobody else.

IGGY_HOSTILE_SEED repeats the random bytes of a run.
"""

import os
import random
import socket
import struct
import threading
import time
import unittest

import iggy_protocol as protocol
from iggy_server import Server, is_sanitized, wait_until

SEED = int(os.environ.get("IGGY_HOSTILE_SEED", random.SystemRandom().randrange(2**32)))
# How long the well-behaved client may wait for a reply, and a bad one for the end of its stream.
REPLY_S = 20.0 if is_sanitized() else 5.0
END_S = 20.0
UNASSIGNED = (0, 2, 9, 13, 19, 23, 30, 40, 45, 99, 103, 119, 123, 199, 206, 299, 306, 400, 401, 404,
              499, 500, 502, 504, 599, 606, 700, 9999, 65536, 2**31, 2**32 - 1)

_PLACE = protocol.identifier("hostile") + protocol.identifier("topic")
_CONSUMER = protocol.consumer(1) + _PLACE + protocol.optional_partition(0)
# A whole payload of each command that needs a login; those that would succeed harm nothing.
PAYLOADS = {
    protocol.SEND: protocol.send_payload("hostile", "topic", protocol.to_partition(0), [
        protocol.Message(b"first", user_headers=b"\x02\x01\0\0\0k\x02\x01\0\0\0v"),
        protocol.Message(b"second")]),
    protocol.POLL: _CONSUMER + struct.pack("<BQIB", protocol.BY_OFFSET, 0, 10, 0),
    protocol.FLUSH: _PLACE + struct.pack("<IB", 0, 1),
    protocol.GET_OFFSET: _CONSUMER,
    protocol.STORE_OFFSET: _CONSUMER + struct.pack("<Q", 0),
    protocol.DELETE_OFFSET: _CONSUMER,
    protocol.GET_STREAM: protocol.identifier("hostile"),
    protocol.CREATE_STREAM: protocol.name("hostile"),
    protocol.DELETE_STREAM: protocol.identifier("missing"),
    protocol.UPDATE_STREAM: protocol.identifier("hostile") + protocol.name("hostile"),
    protocol.PURGE_STREAM: protocol.identifier("missing"),
    protocol.GET_TOPIC: _PLACE,
    protocol.GET_TOPICS: protocol.identifier("hostile"),
    protocol.CREATE_TOPIC: protocol.identifier("hostile") + struct.pack("<IBQQB", 1, 1, 0, 0, 1) +
                           protocol.name("topic"),
    protocol.DELETE_TOPIC: protocol.identifier("hostile") + protocol.identifier("missing"),
    protocol.UPDATE_TOPIC: _PLACE + struct.pack("<BQQB", 1, 0, 0, 1) + protocol.name("topic"),
    protocol.PURGE_TOPIC: protocol.identifier("hostile") + protocol.identifier("missing"),
    protocol.CREATE_PARTITIONS: _PLACE + struct.pack("<I", 1),
    protocol.DELETE_PARTITIONS: _PLACE + struct.pack("<I", 0),
}
WITHOUT_PAYLOAD = (protocol.STATS, protocol.CLUSTER_METADATA, protocol.ME, protocol.GET_STREAMS,
                   protocol.LOGOUT)


class Witness(threading.Thread):
    """A well-behaved client that sends and polls all the time and checks every reply."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client = server.client(timeout=REPLY_S)
        self.client.create_stream("witness")
        self.client.create_topic("witness", "topic", 1)
        self.rounds = 0
        self.slowest_s = 0.0
        self.failure = None
        self._ends = threading.Event()

    def run(self):
        try:
            while not self._ends.is_set():
                self.once()
        except Exception as error:  # handed to the test
            self.failure = error

    def once(self):
        sent = [b"witness %d %d" % (self.rounds, index) for index in range(3)]
        begun = time.monotonic()
        self.client.send("witness", "topic", protocol.to_partition(0),
                         [protocol.Message(payload) for payload in sent])
        polled = self.client.poll("witness", "topic", 0, protocol.LAST, count=3)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        if [message.payload for message in polled.messages] != sent:
            raise AssertionError(f"polled {polled} instead of {sent}")
        if polled.current_offset != 3 * self.rounds + 2:
            raise AssertionError(f"current offset {polled.current_offset}")
        self.rounds += 1

    def check(self):
        """Fails unless the client is served as before."""
        seen = self.rounds
        wait_until(lambda: self.failure or self.rounds >= seen + 2, "the witness", 2 * REPLY_S)
        if self.failure:
            raise self.failure

    def end(self):
        self._ends.set()
        self.join(2 * REPLY_S)
        self.client.close()
        if self.failure:
            raise self.failure


def resident_bytes(process_id):
    with open(f"/proc/{process_id}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def received_until_end(client):
    """Everything up to the end of the stream. A hang is a TimeoutError, a reset an end."""
    client.socket.settimeout(END_S)
    received = bytearray(client.received)
    try:
        while data := client.socket.recv(65536):
            received += data
    except TimeoutError:
        raise
    except OSError:
        pass
    return bytes(received)


def finish_sending(client):
    try:
        client.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the server was faster


def reset(client):
    """Closes in the rude way: the peer gets a reset."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class ABadClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"\nseed {SEED}", flush=True)
        cls.server = Server()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        cls.server.start()
        with cls.server.client() as client:
            client.create_stream("hostile")
            client.create_topic("hostile", "topic", 1)
        cls.witness = Witness(cls.server)
        cls.witness.start()

    @classmethod
    def tearDownClass(cls):
        cls.witness.end()
        print(f"\nwitness: {cls.witness.rounds} rounds, slowest {cls.witness.slowest_s:.3f} s")
        cls.server.stop()

    def setUp(self):
        self.random = random.Random(f"{SEED} {self.id()}")

    def tearDown(self):
        self.server.check_alive()
        self.witness.check()

    def stranger(self):
        return self.server.client(login=False)

    def expect_served(self, client):
        self.assertEqual(client.request(protocol.PING), (0, b""))

    # Before login.

    def test_is_told_to_log_in_by_every_command_but_ping_and_login(self):
        with self.stranger() as client:
            for code, payload in [*PAYLOADS.items(), *((code, b"") for code in WITHOUT_PAYLOAD)]:
                with self.subTest(code):
                    self.assertEqual(client.request(code, payload), (40, b""))
            self.expect_served(client)

    def test_gets_invalid_command_for_unknown_codes_and_goes_on(self):
        wrong = {}
        with self.stranger() as client:
            for code in UNASSIGNED:
                for payload in (b"", b"x", self.random.randbytes(3000)):
                    reply = client.request(code, payload)
                    if reply != (3, b""):
                        wrong[code, len(payload)] = reply
            self.expect_served(client)
        self.assertEqual(wrong, {})

    def test_cannot_log_in_with_wrong_credentials(self):
        with self.stranger() as client:
            with self.assertRaises(protocol.ProtocolError) as caught:
                client.login("iggy", "wrong")
            self.assertEqual(caught.exception.status, 42)
            self.assertEqual(client.request(protocol.GET_STREAMS), (40, b""))

    # Frames.

    def test_is_closed_when_the_stream_ends_inside_a_frame(self):
        whole = protocol.frame(protocol.LOGIN, protocol.name("iggy") + protocol.name("iggy") +
                               struct.pack("<II", 0, 0))
        for size in range(len(whole)):
            with self.subTest(size), self.stranger() as client:
                client.send_bytes(whole[:size])
                finish_sending(client)
                self.assertEqual(received_until_end(client), b"")

    def test_is_closed_when_the_stream_ends_inside_a_send(self):
        whole = protocol.frame(protocol.SEND, PAYLOADS[protocol.SEND])
        for size in (8, 9, 12, 20, 30, 60, len(whole) - 1):
            with self.subTest(size), self.server.client() as client:
                client.send_bytes(whole[:size])
                finish_sending(client)
                self.assertIn(received_until_end(client), (b"", struct.pack("<II", 206, 0)))

    def test_is_refused_every_truncated_payload_and_goes_on(self):
        with self.server.client() as client:
            for code, payload in PAYLOADS.items():
                for size in range(len(payload)):
                    status, reply = client.request(code, payload[:size])
                    self.assertNotEqual(status, 0, f"command {code} cut to {size} bytes")
                    self.assertEqual(reply, b"")
            self.expect_served(client)
            self.assertEqual(client.topic("hostile", "topic")["messages_count"], 0)

    def test_is_refused_a_frame_without_room_for_its_code(self):
        with self.stranger() as client:
            for length in range(4):
                client.send_bytes(struct.pack("<II", length, protocol.PING))
                self.assertEqual(client.receive_reply(), (3, b""))
            self.expect_served(client)

    def test_is_refused_and_closed_above_the_frame_limits(self):
        for code, length in ((protocol.PING, 2**32 - 1), (protocol.LOGIN, 2**31),
                             (999, 10 * 2**20 + 5), (protocol.GET_STREAMS, 10 * 2**20 + 5)):
            with self.subTest(code=code, length=length), self.stranger() as client:
                client.send_bytes(struct.pack("<II", length, code))
                self.assertEqual(received_until_end(client), struct.pack("<II", 3, 0))

    def test_is_refused_and_closed_above_the_limit_of_sends(self):
        for length in (256 * 2**20 + 5, 2**32 - 1):
            with self.subTest(length), self.server.client() as client:
                client.send_bytes(struct.pack("<II", length, protocol.SEND))
                self.assertEqual(received_until_end(client), struct.pack("<II", 3, 0))
            with self.subTest(length), self.stranger() as client:
                client.send_bytes(struct.pack("<II", length, protocol.SEND))
                self.assertIn(received_until_end(client),
                              (struct.pack("<II", 3, 0), struct.pack("<II", 40, 0)))

    def test_gets_no_memory_for_what_it_announces(self):
        before = resident_bytes(self.server.process.pid)
        logged_in = self.server.client()
        clients = [self.stranger() for _ in range(40)]
        for client in clients:
            client.send_bytes(struct.pack("<II", 200 * 2**20, protocol.SEND) + b"\x12\0\0\0")
        logged_in.send_bytes(struct.pack("<II", 200 * 2**20, protocol.SEND) + b"\x12\0\0\0")
        self.witness.check()
        grown = resident_bytes(self.server.process.pid) - before
        for client in [*clients, logged_in]:
            client.close()
        if not is_sanitized():
            self.assertLess(grown, 64 * 2**20)

    # Noise.

    def test_sends_random_bytes(self):
        for _ in range(200):
            with self.stranger() as client:
                try:
                    client.send_bytes(self.random.randbytes(self.random.randint(1, 4096)))
                except protocol.ConnectionLost:
                    continue
                finish_sending(client)
                received_until_end(client)

    def test_sends_random_payloads_of_known_commands(self):
        with self.stranger() as client:
            for code in PAYLOADS:
                for _ in range(30):
                    status, _ = client.request(code, self.random.randbytes(
                        self.random.randint(0, 300)))
                    self.assertNotEqual(status, 0)
            self.expect_served(client)

    # Time.

    def test_sends_slowly_and_is_served_when_its_frame_is_whole(self):
        with self.stranger() as client:
            for byte in protocol.frame(protocol.LOGIN, protocol.name("iggy") +
                                       protocol.name("iggy") + struct.pack("<II", 0, 0)):
                client.send_bytes(bytes([byte]))
                time.sleep(0.01)  # slowness is what is tested
            self.assertEqual(client.receive_reply(), (0, struct.pack("<I", 0)))

    def test_is_disconnected_if_it_stops_inside_a_frame(self):
        begun = time.monotonic()
        with self.stranger() as client:
            client.send_bytes(protocol.frame(protocol.LOGIN, bytes(100))[:50])
            self.assertEqual(received_until_end(client), b"")
        self.assertGreater(time.monotonic() - begun, 5)  # ten seconds, checked every second

    def test_connects_many_times_and_says_nothing(self):
        clients = [self.stranger() for _ in range(200)]
        self.witness.check()
        for client in clients:
            client.close()

    def test_vanishes_inside_a_frame(self):
        for size in (1, 7, 8, 9, 40):
            for _ in range(10):
                client = self.stranger()
                client.send_bytes(protocol.frame(protocol.SEND, PAYLOADS[protocol.SEND])[:size])
                reset(client)

    def test_vanishes_before_its_reply(self):
        client = self.server.client()
        client.send_bytes(protocol.frame(protocol.STATS) * 50)
        reset(client)

    def test_never_reads_its_replies(self):
        clients = self.never_reading_clients()
        # The server stops reading from it, so that the requests pile up on the client's side.
        self.witness.check()
        grown = resident_bytes(self.server.process.pid)
        for client in clients:
            reset(client)
        if not is_sanitized():
            self.assertLess(grown, 256 * 2**20)

    def never_reading_clients(self):
        with self.server.client() as client:
            if client.topic("hostile", "big") is None:
                client.create_topic("hostile", "big", 1)
                for _ in range(8):
                    client.send("hostile", "big", protocol.to_partition(0),
                                [protocol.Message(bytes(2**17))])
        place = (protocol.consumer(1) + protocol.identifier("hostile") +
                 protocol.identifier("big") + protocol.optional_partition(0))
        request = protocol.frame(protocol.POLL, place +
                                 struct.pack("<BQIB", protocol.BY_OFFSET, 0, 8, 0))
        clients = [self.server.client() for _ in range(5)]
        for client in clients:
            client.socket.setblocking(False)
            for _ in range(500):
                try:
                    client.socket.send(request)
                except BlockingIOError:
                    break
        return clients


class AServer(unittest.TestCase):
    """On its own, because what is thrown at it may change or delete anything."""

    def test_survives_frames_with_flipped_bytes(self):
        choices = random.Random(f"{SEED} {self.id()}")
        with Server() as server:
            server.start()
            with server.client() as client:
                client.create_stream("hostile")
                client.create_topic("hostile", "topic", 2)
            client = server.client()
            for _ in range(2000):
                code, payload = choices.choice(list(PAYLOADS.items()))
                mutated = bytearray(payload)
                for _ in range(choices.choice((1, 1, 2, 8))):
                    mutated[choices.randrange(len(mutated))] = choices.randrange(256)
                if code == protocol.CREATE_PARTITIONS:
                    mutated[-3:] = b"\0\0\0"  # a million partitions are another test's business
                client.request(code, bytes(mutated))
            client.ping()
            client.close()
            server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
