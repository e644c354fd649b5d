"""Starting, stopping and restarting the server: what it refuses, what it keeps, what it says."""

import os
import random
import re
import signal
import subprocess
import tempfile
import unittest

import crash_load
import crash_test
import iggy_protocol as protocol
from iggy_server import Server, binary, free_port


def run_program(*arguments, environment=None, directory=None):
    """A run of the server that is expected to end by itself."""
    full = {key: os.environ[key] for key in ("PATH", "IGGY_RUNTIME", "ASAN_OPTIONS")
            if key in os.environ}
    full.update(environment or {})
    return subprocess.run([os.path.abspath(binary()), *arguments], env=full, cwd=directory,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


class StartCase(unittest.TestCase):
    def expect_refused(self, server, *words):
        """The server ends with status 1 and one line on stderr that has all of `words`."""
        server.launch()
        status = server.wait()
        errors = server.errors.decode()
        self.assertEqual(status, 1, errors)
        lines = [line for line in errors.splitlines()
                 if all(word.lower() in line.lower() for word in words)]
        self.assertTrue(lines, f"no line with {words} in:\n{errors}")


class TheCommandLine(StartCase):
    def test_tells_its_version(self):
        for flag in ("--version", "-V"):
            done = run_program(flag)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^iggy-server 0\.8\.0\b")

    def test_tells_its_options(self):
        for flag in ("--help", "-h"):
            done = run_program(flag)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for option in ("--config-provider", "--fresh", "--with-default-root-credentials",
                           "--follower", "--help", "--version"):
                self.assertIn(option, done.stdout)

    def test_refuses_an_unknown_option(self):
        with tempfile.TemporaryDirectory() as directory:
            done = run_program("--no-such-option", directory=directory)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--no-such-option", done.stderr)
            self.assertEqual(os.listdir(directory), [])

    def test_accepts_any_configuration_provider(self):
        with Server(arguments=["-c", "whatever"]) as server:
            server.start()
            server.stop()


class ASecondServer(StartCase):
    def test_on_the_same_data_directory_is_refused(self):
        with Server() as first, Server(directory=first.directory) as second:
            first.start()
            config = first.config_path().read_text()
            second.data = first.data
            second._runs = 100  # its output beside that of the first
            second.config_path = lambda: first.directory / "nothing"
            self.expect_refused(second, str(first.data))
            self.assertEqual(first.config_path().read_text(), config)
            with first.client() as client:
                client.ping()
            first.stop()

    def test_on_the_same_port_is_refused(self):
        with Server() as first:
            first.start()
            with Server(port=int(first.address.rsplit(":", 1)[1])) as second:
                self.expect_refused(second, first.address)
            with first.client() as client:
                client.ping()
            first.stop()

    def test_starts_at_once_where_the_first_has_been(self):
        with Server(port=free_port()) as server:
            for _ in range(3):
                server.start()
                with server.client() as client:
                    client.ping()
                server.kill()


class TheRootUser(StartCase):
    def expect_login(self, server, user, password):
        with server.client(login=False) as client:
            self.assertEqual(client.login(user, password), 0)

    def expect_no_login(self, server, user, password):
        with server.client(login=False) as client:
            with self.assertRaises(protocol.ProtocolError) as caught:
                client.login(user, password)
            self.assertEqual(caught.exception.status, 42)

    def test_has_the_credentials_of_the_environment(self):
        environment = {"IGGY_ROOT_USERNAME": "boss", "IGGY_ROOT_PASSWORD": "secret"}
        with Server(environment=environment) as server:
            server.start()
            self.expect_login(server, "boss", "secret")
            self.expect_no_login(server, "iggy", "iggy")
            server.stop()
            self.assertNotIn(b"secret", server.output + server.errors)

    def test_needs_both_variables_or_none(self):
        for given, missing in (("IGGY_ROOT_USERNAME", "IGGY_ROOT_PASSWORD"),
                               ("IGGY_ROOT_PASSWORD", "IGGY_ROOT_USERNAME")):
            with Server(root=False, environment={given: "secret"}) as server:
                self.expect_refused(server, missing)

    def test_needs_a_name_and_a_password_of_the_right_size(self):
        for name, password in (("ab", "secret"), ("boss", "pw"), ("b" * 51, "secret"),
                               ("boss", "p" * 101), ("", "secret")):
            environment = {"IGGY_ROOT_USERNAME": name, "IGGY_ROOT_PASSWORD": password}
            with self.subTest(name=name, password=password), \
                    Server(environment=environment) as server:
                self.expect_refused(server, "IGGY_ROOT_")

    def test_is_iggy_with_the_default_credentials(self):
        with Server(root=False, arguments=["--with-default-root-credentials"]) as server:
            server.start()
            self.expect_login(server, "iggy", "iggy")
            server.stop()
            self.assertNotIn(b"Generated root user password", server.output)

    def test_gets_a_password_that_is_printed_once(self):
        with Server(root=False) as server:
            server.start()
            found = re.findall(r"^Generated root user password: ([0-9A-Za-z]{20,39})$",
                               server.output_so_far(), re.MULTILINE)
            self.assertEqual(len(found), 1)
            password = found[0]
            self.expect_login(server, "iggy", password)
            self.expect_no_login(server, "iggy", "iggy")
            server.stop()
            self.assertEqual(server.output.decode().count(password), 1)
            for path in server.data.rglob("*"):
                if path.is_file():
                    self.assertNotIn(password.encode(), path.read_bytes(), path)

            server.start()
            self.expect_login(server, "iggy", password)
            server.stop()
            self.assertNotIn(b"Generated root user password", server.output)

    def test_keeps_its_credentials_whatever_the_environment_says_later(self):
        with Server() as server:
            server.start()
            server.stop()
            server.environment.update(IGGY_ROOT_USERNAME="other", IGGY_ROOT_PASSWORD="different")
            server.start()
            self.expect_login(server, "iggy", "iggy")
            self.expect_no_login(server, "other", "different")
            server.stop()


class TheConfiguration(StartCase):
    def test_is_refused_with_key_and_value(self):
        for variable, value, key in (
                ("IGGY_SYSTEM_SEGMENT_SIZE", "banana", "system.segment.size"),
                ("IGGY_MESSAGE_SAVER_INTERVAL", "-1 s", "message_saver.interval"),
                ("IGGY_TCP_ENABLED", "perhaps", "tcp.enabled"),
                ("IGGY_TCP_ADDRESS", "nowhere", "tcp.address"),
                ("IGGY_SYSTEM_SHARDING_CPU_ALLOCATION", "many", "system.sharding.cpu_allocation")):
            with self.subTest(variable), Server(environment={variable: value}) as server:
                self.expect_refused(server, key, value)

    def test_is_refused_if_its_file_is_missing(self):
        with Server(environment={"IGGY_CONFIG_PATH": "/nonexistent/server.toml"}) as server:
            self.expect_refused(server, "/nonexistent/server.toml")

    def test_is_refused_if_its_file_is_no_toml(self):
        with Server() as server:
            path = server.directory / "broken.toml"
            path.write_text("[tcp]\nenabled = = true\n")
            server.environment["IGGY_CONFIG_PATH"] = str(path)
            self.expect_refused(server, "broken.toml", "2")

    def test_comes_from_a_file_and_then_from_the_environment(self):
        with Server() as server:
            path = server.directory / "config" / "server.toml"
            path.parent.mkdir()
            path.write_text('[system.segment]\nsize = "2 MiB"\n[message_saver]\ninterval = "7 s"\n')
            server.environment["IGGY_MESSAGE_SAVER_INTERVAL"] = "9 s"
            server.start()
            config = server.config()
            server.stop()
        self.assertEqual(config["message_saver"]["interval"], "9s")
        self.assertRegex(str(config["system"]["segment"]["size"]), r"^(2\.?0* MiB|2097152.*)$")

    def test_is_written_with_the_bound_addresses_and_can_be_loaded_again(self):
        with Server() as server:
            server.start()
            config = server.config()
            for transport in ("tcp", "quic", "http", "websocket"):
                self.assertIn("enabled", config[transport])
                self.assertIn("address", config[transport])
            self.assertEqual(config["tcp"]["address"], server.address)
            self.assertNotEqual(server.address, "127.0.0.1:0")
            self.assertEqual(config["system"]["path"], str(server.data))
            saved = server.directory / "saved.toml"
            saved.write_text(server.config_path().read_text())
            server.stop()

            for name in [name for name in server.full_environment() if name.startswith("IGGY_")
                         and not name.startswith(("IGGY_ROOT_", "IGGY_RUNTIME"))]:
                server.environment[name] = None
            server.environment["IGGY_CONFIG_PATH"] = str(saved)
            server.start()
            self.assertEqual(server.config(), config)
            server.stop()

    def test_shows_in_the_cluster_metadata(self):
        with Server() as server:
            server.start()
            with server.client() as client:
                reader = protocol.Reader(client.call(protocol.CLUSTER_METADATA))
                self.assertEqual(reader.text("I"), "single-node")
                self.assertEqual(reader.take("I"), 1)
                self.assertEqual((reader.text("I"), reader.text("I")), ("iggy-node", "127.0.0.1"))
                self.assertEqual(f"127.0.0.1:{reader.take('H')}", server.address)
            server.stop()


class ARestart(unittest.TestCase):
    """After an orderly stop and after a kill alike."""

    def snapshot(self, client):
        """Everything that the server tells about what it holds, as bytes."""
        found = [client.call(protocol.GET_STREAMS)]
        for stream in client.streams():
            found.append(client.call(protocol.GET_STREAM, protocol.identifier(stream["id"])))
            for topic in client.topics(stream["id"]):
                place = protocol.identifier(stream["id"]) + protocol.identifier(topic["id"])
                found.append(client.call(protocol.GET_TOPIC, place))
                for partition in range(topic["partitions_count"]):
                    for kind in (protocol.FIRST, protocol.LAST, protocol.NEXT):
                        found.append(client.call(
                            protocol.POLL, protocol.consumer("reader") + place +
                            protocol.optional_partition(partition) +
                            bytes([kind]) + bytes(8) + b"\x64\0\0\0" + b"\0"))
                    found.append(client.call(protocol.GET_OFFSET, protocol.consumer("reader") +
                                             place + protocol.optional_partition(partition)))
        return found

    def fill(self, client):
        for name in ("one", "two", "three", "four"):
            client.create_stream(name)
        for name, partitions in (("a", 1), ("b", 3), ("c", 0)):
            client.create_topic("two", name, partitions)
        client.create_topic("three", "d", 2, expiry=3_600_000_000, max_size=2**40)
        client.create_partitions("two", "a", 2)
        for number in range(20):
            client.send("two", "b", protocol.balanced(), [
                protocol.Message(b"message %d %d" % (number, index)) for index in range(5)])
        client.send("three", "d", protocol.to_partition(1), [protocol.Message(b"x" * 100_000)])
        for partition in range(3):
            client.store_offset("two", "b", partition, 7 + partition, "reader")
        client.call(protocol.DELETE_STREAM, protocol.identifier("one"))
        client.call(protocol.DELETE_TOPIC,
                    protocol.identifier("two") + protocol.identifier("c"))
        client.call(protocol.UPDATE_STREAM,
                    protocol.identifier("four") + protocol.name("renamed"))
        client.call(protocol.UPDATE_TOPIC, protocol.identifier("three") +
                    protocol.identifier("d") + b"\x02" + bytes(8) + bytes(8) + b"\x03" +
                    protocol.name("updated"))
        client.call(protocol.DELETE_PARTITIONS, protocol.identifier("two") +
                    protocol.identifier("a") + b"\x01\0\0\0")

    def check(self, ends):
        with Server() as server:
            server.start()
            with server.client() as client:
                self.fill(client)
                before = self.snapshot(client)
            for _ in range(2):
                ends(server)
                server.start()
                with server.client() as client:
                    self.assertEqual(self.snapshot(client), before)
            with server.client() as client:
                self.assertEqual(client.create_stream("new")["id"], 0)  # the lowest free one
                client.send("two", "b", protocol.to_partition(0), [protocol.Message(b"more")])
                polled = client.poll("two", "b", 0, protocol.LAST, count=1)
                self.assertEqual(polled.messages[0].payload, b"more")
                self.assertEqual(polled.messages[0].offset, 35)
            server.stop()

    def test_keeps_everything_after_an_orderly_stop(self):
        self.check(lambda server: server.stop())

    def test_keeps_everything_after_a_kill(self):
        self.check(lambda server: server.kill())

    def test_forgets_everything_when_asked_to_start_fresh(self):
        with Server() as server:
            server.start()
            with server.client() as client:
                self.fill(client)
            server.stop()
            server.arguments = ["--fresh"]
            server.start()
            with server.client() as client:
                self.assertEqual(client.streams(), [])
                self.assertEqual(client.create_stream("first")["id"], 0)
            server.stop()

    def test_keeps_what_purge_has_left(self):
        with Server() as server:
            server.start()
            with server.client() as client:
                self.fill(client)
                client.call(protocol.PURGE_TOPIC,
                            protocol.identifier("two") + protocol.identifier("b"))
                self.assertEqual(client.poll("two", "b", 0).messages, [])
                client.send("two", "b", protocol.to_partition(0), [protocol.Message(b"after")])
            server.kill()
            server.start()
            with server.client() as client:
                polled = client.poll("two", "b", 0)
                self.assertEqual([message.payload for message in polled.messages], [b"after"])
                self.assertEqual(polled.messages[0].offset, 0)
                self.assertEqual(client.poll("two", "b", 1).messages, [])
                self.assertIsNone(client.stored_offset("two", "b", 1, "reader"))
            server.stop()


class AnOrderlyStop(unittest.TestCase):
    def test_tells_each_connection_and_ends_with_status_0(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(sign), Server() as server:
                server.start()
                clients = [server.client(login=index % 2 == 0) for index in range(10)]
                for client in clients:
                    client.ping()
                server.stop(sign)
                for client in clients:
                    self.assertEqual(client.receive_reply(), (8, b""))
                    self.assertTrue(client.is_closed_by_peer(10))
                    client.close()

    def test_is_not_what_a_hang_up_asks_for(self):
        with Server() as server:
            server.start()
            with server.client() as client:
                server.process.send_signal(signal.SIGHUP)
                for _ in range(20):
                    client.ping()
            server.check_alive()
            server.stop()

    def test_loses_nothing_in_the_middle_of_a_load(self):
        choices = random.Random(8)
        with Server(port=free_port()) as server:
            life = crash_test.Life(server, choices, 0)
            life.begin()
            for number in range(3):
                self.run_until_stopped(life, server, number)
                life.start()
                self.assertEqual(life.faults(), [])
            self.assertEqual(life.faults_of_everything(), [])
            self.assertGreater(life.ledger.acknowledged_count, 0)
            server.stop()

    def run_until_stopped(self, life, server, number):
        agents = [crash_load.producer(life.ledger, life.own_choices(), number * 10 + index)
                  for index in range(6)]
        with life.after_replies(signal.SIGTERM) as on_reply:
            crash_load.run(server.address, agents, goodbye=8, on_reply=on_reply)
        self.assertEqual(server.wait(), 0, server.errors.decode(errors="replace"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
