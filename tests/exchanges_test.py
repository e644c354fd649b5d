"""Plays the published exchanges against the server: a session, recordings, and what it refuses."""

import unittest

import iggy_protocol as protocol
import replay
from iggy_server import Server

# More than this share of all recorded exchanges must be replayed, so that a mistake in the plan
# does not quietly leave everything out.
COVERAGE_MIN = 0.45


class ARecordedSession(unittest.TestCase):
    """Every reply is the recorded one, byte for byte, outside of its volatile ranges."""

    total = 0
    replayed = 0

    @classmethod
    def tearDownClass(cls):
        print(f"\n{cls.replayed} of {cls.total} recorded exchanges replayed")

    def replay(self, recording):
        environment = {key: value for key, value in recording["start"]["env"].items()}
        with Server(environment=environment) as server:
            server.start()
            outcome = replay.Replayer(server.address, recording).run()
            server.check_alive()
            server.stop()
        print("\n" + outcome.summary())
        type(self).total += outcome.total
        type(self).replayed += outcome.compared + outcome.tolerated
        self.assertFalse(outcome.differences, "\n" + "\n".join(outcome.differences))

    def test_of_the_published_vectors_is_answered_as_published(self):
        self.replay(replay.as_recording(replay.load_vectors("exchanges")))


def _add_recordings():
    def make(name):
        return lambda self: self.replay(replay.load_recording(name))
    for name in replay.recording_names():
        method = f"test_of_{name.replace('-', '_')}_is_answered_as_recorded"
        setattr(ARecordedSession, method, make(name))


_add_recordings()


class ThePlan(unittest.TestCase):
    """What is left out, and that the rest is enough to say something."""

    def test_leaves_out_only_what_rests_on_missing_commands(self):
        total = replayed = 0
        for name in replay.recording_names():
            recording = replay.load_recording(name)
            if name == "permission-matrix":
                continue  # it is about users, who come with their commands
            plan = replay.plan_for(recording, replay.MISSING_COMMANDS)
            for exchange in recording["exchanges"]:
                if "event" not in exchange:
                    total += 1
                    replayed += plan.reason_to_skip(exchange) is None
        self.assertGreater(replayed / total, COVERAGE_MIN)

    def test_leaves_out_nothing_if_no_command_is_missing(self):
        for name in replay.recording_names():
            recording = replay.load_recording(name)
            plan = replay.plan_for(recording, {})
            self.assertEqual([exchange["order"] for exchange in recording["exchanges"]
                              if "event" not in exchange and plan.reason_to_skip(exchange)], [])


class TheComparison(unittest.TestCase):
    """It finds a difference where there is one."""

    def test_finds_a_byte_that_differs(self):
        self.assertIn("byte 2", replay.describe_difference(b"abcd", b"abxd", []))

    def test_overlooks_volatile_bytes_alone(self):
        self.assertIsNone(replay.describe_difference(b"abcd", b"axyd", [[1, 3, "x"]]))
        self.assertIsNotNone(replay.describe_difference(b"abcd", b"axyz", [[1, 3, "x"]]))

    def test_finds_another_length(self):
        self.assertIsNotNone(replay.describe_difference(b"abcd", b"abcde", [[1, 3, "x"]]))

    def test_overlooks_length_and_rest_of_an_open_range(self):
        expected = b"\0\0\0\0\x05\0\0\0abcde"
        self.assertIsNone(
            replay.describe_difference(expected, b"\0\0\0\0\x06\0\0\0abcdXY", [[12, None, "x"]]))
        self.assertIsNotNone(
            replay.describe_difference(expected, b"\0\0\0\0\x06\0\0\0abXdXY", [[12, None, "x"]]))

    def test_finds_a_wrong_checksum(self):
        message = protocol.Message(b"payload")
        message.checksum = protocol.xxh3(message.encode()[8:])
        head = b"\0" * 8 + b"\0\0\0\0" + b"\0" * 8 + b"\x01\0\0\0"
        self.assertIsNone(replay.describe_bad_messages(head + message.encode()))
        message.checksum ^= 1
        self.assertIsNotNone(replay.describe_bad_messages(head + message.encode()))


def with_the_rejecting_topic(server):
    """The precondition of reject.json: stream 1 "test" with topic 2 "events" of 3 partitions."""
    client = server.client()
    client.create_stream("other")
    client.create_stream("test")
    for topic, partitions in (("zero", 1), ("one", 1), ("events", 3)):
        client.create_topic("test", topic, partitions)
    return client


