#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Runs lockhammer on the simulated machine and compares it with the published
measurements of a real one (locks-lockhammer-x86-3.csv). Writes Markdown.

usage: lockhammer.py SHOOTDOWN CSV [--quick]

Exit status 1 if one of the acceptance lines below fails. --quick looks at few
CPU counts and at the settings without work only, and prints no table.
"""
import csv
import json
import statistics
import subprocess
import sys

TOPOLOGY = "pack:2 [numa] l3:1 core:22 pu:2"
PROFILE = "broadwell-2s"
SOCKET = 44                 # CPUs of the first socket
SETTINGS = [("0ns", "0ns"), ("200ns", "1000ns"), ("1000ns", "0ns"),
            ("1000ns", "5000ns")]
LOCKS = [("ticket", "ticket_spinlock"), ("qspinlock", "queued_spinlock")]
SEEDS = 3                   # the median counts, as of the published nine runs
LOOPS = 60                  # as many acquisitions of each CPU,
ADDS = 600                  # additions: CPUs start within 1 us for each
QUICK = [4, 8, 12, 16, 24, 32, 44, 46, 64, 88]


def published(path):
    """(lock, critical, parallel) -> {threads: system ns}"""
    table = {}
    with open(path) as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines):
            key = row["lock"], row["crit"], row["par"]
            table.setdefault(key, {})[int(row["threads"])] = \
                float(row["system_ns"])
    return table


def simulated(shootdown, cpus, loops, arguments):
    """{CPUs: wall ns of an acquisition, system-wide, median of seeds}"""
    command = [shootdown, "run", "lockhammer", "-m", "sim", "-t", TOPOLOGY,
               "--profile", PROFILE, "--memory", "2G", "--loops", str(loops),
               "-c", "|".join(map(str, cpus)), "--repeat", str(SEEDS),
               "--format", "json", "--reproducible"] + arguments
    output = subprocess.run(command, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=True).stdout
    curve = {}
    for point in json.loads(output)["points"]:
        curve.setdefault(point["point"]["cpus"], []).append(
            point["time_ns"] / point["ops"][0]["count"])
    return {n: statistics.median(ns) for n, ns in curve.items()}


def slope(curve, first):
    """Least squares over the CPU counts from first on."""
    points = [(n, ns) for n, ns in curve.items() if n >= first]
    mean_n = sum(n for n, _ in points) / len(points)
    mean = sum(ns for _, ns in points) / len(points)
    return (sum((n - mean_n) * (ns - mean) for n, ns in points) /
            sum((n - mean_n) ** 2 for n, _ in points))


def crossover(ticket, queued):
    """The first count from which on ticket is dearer, of those after 4."""
    dearer = None
    for n in sorted(ticket):
        if n < 4:
            continue
        if ticket[n] <= queued[n]:
            dearer = None
        elif dearer is None:
            dearer = n
    return dearer


def step(curve):
    """ns by which the second socket's first CPUs raise the first's last."""
    after = [ns for n, ns in curve.items() if SOCKET < n <= SOCKET + 6]
    before = [ns for n, ns in curve.items() if SOCKET - 6 < n <= SOCKET]
    return sum(after) / len(after) - sum(before) / len(before)


class Report:
    def __init__(self):
        self.lines = []
        self.failed = False

    def row(self, what, real, sim, rule, holds):
        self.failed |= not holds
        self.lines.append(f"| {what} | {real} | {sim} | {rule} | "
                          f"{'yes' if holds else '**no**'} |")


def within(sim, real, part):
    return abs(sim - real) <= part * abs(real)


def judge(report, real, sim, settings):
    for critical, parallel in settings:
        # While CPUs mostly compute, the curve is theirs, not the lock's.
        first = 8 if parallel == "5000ns" else 4
        for name, published_name in LOCKS:
            r = slope(real[published_name, critical, parallel], first)
            s = slope(sim[name, critical, parallel], first)
            report.row(f"{name} {critical}/{parallel}: ns a CPU, from "
                       f"{first} CPUs on", f"{r:.2f}", f"{s:.2f}",
                       "25 %", within(s, r, 0.25))
    idle = "0ns", "0ns"
    r = crossover(real["ticket_spinlock", *idle],
                  real["queued_spinlock", *idle])
    s = crossover(sim["ticket", *idle], sim["qspinlock", *idle])
    report.row("qspinlock is cheaper from so many CPUs on", r, s, "12 to 26",
               s is not None and 12 <= s <= 26)
    for name, published_name in LOCKS:
        r = step(real[published_name, *idle])
        s = step(sim[name, *idle])
        report.row(f"{name}: step at the second socket, ns", f"{r:.0f}",
                   f"{s:.0f}", "above 15", s > 15)
    r = [ns for n, ns in real["incdec_refcount", *idle].items() if n >= 4]
    s = [ns for n, ns in sim["fetch_add", *idle].items() if n >= 4]
    mean = sum(s) / len(s)
    report.row("fetch-add from 4 CPUs on: least to most, ns",
               f"{min(r):.0f} to {max(r):.0f}",
               f"{min(s):.0f} to {max(s):.0f}", "flat within 20 %",
               min(s) >= 0.8 * mean and max(s) <= 1.2 * mean)


def table(title, real, sim):
    print(f"\n{title}\n\n| CPUs | published | simulated | ratio |")
    print("|---|---|---|---|")
    for n in sorted(sim):
        if n in real:
            print(f"| {n} | {real[n]:.0f} | {sim[n]:.0f} | "
                  f"{sim[n] / real[n]:.2f} |")


def main():
    shootdown, path = sys.argv[1:3]
    quick = "--quick" in sys.argv
    real = published(path)
    settings = SETTINGS[:1] if quick else SETTINGS
    cpus = QUICK if quick else sorted(real["ticket_spinlock", "0ns", "0ns"])
    if quick:
        real = {key: {n: ns for n, ns in curve.items() if n in cpus}
                for key, curve in real.items()}
    sim = {}
    for critical, parallel in settings:
        work = [f"critical={critical}", f"parallel={parallel}"]
        for name, _ in LOCKS:
            sim[name, critical, parallel] = simulated(
                shootdown, cpus, LOOPS, work + ["-o", f"lock={name}"])
    sim["fetch_add", "0ns", "0ns"] = simulated(shootdown, cpus, ADDS,
                                               ["op=fetch_add"])
    report = Report()
    judge(report, real, sim, settings)
    print("| what | published | simulated | accepted | holds |")
    print("|---|---|---|---|---|")
    print("\n".join(report.lines))
    if not quick:
        for critical, parallel in settings:
            for name, published_name in LOCKS:
                table(f"### {name}, critical {critical}, parallel {parallel}",
                      real[published_name, critical, parallel],
                      sim[name, critical, parallel])
        table("### fetch-add", real["incdec_refcount", "0ns", "0ns"],
              sim["fetch_add", "0ns", "0ns"])
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
