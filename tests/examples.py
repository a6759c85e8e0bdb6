#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of the manual pages and of doc/: one a line.

    examples.py SOURCE

Those of the manual are indented by a tab in its section EXAMPLES, those of doc/
by blanks; the example of shootdown-job(5) is a file, which goes to example.job.
The workload that doc/workloads.md tells how to write is left out.
"""
import os
import re
import sys


def unescaped(text):
    return text.replace("\\", "")


def section(path, name):
    with open(path, encoding="utf-8") as file:
        return re.search(r"(?ms)^# %s\n(.*?)(?=^# |\Z)" % name,
                         file.read()).group(1)


def main():
    source = sys.argv[1]
    man = os.path.join(source, "doc", "man")
    for line in section(os.path.join(man, "shootdown.1.in"),
                        "EXAMPLES").split("\n"):
        if line.startswith("\tshootdown "):
            print(unescaped(re.sub(r"\+\+$", "", line.strip())))
    job = section(os.path.join(man, "shootdown-job.5.in"), "EXAMPLE")
    with open("example.job", "w", encoding="utf-8") as file:
        for line in job.strip().split("\n"):
            file.write(unescaped(re.sub(r"\+\+$", "", line.strip())) + "\n")
    print("shootdown run example.job")
    with open(os.path.join(source, "doc", "workloads.md"),
              encoding="utf-8") as file:
        for line in file:
            if line.startswith("    shootdown ") and "zero_alloc" not in line:
                print(line.strip())


if __name__ == "__main__":
    main()
