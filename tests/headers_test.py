"""Every header compiles alone: whoever includes it needs to know nothing else."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILER = os.environ.get("IGGY_COMPILER", "clang++-19")
FLAGS = ["-std=c++23", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]
FIRST_INCLUDE = re.compile(r'^#include\s+["<]([^">]+)[">]', re.MULTILINE)


def is_first_in_a_source_file(header, folder):
    """True if the build has compiled it alone already: its .cpp or its test includes it first."""
    for ending in (".cpp", "_test.cpp"):
        path = folder / (header.removesuffix(".hpp") + ending)
        if path.is_file():
            first = FIRST_INCLUDE.search(path.read_text())
            if first and first.group(1) == header:
                return True
    return False


def compile_alone(header, include_folders, directory):
    """What the compiler has to say about a source file that holds nothing but the include."""
    source = header.replace("/", "_") + ".cpp"
    (pathlib.Path(directory) / source).write_text(f'#include "{header}"\n#include "{header}"\n')
    # With the compiler cache, what has not changed costs nothing the next time.
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    done = subprocess.run(
        [*cache, COMPILER, *FLAGS, *(f"-I{folder}" for folder in include_folders), "-c", source,
         "-o", source + ".o"], cwd=directory, capture_output=True, text=True,
        env=dict(os.environ, CCACHE_BASEDIR=directory, CCACHE_NOHASHDIR="1"))
    return "" if done.returncode == 0 else f"{header}:\n{done.stderr}"


class EveryHeader(unittest.TestCase):
    def test_compiles_alone(self):
        folders = [ROOT / "src", ROOT / "include"]
        headers = sorted((str(path.relative_to(folder)), folder) for folder in folders
                         for path in folder.rglob("*.hpp"))
        self.assertGreater(len(headers), 20)
        left = [header for header, folder in headers
                if not is_first_in_a_source_file(header, folder)]
        print(f"{len(headers)} headers, {len(headers) - len(left)} of them first in a source file")

        with tempfile.TemporaryDirectory() as directory, \
                concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            faults = list(filter(None, pool.map(
                lambda header: compile_alone(header, folders, directory), left)))

        self.assertFalse(faults, "\n" + "\n".join(faults))

    def test_is_refused_if_it_needs_another_one_first(self):
        with tempfile.TemporaryDirectory() as directory:
            (pathlib.Path(directory) / "needy.hpp").write_text("inline std::string name;\n")
            self.assertIn("needy.hpp", compile_alone("needy.hpp", [directory], directory))

    def test_is_compiled_if_its_source_file_includes_something_before_it(self):
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            (folder / "late.cpp").write_text('#include <string>\n#include "late.hpp"\n')
            (folder / "early.cpp").write_text('// Text.\n#include "early.hpp"\n#include <string>\n')
            self.assertFalse(is_first_in_a_source_file("late.hpp", folder))
            self.assertTrue(is_first_in_a_source_file("early.hpp", folder))


if __name__ == "__main__":
    unittest.main(verbosity=2)
