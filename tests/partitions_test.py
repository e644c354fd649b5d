"""More partitions than the server may have files open: they all work, before and after restarts."""

import os
import resource
import threading
import unittest

import iggy_protocol as protocol
from iggy_server import Server, is_sanitized

CONNECTIONS = 16
DESCRIPTORS = 256
PARTITIONS = 300 if is_sanitized() else 600
PER_TOPIC = 500


def setUpModule():
    # The server inherits it, and can't raise it again.
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


def in_parallel(address, items, work, connections=CONNECTIONS):
    """`work(client, item)` for each item, on as many connections at once. Raises what one raised."""
    rest = iter(items)
    lock = threading.Lock()
    failures = []

    def run():
        try:
            with protocol.Client(address) as client:
                while not failures:
                    with lock:
                        item = next(rest, None)
                    if item is None:
                        return
                    work(client, item)
        except Exception as failure:  # raised again below, on the thread that waits
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class ManyPartitions(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server())
        self.server.start()
        with self.server.client() as client:
            client.create_stream("s")
            for topic in range(self.topics_count()):
                client.create_topic("s", f"t{topic}", PER_TOPIC)
        self.places = [(f"t{number // PER_TOPIC}", number % PER_TOPIC)
                       for number in range(PARTITIONS)]

    def topics_count(self):
        return -(-PARTITIONS // PER_TOPIC)

    def send_to_all(self, text):
        def send(client, place):
            topic, partition = place
            client.send("s", topic, protocol.to_partition(partition),
                        [protocol.Message(f"{topic}/{partition}/{text}".encode())])
        in_parallel(self.server.address, self.places, send)

    def expect_in_all(self, *texts):
        def poll(client, place):
            topic, partition = place
            polled = client.poll("s", topic, partition, protocol.FIRST)
            self.assertEqual([message.payload.decode() for message in polled.messages],
                             [f"{topic}/{partition}/{text}" for text in texts])
            self.assertEqual([message.offset for message in polled.messages],
                             list(range(len(texts))))
        in_parallel(self.server.address, self.places, poll)

    def expect_total(self, messages_count):
        with self.server.client() as client:
            self.assertEqual(sum(topic["messages_count"] for topic in client.topics("s")),
                             messages_count)
            partitions = client.topic("s", "t0")["partitions"]
            self.assertEqual({partition["messages_count"] for partition in partitions
                              if partition["id"] < PARTITIONS}, {messages_count // PARTITIONS})

    def commit_in_all(self, offset):
        in_parallel(self.server.address, self.places, lambda client, place: client.store_offset(
            "s", *place, offset))

    def expect_committed_in_all(self, offset):
        def get(client, place):
            self.assertEqual(client.stored_offset("s", *place), offset)
        in_parallel(self.server.address, self.places, get)

    def test_are_announced_where_connections_may_lack_descriptors(self):
        self.server.stop()
        self.assertIn(f"limits.connections = 10000, but the process may have only {DESCRIPTORS} ",
                      self.server.output.decode())

    def test_keep_working_with_few_descriptors(self):
        self.send_to_all("a")
        self.send_to_all("b")
        self.commit_in_all(1)
        self.expect_in_all("a", "b")
        self.assertLess(len(os.listdir(f"/proc/{self.server.process.pid}/fd")), DESCRIPTORS)

        self.server.kill()
        self.server.start()
        self.expect_total(2 * PARTITIONS)
        self.send_to_all("c")
        self.expect_committed_in_all(1)

        self.server.stop()
        self.server.start()
        self.expect_in_all("a", "b", "c")
        self.expect_total(3 * PARTITIONS)
        self.assertNotIn("too many open files", self.server.output_so_far().lower())
        self.server.stop()

    def test_can_be_deleted_while_they_are_opened(self):
        self.send_to_all("a")
        self.server.kill()
        self.server.start()

        with self.server.client() as client:
            for topic in range(self.topics_count()):
                client.call(protocol.DELETE_TOPIC,
                            protocol.identifier("s") + protocol.identifier(f"t{topic}"))
            self.assertEqual(client.topics("s"), [])
        self.server.stop()

        self.assertEqual(os.listdir(self.server.data / "partitions"), [])


if __name__ == "__main__":
    unittest.main()
