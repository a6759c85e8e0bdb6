#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that somebody has damaged: none may end badly.

    broken_dump.py SHOOTDOWN FOLDER NR DUMP...

damages one of the dumps NR times at random (SEED=n repeats a run): numbers that
are others, lines that are gone, doubled or cut, sections twice, bytes that are
no text. `conform` must answer with 0 or 1 and a report, or with 2 and at most
four lines of which the first names the file, in a second of processor time.
Prints what did not.
"""
import os
import random
import re
import resource
import subprocess
import sys


def other_numbers(rng, text):
    found = list(re.finditer(r"\d+", text))
    if rng.random() < 0.5:
        found = [m for m in found if m.start() > text.find("@@@ zoneinfo")]
    for match in sorted(rng.sample(found, min(len(found),
                                              rng.choice([1, 2, 3, 9]))),
                        key=lambda m: -m.start()):
        value = rng.choice([0, 1, int(match.group()) + 1, rng.randrange(99),
                            rng.randrange(1 << 40), 1 << 31, 1 << 32, 1 << 63,
                            (1 << 64) - 1, 1 << 64])
        text = text[:match.start()] + str(value) + text[match.end():]
    return text


def cut(rng, text):
    return text[:rng.randrange(len(text))]


def other_lines(rng, text):
    lines = text.split("\n")
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(lines))
        what = rng.randrange(4)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines.insert(at, lines[at])
        elif what == 2:
            lines[at] = lines[at][:rng.randrange(len(lines[at]) + 1)]
        else:
            lines[at] = rng.choice(["", " ", "@@@ ", "@@@ slabinfo", "x" * 999])
    return "\n".join(lines)


def no_section(rng, text):
    parts = re.split(r"(?m)^(?=@@@ )", text)
    if rng.random() < 0.5:
        parts.append(rng.choice(parts))
    else:
        del parts[rng.randrange(len(parts))]
    return "".join(parts)


def bytes_of(rng, text):
    data = bytearray(text, "ascii")
    for _ in range(rng.choice([1, 3, 30])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def console(rng, text):
    return text.replace("\n", "\r\n")


def spent_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    shootdown, folder, nr, *dumps = sys.argv[1:]
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    path = os.path.join(folder, "broken")
    for _ in range(int(nr)):
        how = rng.choice([other_numbers, other_numbers, other_numbers, cut,
                          other_lines, no_section, bytes_of, console])
        dump = rng.choice(dumps)
        with open(dump, encoding="ascii") as file:
            data = how(rng, file.read())
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        start = spent_s()
        ran = subprocess.run([shootdown, "conform", path], timeout=60,
                             capture_output=True)
        spent = spent_s() - start
        said = ran.stderr.decode()
        good = (ran.returncode in (0, 1) and ran.stdout and not said or
                ran.returncode == 2 and not ran.stdout and
                said.startswith("shootdown: ") and path in said and
                said.count("\n") <= 4)
        if not good or spent > 1:
            print("SEED=%d %s of %s: status %d after %.1f s: %s" % (
                seed, how.__name__, dump, ran.returncode, spent, said[:300]))
            sys.exit(1)


if __name__ == "__main__":
    main()
