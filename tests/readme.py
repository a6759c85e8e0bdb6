#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that README.md shows, and what they print.

    readme.py BUILD README		checks, as TAP
    readme.py BUILD README --write	puts in what they print on any host
    readme.py BUILD README --write-native	and what the others do on this one

A command is an indented line that begins with `$ ./build/`; what it prints is
the indented lines below it, "..." standing for some that are left out. What
does not depend on the host must be so, byte for byte; of the others the exit
status is checked. They run one after the other in a folder of their own.
"""
import os
import re
import subprocess
import sys
import tempfile

INDENT = "    "
GAP = "..."


def examples(lines):
    """(command, first line, end) of what each of them prints."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.startswith(INDENT + "$ ./build/"):
            continue
        first = at
        while at < len(lines) and not lines[at].startswith(INDENT + "$ ") and (
                lines[at].startswith(INDENT) or not lines[at].strip()):
            at += 1
        end = at
        while end > first and not lines[end - 1].strip():
            end -= 1
        yield line[len(INDENT) + 2:], first, end


def is_exact(command):
    return " -m sim" in command or re.search(r"shootdown topo '", command)


def run(command, folder):
    ran = subprocess.run(["sh", "-c", command], cwd=folder, timeout=300,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = ran.stdout.decode().rstrip("\n").split("\n")
    return ran.returncode, lines, ran.stderr.decode()


def difference(shown, printed):
    """What is shown and not printed there, or None."""
    at, gap = 0, False
    for line in shown:
        if line == GAP:
            gap = True
            continue
        while gap and at < len(printed) and printed[at] != line:
            at += 1
        if at >= len(printed) or printed[at] != line:
            return "%s\n# is:   %s" % (line, printed[at] if at < len(printed)
                                      else "(the end)")
        at, gap = at + 1, False
    return None if gap or at == len(printed) else "(end)\n# is:   " + printed[at]


def main():
    build, readme = map(os.path.abspath, sys.argv[1:3])
    with open(readme, encoding="utf-8") as file:
        lines = file.read().split("\n")
    found = list(examples(lines))
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(build, os.path.join(folder, "build"))
        ran = [run(command, folder) for command, _, _ in found]
    if sys.argv[3:]:
        native = sys.argv[3:] == ["--write-native"]
        for (command, first, end), (_, printed, _) in reversed(
                list(zip(found, ran))):
            if (first < end and INDENT + GAP not in lines[first:end] and
                    native != bool(is_exact(command))):
                lines[first:end] = [(INDENT + line).rstrip()
                                    for line in printed]
        with open(readme, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        return
    for n, ((command, first, end), (status, printed, said)) in enumerate(
            zip(found, ran), 1):
        shown = [line[len(INDENT):] for line in lines[first:end]]
        wrong = None if status == 0 else said
        if not wrong and shown and is_exact(command):
            wrong = difference(shown, [line.rstrip() for line in printed])
        if wrong:
            print("# README: " + wrong)
        print("%sok %d - %s" % ("not " if wrong else "", n, command[:70]))
    print("1..%d" % len(found))


if __name__ == "__main__":
    main()
