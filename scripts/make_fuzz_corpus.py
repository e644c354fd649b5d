#!/usr/bin/env python3
"""Writes inputs from which fuzzing starts: fuzz/corpus/wire from the published vectors, and
fuzz/corpus/connection with what a client may say. Leaves alone what fuzzing has found (found_*)."""

import json
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import iggy_protocol as protocol  # noqa: E402

VECTORS = ROOT / "tests" / "data" / "vectors"
CORPUS = ROOT / "fuzz" / "corpus"
FILES = ("frames", "session", "system", "streams", "topics", "offsets", "messages", "reject",
         "exchanges")
SIZE_MAX = 512

written = set()


def decoders():
    """The numbers that wire_fuzz gives its decoders: {code: number}, and those behind them."""
    wire = ROOT / "src" / "wire"
    listed = re.search(r"std::tuple<([^;]*)>;", (wire / "commands.hpp").read_text()).group(1)
    names = [name.strip() for name in listed.split(",")]
    codes = {}
    for header in wire.glob("*.hpp"):
        for name, code in re.findall(r"struct (\w+) \{\s*static constexpr std::uint32_t code = (\d+)",
                                     header.read_text()):
            codes[name] = int(code)
    rest = dict(zip(("frame", "send", "user_headers", "polled", "header_text"),
                    range(2 * len(names), 2 * len(names) + 5)))
    return {codes[name]: 2 * i for i, name in enumerate(names)}, rest


def write(name, decoder, data):
    """Writes an input, unless there is the same already."""
    content = bytes([decoder]) + data
    if len(data) <= SIZE_MAX and content not in written:
        written.add(content)
        (CORPUS / "wire" / name).write_bytes(content)


def remove_made(target):
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    for old in (CORPUS / target).iterdir():
        if not old.name.startswith("found_"):
            old.unlink()


def write_decoders():
    by_code, rest = decoders()
    for file in FILES:
        for vector in json.loads((VECTORS / f"{file}.json").read_text()):
            data, code = bytes.fromhex(vector["hex"]), vector["code"]
            name = f"{file}_{vector['name']}"
            if vector["direction"] == "response":
                if code == 100:
                    write(name, rest["polled"], data[8:])
                elif code in by_code:
                    write(name, by_code[code] + 1, data[8:])
            elif code == 101:
                write(name, rest["send"], data[8:])
            elif code in by_code:
                write(name, by_code[code], data[8:])
            if file == "frames":
                write(f"{name}_frame", rest["frame"], data)
    for file in ("primitives", "reject_client"):
        for vector in json.loads((VECTORS / f"{file}.json").read_text()):
            if "user_header" in vector["name"]:
                write(f"{file}_{vector['name']}", rest["user_headers"], bytes.fromhex(vector["hex"]))
    for kind, text in ((1, "raw"), (2, "text"), (3, "true"), (4, "-128"), (8, "-1" + "0" * 38),
                       (13, "340282366920938463463374607431768211455"), (14, "1.5"),
                       (15, "-2.5e-300"), (15, "inf")):
        write(f"header_text_{kind}_{text[:8]}", rest["header_text"], bytes([kind]) + text.encode())


def conversations():
    """What a client says: {name: frames}."""
    stream, topic = protocol.identifier("s"), protocol.identifier("t")
    place = stream + topic
    settings = struct.pack("<BQQB", 1, 0, 0, 1)
    made = (protocol.frame(protocol.CREATE_STREAM, protocol.name("s")) +
            protocol.frame(protocol.CREATE_TOPIC,
                           stream + struct.pack("<I", 2) + settings + protocol.name("t")))
    at_partition = protocol.consumer(1) + place + protocol.optional_partition(0)

    def send(partitioning, sizes):
        messages = [protocol.Message(bytes(size)) for size in sizes]
        return protocol.frame(protocol.SEND,
                              protocol.send_payload("s", "t", partitioning, messages))

    def poll(kind, value, count=10, commits=0):
        return protocol.frame(protocol.POLL,
                              at_partition + struct.pack("<BQIB", kind, value, count, commits))

    sent = made + b"".join(send(partitioning, sizes) for partitioning, sizes in (
        (protocol.balanced(), [1]), (protocol.by_key(b"key"), [10, 20]),
        (protocol.to_partition(0), [700, 700]), (protocol.to_partition(0), [300])))
    return {
        "catalogue": made + protocol.frame(protocol.UPDATE_TOPIC, place + settings +
                                           protocol.name("u")) +
            protocol.frame(protocol.CREATE_PARTITIONS,
                           stream + protocol.identifier("u") + struct.pack("<I", 1)) +
            protocol.frame(protocol.DELETE_PARTITIONS,
                           stream + protocol.identifier("u") + struct.pack("<I", 2)) +
            protocol.frame(protocol.GET_STREAM, stream) + protocol.frame(protocol.GET_TOPICS, stream) +
            protocol.frame(protocol.UPDATE_STREAM, stream + protocol.name("r")) +
            protocol.frame(protocol.DELETE_STREAM, protocol.identifier("r")),
        "polls": sent + b"".join(poll(kind, value, commits=commits) for kind, value, commits in (
            (protocol.BY_OFFSET, 1, 0), (protocol.BY_TIMESTAMP, 1, 0), (protocol.FIRST, 0, 0),
            (protocol.LAST, 0, 0), (protocol.NEXT, 0, 1), (protocol.NEXT, 0, 0))),
        "offsets": sent + protocol.frame(protocol.STORE_OFFSET, at_partition + struct.pack("<Q", 1)) +
            protocol.frame(protocol.GET_OFFSET, at_partition) +
            protocol.frame(protocol.DELETE_OFFSET, at_partition) +
            protocol.frame(protocol.FLUSH, place + struct.pack("<IB", 0, 1)),
        "purge": sent + protocol.frame(protocol.PURGE_TOPIC, place) + poll(protocol.FIRST, 0) +
            send(protocol.to_partition(0), [1]) + protocol.frame(protocol.PURGE_STREAM, stream),
        "system": b"".join(protocol.frame(code) for code in (
            protocol.PING, protocol.ME, protocol.STATS, protocol.CLUSTER_METADATA,
            protocol.GET_STREAMS, protocol.LOGOUT, protocol.ME)),
    }


def write_conversations():
    """Each as root, once for each ending: a stop, a kill, a loss of power."""
    for name, frames in conversations().items():
        for number, ending in enumerate(("stop", "kill", "power_loss")):
            head = bytes([1 + 4 * number, 40])
            (CORPUS / "connection" / f"{name}_{ending}").write_bytes(head + frames)


def main():
    remove_made("wire")
    remove_made("connection")
    write_decoders()
    write_conversations()


if __name__ == "__main__":
    main()
