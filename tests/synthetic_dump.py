#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The views that a kernel would print, by the formulas of the specification.

    synthetic_dump.py FOLDER

fills FOLDER with dumps of many kernels: versions, CPUs, nodes, memory. It is a
second reading of the specification (slub spec 1.3, 2.1 to 2.5, 4.2, 4.3, 5.4 to
5.8, 5.19 and the addendum), and shares nothing with the program.
"""
import math
import os
import random
import sys

PAGE = 4096
ZONES = ["DMA", "DMA32", "Normal", "Movable", "Device"]
RATIO = [256, 256, 32, 0, 0]


def fls(x):
    return x.bit_length()


def align_up(x, a):
    return (x + a - 1) // a * a


# ---- caches
def get_order(size):
    return max(0, (-(-size // PAGE) - 1).bit_length())


def slab_order(size, cpus):
    most = max(1, (PAGE << 3) // size)
    least = min(4 * (fls(cpus) + 1), most)
    first = get_order(least * size)
    if (PAGE << first) // size > 32767:
        return get_order(size * 32767) - 1
    for fraction in (16, 8, 4, 2):
        for order in range(first, 4):
            slab = PAGE << order
            if slab % size <= slab // fraction:
                return order
    return get_order(size)


class Cache:
    """debug: letters of slab_debug=."""

    def __init__(self, version, name, size, align=0, hwcache=False,
                 behind="", flags="", merge=True, debug=""):
        self.name, self.object_size, self.flags = name, size, flags
        self.hwcache, self.behind, self.debug = hwcache, behind, debug
        if hwcache:
            line = 64
            while size <= line // 2:
                line //= 2
            align = max(align, line)
        self.align = align_up(max(align, 8), 8)
        self.size = align_up(self.stride("kmalloc-" in name), self.align)
        self.merge = merge and not behind and not debug
        self.names = [name]
        self.version = version

    def stride(self, kmalloc):
        size = align_up(self.object_size, 8)
        red, user = "Z" in self.debug, "U" in self.debug
        if red and size == self.object_size:
            size += 8
        if (self.behind or "P" in self.debug or
                red and (self.object_size < 8 or user and kmalloc)):
            size += 8
        if user:
            size += 2 * 32 + (8 if kmalloc else 0)
        if red:
            size += 8 + align_up(8, self.align)
        return size

    def flag_row(self):
        return [int(self.hwcache), int(self.behind == "rcu"),
                int(self.behind == "ctor")] + [
                    int(letter in self.debug) for letter in "FTZPU"]

    def absorb(self, other):
        if not (self.merge and other.merge and self.flags == other.flags):
            return False
        need = align_up(align_up(other.object_size, 8), other.align)
        if not (need <= self.size and self.size % other.align == 0 and
                self.size - need < 8):
            return False
        self.object_size = max(self.object_size, other.object_size)
        self.names.append(other.name)
        return True

    def folder(self):
        dash = "-" if self.flags else ""
        return ":%s%s%07d" % (self.flags, dash, self.size)

    def attributes(self, cpus):
        order = slab_order(self.size, cpus)
        partial = (6 if self.size >= 4096 else 24 if self.size >= 1024 else
                   52 if self.size >= 256 else 120)
        if self.debug:
            partial = 0
        least = min(max(5, int(math.log2(self.size)) // 2), 10)
        return (self.object_size, self.size, self.align, order,
                (PAGE << order) // self.size, partial, least,
                len(self.names) - 1)


def kmalloc_classes():
    return [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192]


def short(size):
    return "%dk" % (size // 1024) if size >= 1024 else "%d" % size


def make_caches(version, rng, odd):
    caches = []
    debug = odd.get("flags", "")
    families = ["kmalloc-", "kmalloc-cg-", "kmalloc-rcl-", "dma-kmalloc-"]
    if version >= (6, 12):
        families += ["kmalloc-rnd-01-", "msg_msg-", "memdup_user-"]
    for family in families:
        for size in kmalloc_classes():
            # Before 6.11 only powers of two; buckets are not kmalloc's.
            natural = size & -size
            if "kmalloc" not in family or (version < (6, 11) and
                                           natural != size):
                natural = 8
            caches.append(Cache(version, family + short(size), size, natural,
                                merge=False, debug=debug))
    for i in range(120):
        size = rng.choice([rng.randrange(8, 200), rng.randrange(200, 2000),
                           rng.randrange(2000, 9000), 1 << rng.randrange(3, 13)])
        new = Cache(version, "cache_%d" % i, size,
                    align=rng.choice([0, 0, 0, 16, 32]),
                    hwcache=rng.random() < 0.4,
                    behind=rng.choice([""] * 18 + ["rcu", "ctor"]),
                    flags=rng.choice(["", "", "", "a", "A", "aA", "d"]),
                    merge=rng.random() < 0.7 and
                    "slab_nomerge" not in odd.get("parameters", ""),
                    debug=debug)
        if not any(old.absorb(new) for old in caches):
            caches.append(new)
    return caches


def slab_views(caches, cpus):
    rows, flags = [], []
    info = ["slabinfo - version: 2.1", "# name            <active_objs> "
            "<num_objs> <objsize> <objperslab> <pagesperslab> : tunables "
            "<limit> <batchcount> <sharedfactor> : slabdata <active_slabs> "
            "<num_slabs> <sharedavail>"]
    for cache in reversed(caches):
        values = cache.attributes(cpus)
        info.append("%-17s %6d %6d %6d %4d %4d : tunables %4d %4d %4d : "
                    "slabdata %6d %6d %6d" %
                    (cache.names[0], 0, 0, cache.size, values[4],
                     1 << values[3], 0, 0, 0, 0, 0, 0))
        for name in cache.names + ([cache.folder()] if cache.merge else []):
            rows.append("%s %s" % (name, " ".join(map(str, values))))
            flags.append("%s %s" % (name, " ".join(map(str,
                                                       cache.flag_row()))))
    return info, sorted(rows), sorted(flags)


# ---- zones
class Zone:
    """managed: now; boot: when the kernel set its limits; set: when marks and
    per-CPU limits were set, which is later if somebody wrote a sysctl."""

    def __init__(self, node, idx, start, present):
        self.node, self.idx, self.start, self.present = node, idx, start, present
        self.managed = self.boot = self.set = present * 985 // 1000


def make_zones(version, mibs, rng, odd):
    kinds = odd.get("kinds", [0, 1, 2, 3, 4])
    tops = {0: 4096, 1: 1 << 20, 2: 1 << 60}
    zones = []
    first = 0
    for node, mib in enumerate(mibs):
        end = first + mib * 256
        # movablecore=, in MiB of each node
        movable = max(first, end - odd.get("movable", 0) * 256)
        low = 0
        for idx in kinds:
            present = 0
            if idx < 3:
                present = max(0, min(movable, tops[idx]) - max(first, low))
                low = tops[idx]
            if idx == 3:
                present = end - movable
            zones.append(Zone(node, idx, max(first, 1), present))
        first = end
    if zones[0].idx == 0 and zones[0].managed > 3840:
        zones[0].managed = zones[0].boot = 3840
    populated = [z for z in zones if z.managed and z.idx < 3]
    # The initrd lies at the end of memory, the init sections low.
    late = populated[-1]
    late.boot -= min(rng.choice([0, 20, rng.randrange(500, 9000)]),
                     late.managed // 20)
    early = populated[min(1, len(populated) - 1)]
    early.boot -= rng.choice([0, 9, rng.randrange(800)])
    # A sysctl that was written counts with the pages of then.
    by_hand = {"min_free_kbytes", "watermark_scale_factor"} & odd.keys()
    for z in zones:
        z.set = z.managed if by_hand else z.boot
    # A balloon takes pages away from what there was.
    late.managed -= min(odd.get("balloon", 0) * 256, late.managed // 2)
    return zones


def in_lowmem(version, zone):
    """Before 6.6 a zone Movable was like any other."""
    return zone.idx != 3 or version < (6, 6)


def marks(version, zone, pages_min, lowmem, scale=10):
    share = pages_min * zone.set // lowmem
    d = max(share // 4, zone.set * scale // 10000)
    least = share
    if not in_lowmem(version, zone):
        least = min(max(zone.set // 1024, 32), 128)
    return [least + i * d for i in range(4)]


def pages_min_of(version, zones, lowmem, total):
    usable = [z for z in zones if z.idx < 3]
    kbytes = min(max(math.isqrt(16 * sum(z.set for z in usable) * 4), 128),
                 262144)
    if total >= 512 * 256:
        above = sum(z.set - marks(version, z, kbytes // 4, lowmem)[2]
                    for z in usable)
        nr = len([z for z in usable if z.set])
        kbytes = max(kbytes, 4 * min(512 * nr * 11, above // 20))
    return kbytes // 4


def batch_of(zone):
    b = max(1, min(zone.set >> 10, 256) // 4)
    return max(1, (1 << (fls(b + b // 2) - 1)) - 1)


def zoneinfo(version, zones, cpus, node_cpus, rng, odd):
    out = []
    lowmem = sum(z.set for z in zones if in_lowmem(version, z))
    pages_min = pages_min_of(version, zones, lowmem,
                             sum(z.set for z in zones))
    pages_min = odd.get("min_free_kbytes", pages_min * 4) // 4
    scale = odd.get("watermark_scale_factor", 10)
    ratio = odd.get("lowmem_reserve_ratio", RATIO)
    seen = set()
    for z in zones:
        out.append("Node %d, zone %8s" % (z.node, ZONES[z.idx]))
        if z.managed and z.node not in seen:
            seen.add(z.node)
            out += ["  per-node stats", "      nr_active_anon %d" %
                    rng.randrange(1000), "      nr_mapped    7"]
        mark = marks(version, z, pages_min, lowmem, scale)
        out.append("  pages free     %d" % (z.managed // 2))
        # Printed marks have the boost of the moment on top.
        boost = rng.choice([0, 0, 512, 1024]) if z.managed else 0
        out += ["        %-8s %d" % pair for pair in
                [("boost", boost), ("min", mark[0] + boost),
                 ("low", mark[1] + boost), ("high", mark[2] + boost)] +
                ([("promo", mark[3] + boost)] if version >= (6, 12) else []) +
                [("spanned", z.present), ("present", z.present),
                 ("managed", z.managed), ("cma", 0)]]
        protection = []
        for top in odd.get("kinds", range(5)):
            above = sum(o.boot if ratio is RATIO else o.managed
                        for o in zones
                        if o.node == z.node and z.idx < o.idx <= top)
            protection.append(above // ratio[z.idx]
                              if ratio[z.idx] and z.managed else 0)
        out.append("        protection: (%s)" %
                   ", ".join(map(str, protection)))
        if z.managed:
            out += ["      nr_free_pages %d" % (z.managed // 2),
                    "      numa_hit     1", "  pagesets"]
            out += pagesets(version, z, mark[1], cpus, node_cpus[z.node], rng)
            out += ["  node_unreclaimable:  0",
                    "  start_pfn:           %d" % z.start]
    return out


def pagesets(version, zone, low, cpus, node_cpus, rng):
    out = []
    batch = batch_of(zone)
    least = max(low // node_cpus, 4 * batch)
    most = max(zone.set // 8 // node_cpus, 4 * batch)
    threshold = min(125, 2 * fls(cpus) * (1 + fls(zone.boot >> 15)))
    for cpu in range(cpus):
        high = least if version < (6, 7) else rng.choice([0, least, most])
        width = 10 if version >= (6, 18) else 7
        values = [("count:", rng.randrange(9)), ("high:", high),
                  ("batch:", batch)]
        if version >= (6, 18):
            values += [("high_min:", least), ("high_max:", most)]
        out.append("    cpu: %d" % cpu)
        out += ["              %-*s%d" % (width, name, value)
                for name, value in values]
        out.append("  vm stats threshold: %d" % threshold)
    return out


def dump(version, cpus, mibs, seed=1, **odd):
    """mibs: MiB of each node. odd: what somebody has changed."""
    rng = random.Random("%s %d %s %d" % (version, cpus, mibs, seed))
    caches = make_caches(version, rng, odd)
    info, rows, flags = slab_views(caches, cpus)
    zones = make_zones(version, mibs, rng, odd)
    # CPUs go round the nodes; a node without any counts all of them.
    nodes = len(mibs)
    node_cpus = [len(range(n, cpus, nodes)) or cpus for n in range(nodes)]
    out = ["@@@ BOOT", "Linux (none) %d.%d.9-test #1 SMP x86_64 GNU/Linux" %
           version, "%d" % cpus, "quiet" + odd.get("parameters", ""),
           "@@@ slabinfo"] + info
    out += ["@@@ sysfs-slab"] + rows
    if "flags" in odd:
        out += ["@@@ sysfs-slab-flags"] + flags
    if "cpu_lists" in odd:
        out += ["@@@ cpus", "possible %d" % cpus]
        out += ["node %d %d" % (n, len(range(n, cpus, nodes)))
                for n in range(nodes)]
    out += ["@@@ zoneinfo"] + zoneinfo(version, zones, cpus, node_cpus, rng,
                                       odd)
    return "\n".join(out + ["@@@ ceiling 33", "@@@ END"]) + "\n"


# MiB of each node, and what is odd about the machine or was done to it.
ODD = {
    "unequal": ([2000, 500, 9000], {}),
    "memoryless": ([2000, 0, 3000, 0], {}),
    "memoryless-first": ([0, 4000], {}),
    "tiny-dma": ([14], {}),
    "tiny-16": ([16], {}),
    "tiny-20": ([20], {}),
    "tiny-64": ([64], {}),
    "tiny-nodes": ([40, 30, 50, 20], {}),
    "movable": ([4000], {"movable": 1500}),
    "movable-nodes": ([4000, 6000], {"movable": 2000}),
    "movable-whole": ([4000, 2000], {"movable": 2000}),
    "min-free": ([6000], {"min_free_kbytes": 300000}),
    "min-free-less": ([6000, 3000], {"min_free_kbytes": 1234}),
    "scale": ([6000], {"watermark_scale_factor": 200}),
    "scale-nodes": ([3000] * 4, {"watermark_scale_factor": 50}),
    "both": ([8000, 8000], {"min_free_kbytes": 1 << 20,
                            "watermark_scale_factor": 300}),
    "ratio": ([6000], {"lowmem_reserve_ratio": [256, 256, 1, 0, 0]}),
    "ratio-dma32": ([6000, 4000], {"lowmem_reserve_ratio":
                                   [256, 32, 32, 0, 0]}),
    "ratio-none": ([6000], {"lowmem_reserve_ratio": [0, 0, 0, 0, 0]}),
    "balloon": ([6000], {"balloon": 800}),
    "no-dma32": ([6000], {"kinds": [0, 2, 3]}),
    "no-dma": ([2000, 6000], {"kinds": [1, 2, 3, 4]}),
    "flags": ([3000], {"flags": ""}),
    "cpus": ([3000, 2000, 4000], {"cpu_lists": True}),
    "debug": ([3000], {"flags": "FZPU", "parameters": " slab_debug=FZPU"}),
    "debug-red": ([3000], {"flags": "Z", "parameters": " slub_debug=Z"}),
    "debug-user": ([3000], {"flags": "U", "parameters": " slab_debug=U"}),
    "debug-poison": ([3000], {"flags": "PT", "parameters": " slab_debug=PT"}),
    "nomerge": ([6000], {"parameters": " slab_nomerge"}),
}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    folder = sys.argv[1]
    for version in (6, 1), (6, 12), (6, 18):
        for cpus in 1, 2, 3, 8, 24:
            for nodes in 1, 2, 3, 4:
                for mib in 300, 700, 3000, 20000, 100000:
                    write(folder, "%d.%d-cpus%d-nodes%d-mem%d" % (
                        *version, cpus, nodes, mib),
                        dump(version, cpus, [mib // nodes] * nodes))
        for cpus in 1, 5, 13, 19:
            for name, (mibs, odd) in ODD.items():
                write(folder, "odd-%d.%d-cpus%d-%s" % (
                    *version, cpus, name), dump(version, cpus, mibs, **odd))


if __name__ == "__main__":
    main()
