#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps with one wrong value each, and whether conform says so.

    wrong_dump.py SHOOTDOWN FOLDER DUMP...

For each kind of value, some of them altered, one a dump, into FOLDER. Prints
"ok KIND" or "not ok KIND: why" a line. What a value is noticed by is its own
class, or another that follows from it.
"""
import json
import os
import random
import re
import subprocess
import sys

COPIES = 6

SYSFS = {"slab_size": 2, "order": 4, "objs_per_slab": 5, "cpu_partial": 6,
         "min_partial": 7, "aliases": 8}
SLABINFO = {"objsize": 3, "objperslab": 4, "pagesperslab": 5}
MARKS = ["min", "low", "high", "promo"]
PAGESET = {"pcp.batch": "batch", "pcp.high_min": "high_min",
           "pcp.high_max": "high_max"}

# What may be said of a value that is wrong: its class, or one of these.
OTHERS = {"objsize": ["slab_size"], "objperslab": ["objs_per_slab"],
          "min": ["low", "high", "promo"], "pcp.high_max": ["min"],
          "low": ["high", "pcp.high"], "kmalloc align": ["align"],
          "empty protection": ["protection"]}


def is_candidate(kind, section, line):
    if section == "sysfs-slab":
        return (kind in SYSFS or (kind == "folder" and line[0] == ":") or
                (kind == "kmalloc align" and line.startswith("kmalloc-")) or
                (kind == "object_size" and line.startswith("kmalloc-")))
    if section == "slabinfo":
        return kind in SLABINFO and not re.match("#|slabinfo", line)
    if section == "ceiling":
        return kind == "tlb_ceiling"
    if section != "zoneinfo":
        return False
    if kind in MARKS:
        return re.match(r"        %s +\d" % kind, line)
    if kind in PAGESET:
        return re.match(r" +%s: +\d" % PAGESET[kind], line)
    if kind == "pcp.high":
        return re.match(r" +high: +\d", line)
    if kind == "empty protection":
        return "protection: (0, 0, 0" in line
    if kind == "protection":
        return "protection" in line
    return kind == "vmstat_threshold" and "vm stats threshold" in line


def altered(kind, line, rng):
    up = rng.choice([1, 7, 8, 16, 1000])
    if kind in SYSFS or kind in ("kmalloc align", "object_size"):
        words = line.split(" ")
        at = {"kmalloc align": 3, "object_size": 1, **SYSFS}[kind]
        words[at] = str(int(words[at]) + up)
        return " ".join(words)
    if kind in SLABINFO:
        # Keep the columns: they are checked, too.
        words = line.split()
        words[SLABINFO[kind]] = str(int(words[SLABINFO[kind]]) + up)
        numbers = [word for word in words[1:] if word.isdigit()]
        return ("%-17s %6s %6s %6s %4s %4s : tunables %4s %4s %4s : slabdata "
                "%6s %6s %6s" % (words[0], *numbers))
    if kind == "folder":
        return re.sub(r"\d{7}", lambda m: "%07d" % (int(m.group()) + 8), line,
                      count=1)
    if kind in ("protection", "empty protection"):
        numbers = re.findall(r"\d+", line)
        at = rng.randrange(1, len(numbers))
        numbers[at] = str(int(numbers[at]) + up)
        return "        protection: (%s)" % ", ".join(numbers)
    # A state, but never above high_max; and that grows with the pages that
    # a zone had at boot, of which only the others know.
    up = 10 ** 8 if kind == "pcp.high" else up
    up = 10 ** 5 if kind == "pcp.high_max" else up
    return re.sub(r"\d+$", lambda m: str(int(m.group()) + up), line)


def candidates(kind, text):
    section = None
    for i, line in enumerate(text.split("\n")):
        if line.startswith("@@@ "):
            section = line.split()[1]
            if section != "ceiling":
                continue
        if line and is_candidate(kind, section, line):
            yield i


def write_wrong(kind, dumps, folder, rng):
    """Paths of dumps with one value of the kind altered, and their lines."""
    made = {}
    for i in range(COPIES):
        text = open(dumps[i % len(dumps)], encoding="utf-8").read()
        found = list(candidates(kind, text))
        if not found:
            continue
        at = rng.choice(found)
        lines = text.split("\n")
        lines[at] = altered(kind, lines[at], rng)
        path = os.path.join(folder, "%s-%d" % (kind.replace(" ", "_"), i))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        made[path] = "%s:%d: %s" % (dumps[i % len(dumps)], at + 1, lines[at])
    return made


def check(shootdown, kind, made):
    run = subprocess.run([shootdown, "conform", "--format", "json", *made],
                         capture_output=True, text=True, check=False)
    if run.returncode != 1:
        return "exit status %d %s" % (run.returncode, run.stderr)
    allowed = [kind] + OTHERS.get(kind, [])
    for dump in json.loads(run.stdout)["dumps"]:
        classes = {item["class"] for item in dump["mismatches"]}
        if not classes.intersection(allowed):
            return "%s: only %s" % (made[dump["file"]], sorted(classes))
    return None


def main():
    shootdown, folder, dumps = sys.argv[1], sys.argv[2], sys.argv[3:]
    seed = int(os.environ.get("SEED", "1"))
    for kind in [*SYSFS, *SLABINFO, *MARKS, *PAGESET, "object_size",
                 "kmalloc align", "folder", "protection", "empty protection",
                 "pcp.high", "vmstat_threshold", "tlb_ceiling"]:
        made = write_wrong(kind, dumps, folder,
                           random.Random("%s %d" % (kind, seed)))
        why = check(shootdown, kind, made) if made else None
        if made:
            print("not ok %s: SEED=%d: %s" % (kind, seed, why) if why else
                  "ok %s" % kind)


if __name__ == "__main__":
    main()
