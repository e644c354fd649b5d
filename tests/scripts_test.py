"""The scripts are sound shell, and the results of a test run are added up rightly."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ["test.sh", "quickstart.sh", ".ci/run", "scripts/install_packages.sh"]

GOOD = """<?xml version="1.0"?>
<testsuite tests="4" failures="1" disabled="0" skipped="1">
  <testcase name="a" status="run"/><testcase name="b" status="run"/>
  <testcase name="c" status="fail"><failure message=""/></testcase>
  <testcase name="d" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
</testsuite>
"""


def sum_results(*arguments):
    done = subprocess.run([sys.executable, ROOT / "scripts/sum_results.py", *arguments],
                          capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()[-1]


class TheSum(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "results.xml"

    def test_counts_what_ctest_wrote(self):
        self.path.write_text(GOOD)
        self.assertEqual(sum_results(self.path), (1, "2 passed, 1 failed"))

    def test_is_a_success_without_failures(self):
        self.path.write_text(GOOD.replace("fail\"", "run\""))
        self.assertEqual(sum_results(self.path), (0, "3 passed, 0 failed"))

    def test_counts_a_test_that_could_not_be_started_as_a_failure(self):
        self.path.write_text(GOOD.replace("SKIP_RETURN_CODE=77", "Unable to find executable"))
        self.assertEqual(sum_results(self.path), (1, "2 passed, 2 failed"))

    def test_counts_a_missing_file_as_a_failure(self):
        self.assertEqual(sum_results(self.path), (1, "0 passed, 1 failed"))

    def test_counts_failures_from_elsewhere(self):
        self.path.write_text(GOOD)
        self.assertEqual(sum_results("--failures", "2", self.path), (1, "2 passed, 3 failed"))

    def test_is_a_failure_if_nothing_ran(self):
        self.assertEqual(sum_results(), (1, "0 passed, 0 failed"))


class AScript(unittest.TestCase):
    def test_is_executable_and_has_no_syntax_error(self):
        for name in SCRIPTS:
            with self.subTest(name):
                path = ROOT / name
                self.assertTrue(path.stat().st_mode & 0o100, "not executable")
                shell = path.read_text().splitlines()[0].split("/")[-1].split()[-1]
                subprocess.run([shell, "-n", path], check=True)

    def test_finds_each_package_once_in_the_one_list(self):
        text = (ROOT / "packaging/packages.txt").read_text()
        packages = re.sub(r"#.*", "", text).split()
        self.assertEqual(len(packages), len(set(packages)))
        for name in SCRIPTS:
            self.assertNotIn("libfmt-dev", (ROOT / name).read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
