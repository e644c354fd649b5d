"""A file system that is full: what is refused, what goes on, and what is there when there is room again.

It is a tmpfs of a few megabytes; where none may be mounted the tests are skipped.
"""

import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import iggy_protocol as protocol
from iggy_server import Server, free_port, wait_until

FULL = 10005  # cannot_append_to_file
STREAM = "stream"
SIZE = 12 * 2**20
TRIES = 20_000


class SmallDisk:
    """A file system of few bytes; SkipTest where none can be mounted."""

    def __init__(self, size):
        self.size = size

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="iggy-disk-")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs",
                               self.folder], capture_output=True, text=True)
        if done.returncode != 0:
            os.rmdir(self.folder)
            raise unittest.SkipTest(f"no tmpfs can be mounted: {done.stderr.strip()}")
        return self.folder

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=True)
        os.rmdir(self.folder)


class Topic:
    """The payloads that a topic of some partitions has accepted."""

    def __init__(self, name, partitions):
        self.name = name
        self.accepted = [[] for _ in range(partitions)]

    def make(self, client):
        client.create_topic(STREAM, self.name, len(self.accepted))

    def send(self, client, number, size, count=1):
        """A batch of unique payloads; its status."""
        partition = number % len(self.accepted)
        payloads = [b"%s %d %d " % (self.name.encode(), number, index) + bytes(size)
                    for index in range(count)]
        status, _ = client.request(protocol.SEND, protocol.send_payload(
            STREAM, self.name, protocol.to_partition(partition),
            [protocol.Message(payload) for payload in payloads]))
        if status == 0:
            self.accepted[partition] += payloads
        return status

    def stored(self, client):
        return [self.stored_in(client, partition) for partition in range(len(self.accepted))]

    def stored_in(self, client, partition):
        found = []
        while True:
            polled = client.poll(STREAM, self.name, partition, protocol.BY_OFFSET, len(found))
            if not polled.messages:
                return found
            for message in polled.messages:
                assert message.checksum_is_valid and message.offset == len(found)
                found.append(message.payload)

    def call(self, client, code):
        client.call(code, protocol.identifier(STREAM) + protocol.identifier(self.name))

    def purge(self, client):
        self.call(client, protocol.PURGE_TOPIC)
        self.accepted = [[] for _ in self.accepted]