class ARefusedRequest(unittest.TestCase):
    def test_gets_the_published_error_and_leaves_the_connection_as_published(self):
        differences = []
        compared = skipped = 0
        with Server() as server:
            server.start()
            root = with_the_rejecting_topic(server)
            for vector in replay.load_vectors("reject"):
                if vector["code"] in replay.MISSING_COMMANDS:
                    skipped += 1
                    continue
                compared += 1
                is_root = vector["precondition"].startswith("authenticated as root")
                client = server.client(login=is_root)
                difference = self.difference_of(vector, client)
                if difference:
                    differences.append(f"{vector['name']}: {difference}")
                client.close()
                server.check_alive()
            self.assertEqual(root.topic("test", "events")["messages_count"], 0)
            root.close()
            server.stop()
        print(f"\n{compared} of {compared + skipped} refused requests compared, "
              f"{skipped} are of commands that are not there yet")
        self.assertFalse(differences, "\n" + "\n".join(differences))

    @staticmethod
    def difference_of(vector, client):
        expected = bytes.fromhex(vector["expected_response_hex"])
        after = vector["connection_after"]
        try:
            client.send_bytes(bytes.fromhex(vector["hex"]))
            reply = client.receive_exactly(len(expected))
            if reply != expected:
                return f"{reply.hex()} instead of {expected.hex()}"
            if after.startswith("open"):
                client.send_bytes(protocol.frame(protocol.PING))
                if client.receive_reply() != (0, b""):
                    return "the ping behind it was not answered"
            elif after == "closed" and not client.is_closed_by_peer(10):
                return "the connection was not closed"
        except (protocol.ConnectionLost, TimeoutError) as error:
            return repr(error)
        return None

    def test_made_from_a_recipe_is_refused_and_its_neighbour_accepted(self):
        vectors = [vector for vector in replay.load_vectors("reject_generated")
                   if vector["recipe"]["kind"] != "client_refuses"]
        self.assertEqual(len(vectors), 5)
        with Server() as server:
            server.start()
            client = with_the_rejecting_topic(server)
            for vector in vectors:
                with self.subTest(vector["name"]):
                    expected = vector["expected_error"]["code"] if vector["expected_error"] else 0
                    status, _ = client.request(vector["code"], self.cook(vector["recipe"]))
                    self.assertEqual(status, expected)
                    client.ping()
            client.close()
            server.stop()

    @staticmethod
    def cook(recipe):
        payload = bytes([int(recipe["payload_fill"], 16)]) * recipe["payload_length"]
        if recipe["kind"] == "fill":
            return payload
        headers = bytes([int(recipe.get("user_headers_fill", "00"), 16)])
        message = protocol.Message(payload, user_headers=headers * recipe["user_headers_length"])
        return protocol.send_payload(recipe["stream_id"], recipe["topic_id"],
                                     protocol.to_partition(recipe["partition"]), [message])


class ACutConnection(unittest.TestCase):
    def test_ends_as_published(self):
        with Server() as server:
            server.start()
            for vector in replay.load_vectors("reject_connection"):
                with self.subTest(vector["name"]):
                    logged_in = "logged in" in vector["precondition"]
                    with server.client(login=logged_in) as client:
                        client.send_bytes(bytes.fromhex(vector["hex"]))
                        client.socket.shutdown(1)
                        received = bytearray()
                        client.socket.settimeout(10)
                        while data := client.socket.recv(4096):
                            received += data
                    acceptable = vector.get("acceptable_response_hex",
                                            [vector["expected_response_hex"]])
                    self.assertIn(received.hex(), acceptable)
            server.check_alive()
            server.stop()


class PipelinedRequests(unittest.TestCase):
    def test_are_answered_in_their_order(self):
        vectors = {vector["name"]: bytes.fromhex(vector["hex"])
                   for vector in replay.load_vectors("streams_of_frames")}
        for requests in [name for name in vectors if name.endswith("_requests")]:
            responses = vectors[requests.replace("_requests", "_responses")]
            with self.subTest(requests), Server() as server:
                server.start()
                with server.client(login=False) as client:
                    client.send_bytes(vectors[requests])
                    self.assertEqual(client.receive_exactly(len(responses)), responses)
                    client.ping()
                server.stop()

    def test_are_answered_when_they_arrive_byte_by_byte(self):
        vectors = {vector["name"]: bytes.fromhex(vector["hex"])
                   for vector in replay.load_vectors("streams_of_frames")}
        with Server() as server:
            server.start()
            with server.client(login=False) as client:
                for byte in vectors["pipelined_requests"]:
                    client.send_bytes(bytes([byte]))
                responses = vectors["pipelined_responses"]
                self.assertEqual(client.receive_exactly(len(responses)), responses)
            server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
