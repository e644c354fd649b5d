"""Holds every include line against the table of layers, and the tree against its house rules."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What each folder of src/ stands on. docs/architecture.md says why.
LAYERS = {
    "base": (),
    "runtime": ("base",),
    "net": ("runtime",),
    "wire": ("base",),
    "log": ("runtime", "wire"),
    "broker": ("log",),
    "server": ("broker", "net"),
    "client": ("net", "wire"),
    "cli": ("client",),
    "bench": ("client",),
}

# The clock, the disk, the network, threads and randomness come through runtime/ alone.
FORBIDDEN_HEADERS = re.compile(
    r"filesystem|fstream|thread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|"
    r"barrier|latch|random|atomic|signal\.h|c?time\.?h?|unistd\.h|fcntl\.h|poll\.h|"
    r"netdb\.h|liburing\.h|pthread\.h|dirent\.h|sched\.h|sys/.*|arpa/.*|netinet/.*|linux/.*")

# What of these lists a file outside of runtime/ may use nevertheless, and why.
EXCEPTIONS = {
    # gmtime_r spells out a time that was handed in.
    "src/base/units.cpp": {"<ctime>"},
    # Anonymous memory: what Argon2 needs goes back to the kernel at once.
    "src/broker/password.cpp": {"<sys/mman.h>", "::mmap(", "::munmap("},
}

FORBIDDEN_CALLS = re.compile(
    r"\bstd::(filesystem|thread|jthread|this_thread|mutex|random_device|mt19937(?:_64)?|"
    r"[io]?fstream|async|time)\b|"
    r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock|file_clock)\b|"
    r"(?<![\w.>:])(?:std)?::(open|openat|creat|read|write|pread|pwrite|readv|writev|preadv|pwritev|"
    r"close|unlink|rename|mkdir|rmdir|stat|fstat|lstat|truncate|ftruncate|fsync|fdatasync|socket|"
    r"bind|listen|accept|accept4|connect|send|recv|sendto|recvfrom|sendmsg|recvmsg|sendfile|poll|"
    r"epoll_\w+|mmap|munmap|ioctl|fcntl|fopen|remove|nanosleep|usleep|sleep|clock_gettime|"
    r"gettimeofday|time|rand|srand|getrandom|fork|execve|kill|getaddrinfo)\s*\(|"
    r"(?<![\w.>:])(?:std::)?(signal|sigaction|raise|pthread_sigmask|sigprocmask)\s*\(|"
    r"(?<![\w.>:])(fopen|fread|fwrite|freopen|opendir|usleep|nanosleep|clock_gettime|gettimeofday|"
    r"getrandom|getentropy|getaddrinfo|pthread_\w+|io_uring_\w+|epoll_\w+|syscall|srand|rand|"
    r"localtime_r|localtime|gmtime)\s*\(")

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
USES = re.compile(r"^\s*iggy_folder\(\s*(\w+)([^)]*)\)", re.MULTILINE)


def below(folder):
    """The folder with everything that it stands on."""
    found = {folder}
    for other in LAYERS[folder]:
        found |= below(other)
    return found


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda m: "\n" * m.group().count("\n"), text,
                  flags=re.DOTALL)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*',
                  lambda m: m.group() if m.group()[0] == '"' else "", text)
    return text


def without_strings(text):
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def includes(text):
    """(line, path, is_ours) of each include."""
    text = without_comments(text)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1 if match.group(1) else 2)) + 1
        yield line, match.group(1) or match.group(2), match.group(1) is not None


def include_faults(tree):
    """What is wrong with the includes of `tree`, which maps paths to texts."""
    faults = []
    used = {folder: set() for folder in LAYERS}
    for path, text in sorted(tree.items()):
        parts = path.split("/")
        if parts[0] == "include":
            for line, target, is_ours in includes(text):
                if is_ours and not target.startswith("iggy/"):
                    faults.append(f"{path}:{line}: a public header includes {target}")
            continue
        if parts[0] != "src" or len(parts) < 3:
            continue
        folder = parts[1]
        if folder not in LAYERS:
            faults.append(f"{path}: the folder {folder} is not in the table")
            continue
        for line, target, is_ours in includes(text):
            first = target.split("/")[0]
            if not is_ours:
                if first in LAYERS or first == "iggy":
                    faults.append(f'{path}:{line}: write our own headers as "{target}"')
                continue
            if first == "iggy":
                if f"include/{target}" not in tree:
                    faults.append(f"{path}:{line}: there is no include/{target}")
                continue
            if first not in LAYERS:
                faults.append(f"{path}:{line}: {target} does not begin with a folder of src/")
            elif first not in below(folder):
                faults.append(f"{path}:{line}: {folder} does not stand on {first}")
            else:
                used[folder].add(first)
                if f"src/{target}" not in tree:
                    faults.append(f"{path}:{line}: there is no src/{target}")
    for folder, stands_on in LAYERS.items():
        if not any(path.startswith(f"src/{folder}/") for path in tree):
            continue
        for other in stands_on:
            if other not in used[folder]:
                faults.append(f"{folder} stands on {other} in the table, but includes nothing of it")
    return faults


def cmake_faults(cmake, tree):
    """Where the libraries of CMakeLists.txt are not those of the table."""
    faults = []
    declared = {}
    for name, rest in USES.findall(re.sub(r"#[^\n]*", "", cmake)):
        words = rest.split()
        uses = words[words.index("USES") + 1:] if "USES" in words else []
        if "LIBRARIES" in uses:
            uses = uses[:uses.index("LIBRARIES")]
        declared[name] = tuple(uses)
    for folder in sorted(LAYERS):
        has_files = any(path.startswith(f"src/{folder}/") for path in tree)
        if has_files and folder not in declared:
            faults.append(f"CMakeLists.txt has no iggy_folder({folder})")
        if folder in declared and set(declared[folder]) != set(LAYERS[folder]):
            faults.append(f"iggy_folder({folder}) uses {declared[folder]}, the table says "
                          f"{LAYERS[folder]}")
    faults += [f"iggy_folder({name}) is not in the table" for name in declared
               if name not in LAYERS]
    return faults


def replay_faults(tree):
    """Headers and calls outside of runtime/ that a simulated machine could not replay."""
    faults = []
    for path, text in sorted(tree.items()):
        if not path.startswith(("src/", "include/")) or path.startswith("src/runtime/"):
            continue
        if path.endswith("_test.cpp"):
            continue
        allowed = EXCEPTIONS.get(path, set())
        for line, target, is_ours in includes(text):
            if not is_ours and FORBIDDEN_HEADERS.fullmatch(target) and f"<{target}>" not in allowed:
                faults.append(f"{path}:{line}: <{target}> belongs to runtime/")
        plain = without_strings(without_comments(text))
        for match in FORBIDDEN_CALLS.finditer(plain):
            line = plain.count("\n", 0, match.start()) + 1
            if match.group().strip() not in allowed:
                faults.append(f"{path}:{line}: {match.group().strip()} belongs to runtime/")
    return faults


def outside_faults(tree):
    """References to places outside of the repository."""
    words = ["../" + "shared", "/work" + "/", "/home" + "/", "/tmp/" + "helpers"]
    return [f"{path}: refers to {word}" for path, text in sorted(tree.items())
            for word in words if word in text]


def first_line_faults(tree):
    """Files whose first line does not say what they are for."""
    faults = []
    for path, text in sorted(tree.items()):
        if path.startswith(("src/", "include/")) and path.endswith((".cpp", ".hpp")):
            if not re.match(r"// \S.*", text):
                faults.append(f"{path}:1: line 1 says what the file is for")
            if path.endswith(".hpp") and "\n#pragma once\n" not in text:
                faults.append(f"{path}: no #pragma once")
    return faults


def read_tree():
    """The texts of all files that git knows or would add; data under tests/data/ excepted."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # not a clone
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                 if path.is_file() and path.relative_to(ROOT).parts[0] not in ("build", ".git")]
    tree = {}
    for name in names:
        path = ROOT / name
        if name.startswith("tests/data/") or not path.is_file():
            continue
        try:
            tree[name] = path.read_text()
        except UnicodeDecodeError:
            continue
    return tree


