"""Plays recorded command runs with the real iggy against the real iggy-server.

Usage: cli_conformance.py [build directory]   (or IGGY_SERVER and IGGY_CLI in the environment)

Each recording is a list of commands that run in order against one fresh server. What is compared
is the exit status, standard output and standard error, after the recording's own normalisation.
The commands that do not exist yet are left out; SKIPPED says which and why. With --list it names
them all.
"""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from iggy_server import Server, free_port

DATA = pathlib.Path(__file__).resolve().parent / "data" / "cli"
COMMAND_PATIENCE_S = 120

# First words of the command (aliases included) that are not built yet, and why.
SKIPPED_GROUPS = {
    ("segment", "seg"): "segments can't be deleted yet",
    ("snapshot",): "no snapshot yet",
    ("pat",): "no personal access tokens yet",
    ("user", "u"): "no users beside root yet",
    ("client", "c"): "no list of clients yet",
    ("consumer-group", "g"): "no consumer groups yet",
    ("context", "ctx"): "no contexts yet",
    ("login", "li"): "no login sessions yet",
    ("logout", "lo"): "no login sessions yet",
}
# Words anywhere in the arguments.
SKIPPED_WORDS = {
    "@quic": "no QUIC yet",
    "@http": "no HTTP client yet",
    "@ws": "no WebSocket yet",
    "http": "no HTTP client yet",
    "${PAT}": "no personal access tokens yet",
    "${PAT2}": "no personal access tokens yet",
    "alice": "no users beside root yet",
    "bobby": "no users beside root yet",
    "dave": "no users beside root yet",
    "0123456789": "no personal access tokens yet",
    "wrong": "no personal access tokens yet",
    "enc": "no encryption by the client yet",
    "plain": "no encryption by the client yet",
}
# Single entries of session.json, by number, whose result rests on a command that is left out.
SKIPPED_ENTRIES = {
    381: "no consumer groups yet",
    529: "reads a context",
    532: "reads a context",
    533: "reads a context",
    534: "reads a context",
    544: "reads a context",
    546: "reads a context that is broken on purpose",
    550: "reads a context",
    552: "reads the user name of a context",
    555: "reads a context",
    556: "reads a context",
    559: "reads a context",
}
# Commands that are left out send messages and make topics: the numbers of these entries of
# session.json are not compared, everything around them is.
_DETAILS = [r"(\| (?:Stream|Topic) (?:size|message count|topics count) +\| )[^|\n]+"]
_STATS = [
    r"^((?:Messages Size Bytes|Topics Count|Partitions Count|Segments Count|Message Count|"
    r"Consumer Groups Count)\|)\d+",
    r"((?:topics|partitions|segments|messages|consumer_groups)_count\"?(?:: | = ))\d+",
]
LOOSE_NUMBERS = {
    344: _DETAILS, 345: _DETAILS, 567: _DETAILS,
    497: _STATS, 498: _STATS, 499: _STATS, 500: _STATS, 501: _STATS,
}
GLOBAL_VALUE_OPTIONS = re.compile(
    r"--(?!quiet$|tcp-tls-enabled$|quic-validate-certificate$|help$|version$)[a-z-]+$|-[uptnd]$")


def words_of(args):
    """The command and its arguments, without the global options in front."""
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word in ("@tcp", "@root"):
            continue
        if GLOBAL_VALUE_OPTIONS.fullmatch(word):
            rest = rest[1:]
        elif not word.startswith("-"):
            return [word, *rest]
    return []


def reason_to_skip(name, number, entry):
    """Why the entry is left out, or None."""
    if name == "session" and number in SKIPPED_ENTRIES:
        return SKIPPED_ENTRIES[number]
    args = entry["args"]
    for word, reason in SKIPPED_WORDS.items():
        if word in args:
            return reason
    words = words_of(args)
    for group, reason in SKIPPED_GROUPS.items():
        if words and (words[0] in group or words[:1] == ["help"] and words[1:2] == [group[0]]):
            return reason
    return None


def without_skipped_groups(fragments):
    """What help texts must contain, without the lines of commands that are not built yet."""
    missing = {f"  {group[0]} " for group in SKIPPED_GROUPS}
    return [fragment for fragment in fragments if fragment not in missing]


def expectation(entry):
    """The fields to compare: `want` replaces what was recorded."""
    fields = {key: entry.get(key) for key in
              ("exit", "stdout", "stdout_has", "stderr", "stderr_has")}
    for key, value in (entry.get("want") or {}).items():
        fields[key] = value
        stream = key.removesuffix("_has")
        if stream in ("stdout", "stderr"):
            fields[stream if key.endswith("_has") else f"{stream}_has"] = None
    return fields


def hide(text, patterns):
    """Every match becomes `<*>`, behind the text of the pattern's group if it has one."""
    for pattern in patterns:
        text = re.sub(pattern, lambda m: (m.group(1) if m.groups() else "") + "<*>", text,
                      flags=re.MULTILINE)
    return text