class AFullDisk(unittest.TestCase):
    def setUp(self):
        disk = self.enterContext(SmallDisk(SIZE))
        self.server = self.enterContext(Server(port=free_port()))
        self.server.data = pathlib.Path(disk) / "data"
        self.server.address = f"127.0.0.1:{self.server.port}"
        self.start()
        self.kept = Topic("kept", 3)
        self.ballast = Topic("ballast", 2)
        self.numbers = iter(range(10**9))
        with self.server.client() as client:
            client.create_stream(STREAM)
            self.kept.make(client)
            self.ballast.make(client)
            self.fill_up(client)

    def fill_up(self, client):
        """Sends batches, ever smaller ones, until every partition has refused one of the smallest.
        What is refused has the right code, and other sizes may still be taken."""
        for size, count in ((60_000, 1), (2_000, 10), (0, 1)):
            refused = set()
            for number in self.numbers:
                self.assertLess(number, TRIES, "the disk never was full")
                for topic in (self.ballast, self.kept):
                    status = topic.send(client, number, size, count)
                    self.assertIn(status, (0, FULL))
                    if status != 0:
                        refused.add((topic.name, number % len(topic.accepted)))
                if len(refused) == 5:
                    break

    def expect_kept(self, client, *topics):
        for topic in topics or (self.kept, self.ballast):
            self.assertEqual(topic.stored(client), topic.accepted, topic.name)

    def expect_room_again(self, client):
        """Files are removed behind the reply: sends until each partition has accepted one."""
        accepted = set()
        for number in self.numbers:
            self.assertLess(number, TRIES, "nothing is accepted although there is space again")
            status = self.kept.send(client, number, 10_000)
            self.assertIn(status, (0, FULL))
            if status == 0:
                accepted.add(number % 3)
            if len(accepted) == 3:
                return

    def start(self):
        """The file that tells the address may not find room."""
        self.server.launch()
        wait_until(self.listens, "the server")

    def listens(self):
        self.server.check_started()
        return self.server.has_printed(b"Iggy server is running")

    def restart(self):
        self.server.kill()
        self.start()

    def test_takes_messages_again_when_a_topic_is_deleted(self):
        with self.server.client() as client, self.server.client() as other:
            self.expect_kept(client)
            self.expect_kept(other)
            other.ping()
            self.ballast.call(client, protocol.DELETE_TOPIC)
            self.expect_room_again(client)
            self.expect_kept(other, self.kept)
        self.restart()
        with self.server.client() as client:
            self.expect_kept(client, self.kept)
            self.expect_room_again(client)
        self.server.stop()

    def test_takes_messages_again_when_a_topic_is_purged(self):
        with self.server.client() as client:
            self.ballast.purge(client)
            self.expect_room_again(client)
            self.expect_kept(client)
            self.fill_up(client)
            self.expect_kept(client)
            self.ballast.purge(client)
            self.expect_room_again(client)
            self.expect_kept(client)
        self.server.stop()

    def test_can_be_started_on(self):
        for end in (self.server.kill, self.server.stop):
            end()
            self.start()
            with self.server.client() as client:
                self.expect_kept(client)
                self.fill_up(client)
                self.expect_kept(client)
        with self.server.client() as client:
            self.ballast.call(client, protocol.DELETE_TOPIC)
            self.expect_room_again(client)
        self.restart()
        with self.server.client() as client:
            self.expect_kept(client, self.kept)
        self.server.stop()

    def test_refuses_new_topics_but_deletes_old_ones(self):
        with self.server.client() as client:
            made = []
            for number in range(TRIES):
                name = f"{number:05}" + "n" * 200
                status, _ = client.request(protocol.CREATE_TOPIC, protocol.identifier(
                    STREAM) + struct.pack("<IBQQB", 0, 1, 0, 0, 1) + protocol.name(name))
                if status != 0:
                    self.assertEqual(status, FULL)
                    break
                made.append(name)
            else:
                self.fail("the journal was never full")
            names = {topic["name"] for topic in client.topics(STREAM)}
            self.assertEqual(names, {*made, "kept", "ballast"})
            for name in made[:20]:
                client.call(protocol.DELETE_TOPIC,
                            protocol.identifier(STREAM) + protocol.identifier(name))
            self.ballast.call(client, protocol.DELETE_TOPIC)
            self.expect_room_again(client)
            client.create_topic(STREAM, "new", 1)
        self.restart()
        with self.server.client() as client:
            names = {topic["name"] for topic in client.topics(STREAM)}
            self.assertEqual(names, {*made[20:], "kept", "new"})
            self.expect_kept(client, self.kept)
        self.server.stop()

    def test_refuses_consumer_offsets_that_it_cannot_store(self):
        """Those that were stored before stay."""
        with self.server.client() as client:
            stored = {}
            for who in range(1, TRIES):
                status, _ = client.request(
                    protocol.STORE_OFFSET, protocol.consumer(who) + protocol.identifier(STREAM) +
                    protocol.identifier("kept") + protocol.optional_partition(0) +
                    struct.pack("<Q", who % 7))
                if status != 0:
                    break
                stored[who] = who % 7
            else:
                self.fail("every consumer offset was stored")
            self.assertIsNone(client.stored_offset(STREAM, "kept", 0, who))
        self.restart()
        with self.server.client() as client:
            self.assertIsNone(client.stored_offset(STREAM, "kept", 0, who))
            for who, offset in stored.items():
                self.assertEqual(client.stored_offset(STREAM, "kept", 0, who), offset)
        self.server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
