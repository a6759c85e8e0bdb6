# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's text formats as grammars, made from their printf formats, so
that widths count. view_formats.py NAME FILE: the file is such a text.
view_formats.py --dumps FILE...: so is each known section of kernels' dumps.
"""
import re
import sys

NUMBER, WORD, HEX = r"\d", r"[^\s:]", r"[0-9a-f]"


def field(what, flags, width, signed=False):
    """What printf makes of one conversion: padded to its width, or longer."""
    shapes = [f"{what}{{{max(width, 1)},}}"]
    if signed:
        shapes.append(f"-{what}{{{max(width - 1, 1)},}}")
    for length in range(1, 1 if "0" in flags else width):
        digits = [f"{what}{{{length}}}"]
        if signed and length > 1:
            digits.append(f"-{what}{{{length - 1}}}")
        pad = " " * (width - length)
        shapes += [d + pad if "-" in flags else pad + d for d in digits]
    return f"(?:{'|'.join(shapes)})"


def line(format):
    """A printf format as a regular expression of its line."""
    def conversion(match):
        flags, width, kind = match.groups()
        what = {"s": WORD, "x": HEX}.get(kind, NUMBER)
        return field(what, flags, int(width or 0), kind == "d")
    parts = re.split(r"(%[-0]*\d*l?[sudx])", format)
    return "".join(re.sub(r"%([-0]*)(\d*)l?([sudx])", conversion, part)
                   if part.startswith("%") else re.escape(part)
                   for part in parts) + r"\n"


def many(*lines):
    return f"(?:{''.join(lines)})+"


def some(*lines):
    return f"(?:{''.join(lines)})*"


def maybe(*lines):
    return f"(?:{''.join(lines)})?"


ORDERS = 11
TYPES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate")

slabinfo = (
    line("slabinfo - version: 2.1") +
    line("# name            <active_objs> <num_objs> <objsize> <objperslab> "
         "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : "
         "slabdata <active_slabs> <num_slabs> <sharedavail>") +
    many(line("%-17s %6lu %6lu %6u %4u %4d : tunables    0    0    0 : "
              "slabdata %6lu %6lu      0")))

buddyinfo = many(line("Node %d, zone %8s " + "%6lu " * ORDERS))

pagetypeinfo = many(
    line("Page block order: %d") + line("Pages per block:  %lu") + line("") +
    line(f"{'Free pages count per migrate type at order':<43} " +
         "".join(f"{order:6} " for order in range(ORDERS))) +
    many("".join(line(f"Node %4d, zone %8s, type {kind:>12} " +
                      "%6lu " * ORDERS)
                 for kind in TYPES)) +
    line("") +
    line(f"{'Number of blocks type ':<23}" +
         "".join(f"{kind:>12} " for kind in TYPES)) +
    many(line("Node %d, zone %8s " + "%12lu " * len(TYPES))))

extfrag_index = many(line("Node %d, zone %8s " + "%2d.%03d " * ORDERS))
unusable_index = many(line("Node %d, zone %8s " + "%d.%03d " * ORDERS))

# A kernel prints hashed addresses, of as many digits.
AREA = r"0x[0-9a-f]{16}-0x[0-9a-f]{16} " + field(NUMBER, "", 7)
SYMBOL = r"[\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+"
vmallocinfo = (
    f"(?:{AREA}(?: vm_map_ram|(?: {SYMBOL})?(?: pages=\\d+)?"
    r"(?: phys=0x[0-9a-f]{16})?(?: ioremap)?(?: sparse)?(?: vmalloc)?"
    r"(?: vmap)?(?: user)?(?: dma-coherent)?(?: vpages)?(?: N\d+=\d+)*)\n)*" +
    f"(?:{AREA} unpurged vm_area\\n)*")

item = line("      %-12s %lu")
zoneinfo = many(
    line("Node %d, zone %8s") +
    maybe(line("  per-node stats") + many(item)) +
    line("  pages free     %lu") +
    "".join(line(f"        {name:<8} %lu")
            for name in ("boost", "min", "low", "high", "promo", "spanned",
                         "present", "managed", "cma")) +
    r"        protection: \((?:\d+, ){4}\d+\)\n" +
    maybe(many(item) + line("  pagesets") +
          many(line("    cpu: %u") + line("              count: %u") +
               line("              high:  %u") +
               line("              batch: %u") +
               line("  vm stats threshold: %u")) +
          line("  node_unreclaimable:  %u") +
          line("  start_pfn:           %lu")))

vmstat = many(line("%s %lu"))

interrupts = r" {11}(?:" + line("CPU%-8u")[:-2] + r")+\n" + "".join(
    rf"{row}: (?:{line('%10u ')[:-2]})+  {what}\n"
    for row, what in (("CAL", "Function call interrupts"),
                      ("TLB", "TLB shootdowns")))

COLUMNS = ("con-bounces", "contentions", "waittime-min", "waittime-max",
           "waittime-total", "waittime-avg", "acq-bounces", "acquisitions",
           "holdtime-min", "holdtime-max", "holdtime-total", "holdtime-avg")
RULE = "-" * 221 + r"\n"
LOCK = line("%40s:%14u %14u" + " %14s" * 4 + " %14u %14u" + " %14s" * 4)
POINT = (line("%40s %14u ")[:-2] + f" +\\[<{HEX}{{16}}>\\] {SYMBOL}\\n")
lock_stat = (
    r"lock_stat version 0\.4\n" + RULE +
    re.escape(f"{'class name':>40}" +
              "".join(f" {name:>14}" for name in COLUMNS)) + r"\n" +
    RULE + r"\n" +
    f"(?:{LOCK}" + f"(?:(?: *-+\\n(?:{POINT}){{1,4}}){{1,2}}" +
    r"\n\.{221}\n\n)?)*")

slab = many(r"[a-z_]+:.+\n")


def sections(path):
    """The sections of a dump that have a grammar."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^@@@ ([\w-]+).*\n", file.read(), flags=re.M)
    for name, text in zip(parts[1::2], parts[2::2]):
        if name in globals() and isinstance(globals()[name], str):
            yield name, text


def check(what, name, text):
    if re.fullmatch(globals()[name], text):
        return
    lines = text.splitlines(keepends=True)
    # Behind the longest beginning that is a text of this format.
    end = next((end for end in range(len(lines) - 1, 0, -1)
                if re.fullmatch(globals()[name], "".join(lines[:end]))), 0)
    sys.exit(f"{what}: {name} has not the kernel's format, "
             f"by line {end + 1}: {lines[end] if lines else ''!r}")


def main():
    if sys.argv[1] != "--dumps":
        with open(sys.argv[2], encoding="utf-8") as file:
            check(sys.argv[2], sys.argv[1], file.read())
        return
    for path in sys.argv[2:]:
        found = set()
        for name, text in sections(path):
            check(path, name, text)
            found.add(name)
        if not {"slabinfo", "buddyinfo", "zoneinfo", "pagetypeinfo",
                "vmallocinfo", "interrupts"} <= found:
            sys.exit(f"{path}: only {sorted(found)} found")


main()