class Player:
    """Runs the entries of one recording, one after the other."""

    def __init__(self, name, cli, ports, directory):
        self.name = name
        self.cli = cli
        self.directory = pathlib.Path(directory)
        (self.directory / "home").mkdir()
        self.variables = {"DIR": str(self.directory), **ports}
        self.prefixes = {
            "@tcp": ["--tcp-server-address", ports["TCP"]],
            "@root": ["--tcp-server-address", ports["TCP"], "-u", "iggy", "-p", "iggy"],
        }

    def substitute(self, text):
        return re.sub(r"\$\{(\w+)\}", lambda m: self.variables.get(m.group(1), m.group(0)), text)

    def command(self, entry):
        args = []
        for word in entry["args"]:
            args += self.prefixes.get(word, [self.substitute(word)])
        return [self.cli, *args]

    def environment(self, entry):
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.directory),
            "IGGY_HOME": str(self.directory / "home"),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
        }
        for key in ("IGGY_RUNTIME", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if key in os.environ:
                environment[key] = os.environ[key]
        for key, value in (entry.get("env") or {}).items():
            environment[key] = self.substitute(value)
        return environment

    def write_files(self, entry):
        for name, content in (entry.get("files") or {}).items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))

    def run(self, entry):
        """Exit status, standard output and error, as they came."""
        self.write_files(entry)
        done = subprocess.run(
            self.command(entry), cwd=self.directory, env=self.environment(entry),
            input=(entry.get("stdin") or "").encode(), capture_output=True,
            timeout=COMMAND_PATIENCE_S)
        output = done.stdout.decode(errors="replace")
        for name, pattern in (entry.get("capture") or {}).items():
            found = re.search(pattern, output, re.MULTILINE)
            if found:
                self.variables[name] = found.group(1)
        return done.returncode, output, done.stderr.decode(errors="replace")

    def normalise(self, text, entry):
        for name, value in sorted(self.variables.items(), key=lambda item: -len(item[1])):
            text = text.replace(value, "${" + name + "}")
        return hide(text, entry.get("volatile") or [])

    def differences(self, number, entry):
        """Runs the entry; says in what it differs from the recording."""
        status, *streams = self.run(entry)
        want = expectation(entry)
        loose = LOOSE_NUMBERS.get(number, []) if self.name == "session" else []
        found = []
        if status != want["exit"]:
            found.append(f"exit status {status}, expected {want['exit']}")
        for stream, raw in zip(("stdout", "stderr"), streams):
            text = hide(self.normalise(raw, entry), loose)
            if want[stream] is not None and text != hide(want[stream], loose):
                found.append(f"{stream}:\n{text}--- expected:\n{want[stream]}")
            for fragment in without_skipped_groups(want[f"{stream}_has"] or []):
                if fragment not in text:
                    found.append(f"{stream} lacks {fragment!r}:\n{text}")
        if found and status not in (0, 2):
            found.append("stderr was:\n" + streams[1])
        return found


def play(name, cli, ports):
    """Plays one recording. The number of entries compared, and the differences."""
    entries = json.loads((DATA / f"{name}.json").read_text())
    compared, differing = 0, []
    with tempfile.TemporaryDirectory(prefix="iggy-cli-") as directory:
        player = Player(name, cli, ports, directory)
        for number, entry in enumerate(entries):
            if reason_to_skip(name, number, entry):
                continue
            compared += 1
            found = player.differences(number, entry)
            if found:
                differing.append(f"== {name} {number}: iggy {' '.join(entry['args'])}\n"
                                 + "\n".join(found))
    return compared, len(entries), differing


def play_on_fresh_server(name, cli):
    # Ports of five digits, as recorded: they show in tables.
    ports = {transport: f"127.0.0.1:{free_port()}" for transport in ("QUIC", "HTTP", "WEBSOCKET")}
    environment = {f"IGGY_{key}_ADDRESS": address for key, address in ports.items()}
    with Server(port=free_port(), environment=environment) as server:
        server.start()
        outcome = play(name, cli, {
            "TCP": server.address, "QUIC": ports["QUIC"], "HTTP": ports["HTTP"],
            "WS": ports["WEBSOCKET"]})
        server.check_alive()
        server.stop()
    return outcome


def list_skipped():
    for name in ("quickstart", "session"):
        for number, entry in enumerate(json.loads((DATA / f"{name}.json").read_text())):
            reason = reason_to_skip(name, number, entry)
            if reason:
                print(f"{name} {number}: {reason}: {' '.join(entry['args'])[:100]}")


def main(arguments):
    if arguments == ["--list"]:
        list_skipped()
        return 0
    if arguments:
        binaries = pathlib.Path(arguments[0]).resolve() / "bin"
        os.environ["IGGY_SERVER"] = str(binaries / "iggy-server")
        os.environ["IGGY_CLI"] = str(binaries / "iggy")
    cli = os.environ.get("IGGY_CLI", "build/dev/bin/iggy")
    failed = False
    for name in ("quickstart", "session"):
        compared, total, differing = play_on_fresh_server(name, str(pathlib.Path(cli).resolve()))
        for text in differing:
            print(text)
        print(f"{name}: {compared} of {total} entries compared, {len(differing)} differ")
        failed = failed or bool(differing)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