class TheTree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = read_tree()

    def expect_none(self, faults):
        self.assertFalse(faults, "\n" + "\n".join(faults))

    def test_includes_only_what_each_folder_stands_on(self):
        self.assertGreater(len([path for path in self.tree if path.startswith("src/")]), 20)
        self.expect_none(include_faults(self.tree))

    def test_has_one_library_for_each_folder_that_names_what_it_stands_on(self):
        self.expect_none(cmake_faults(self.tree["CMakeLists.txt"], self.tree))

    def test_leaves_files_network_clocks_and_threads_to_runtime(self):
        self.expect_none(replay_faults(self.tree))

    def test_refers_to_nothing_outside_of_itself(self):
        self.expect_none(outside_faults(self.tree))

    def test_says_in_each_first_line_what_the_file_is_for(self):
        self.expect_none(first_line_faults(self.tree))


class TheSearch(unittest.TestCase):
    """The checks above find what they are there for."""

    def test_finds_an_include_upwards(self):
        tree = {"src/base/a.hpp": '#include "log/b.hpp"\n', "src/log/b.hpp": ""}
        self.assertIn("src/base/a.hpp:1: base does not stand on log", include_faults(tree))

    def test_finds_an_include_sideways(self):
        tree = {"src/net/a.cpp": '\n#include "wire/b.hpp"\n', "src/wire/b.hpp": ""}
        self.assertIn("src/net/a.cpp:2: net does not stand on wire", include_faults(tree))

    def test_allows_what_lies_two_floors_below(self):
        tree = {"src/broker/a.cpp": '#include "log/b.hpp"\n#include "base/c.hpp"\n',
                "src/log/b.hpp": '#include "runtime/d.hpp"\n#include "wire/e.hpp"\n',
                "src/base/c.hpp": "", "src/runtime/d.hpp": '#include "base/c.hpp"\n',
                "src/wire/e.hpp": '#include "base/c.hpp"\n'}
        self.assertEqual(include_faults(tree), [])

    def test_finds_a_layer_that_is_never_used(self):
        tree = {"src/net/a.cpp": '#include "base/b.hpp"\n', "src/base/b.hpp": ""}
        self.assertIn("net stands on runtime in the table, but includes nothing of it",
                      include_faults(tree))

    def test_finds_a_public_header_that_looks_inside(self):
        tree = {"include/iggy/a.hpp": '#include "base/b.hpp"\n', "src/base/b.hpp": ""}
        self.assertIn("include/iggy/a.hpp:1: a public header includes base/b.hpp",
                      include_faults(tree))

    def test_finds_a_library_that_uses_another_folder(self):
        cmake = "iggy_folder(base LIBRARIES x)\niggy_folder(net USES runtime wire LIBRARIES y)\n"
        faults = cmake_faults(cmake, {"src/base/a.cpp": "", "src/net/a.cpp": ""})
        self.assertEqual(len(faults), 1)
        self.assertIn("iggy_folder(net)", faults[0])

    def test_finds_a_forbidden_header(self):
        tree = {"src/log/a.cpp": "#include <fstream>\n", "src/runtime/b.cpp": "#include <mutex>\n"}
        self.assertEqual(replay_faults(tree), ["src/log/a.cpp:1: <fstream> belongs to runtime/"])

    def test_finds_a_forbidden_call_but_not_in_comments_and_strings(self):
        tree = {"src/log/a.cpp": '// ::open(x)\nauto s = "::open(x)";\nint f = ::open(path, 0);\n',
                "src/log/b.cpp": "auto t = std::chrono::steady_clock::now();\n",
                "src/log/c.cpp": "file->close(); log::close(); co_await disk.rename(a, b);\n"}
        faults = replay_faults(tree)
        self.assertEqual([fault.split(": ")[0] for fault in faults],
                         ["src/log/a.cpp:3", "src/log/b.cpp:1"])

    def test_finds_a_path_that_leads_out(self):
        self.assertEqual(len(outside_faults({"docs/a.md": "see ../" + "shared/x"})), 1)

    def test_finds_a_file_that_begins_with_code(self):
        self.assertEqual(first_line_faults({"src/base/a.cpp": "#include <x>\n"}),
                         ["src/base/a.cpp:1: line 1 says what the file is for"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
