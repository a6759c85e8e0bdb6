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
    def __init__(self, version, name, size, align=0, hwcache=False,
                 behind=False, flags="", merge=True):
        self.name, self.object_size, self.flags = name, size, flags
        if hwcache:
            line = 64
            while size <= line // 2:
                line //= 2
            align = max(align, line)
        self.align = align_up(max(align, 8), 8)
        stride = align_up(size, 8) + (8 if behind else 0)
        self.size = align_up(stride, self.align)
        self.merge = merge and not behind
        self.names = [name]
        self.version = version

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
        least = min(max(5, int(math.log2(self.size)) // 2), 10)
        return (self.object_size, self.size, self.align, order,
                (PAGE << order) // self.size, partial, least,
                len(self.names) - 1)


def kmalloc_classes():
    return [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192]


def short(size):
    return "%dk" % (size // 1024) if size >= 1024 else "%d" % size


def make_caches(version, rng):
    caches = []
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
                                merge=False))
    for i in range(120):
        size = rng.choice([rng.randrange(8, 200), rng.randrange(200, 2000),
                           rng.randrange(2000, 9000), 1 << rng.randrange(3, 13)])
        new = Cache(version, "cache_%d" % i, size,
                    align=rng.choice([0, 0, 0, 16, 32]),
                    hwcache=rng.random() < 0.4,
                    behind=rng.random() < 0.1,
                    flags=rng.choice(["", "", "", "a", "A", "aA", "d"]),
                    merge=rng.random() < 0.7)
        if not any(old.absorb(new) for old in caches):
            caches.append(new)
    return caches


def slab_views(caches, cpus):
    rows = []
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
    return info, sorted(rows)


# ---- zones
class Zone:
    def __init__(self, node, idx, start, present):
        self.node, self.idx, self.start, self.present = node, idx, start, present
        self.managed = self.boot = present * 985 // 1000


def make_zones(version, nodes, mib, rng):
    total = mib * 256
    share = total // nodes
    bounds = [(0, 4096), (4096, 1 << 20), (1 << 20, 1 << 60)]
    zones = []
    for node in range(nodes):
        first = node * share
        for idx in range(5):
            present = 0
            if idx < 3:
                lo, hi = bounds[idx]
                present = max(0, min(first + share, hi) - max(first, lo))
            zones.append(Zone(node, idx, max(first, 1), present))
    zones[0].managed = zones[0].boot = 3840
    populated = [z for z in zones if z.managed]
    # The initrd lies at the end of memory, the init sections low.
    late = populated[-1]
    late.boot -= min(rng.choice([0, 20, rng.randrange(500, 9000)]),
                     late.managed // 20)
    early = populated[min(1, len(populated) - 1)]
    early.boot -= rng.choice([0, 9, rng.randrange(800)])
    return zones


def marks(zone, pages_min, lowmem):
    share = pages_min * zone.boot // lowmem
    d = max(share // 4, zone.boot * 10 // 10000)
    return [share + i * d for i in range(4)]


def pages_min_of(zones):
    lowmem = sum(z.boot for z in zones)
    kbytes = min(max(math.isqrt(16 * lowmem * 4), 128), 262144)
    if lowmem >= 512 * 256:
        above = sum(z.boot - marks(z, kbytes // 4, lowmem)[2] for z in zones)
        nr = len([z for z in zones if z.boot])
        kbytes = max(kbytes, 4 * min(512 * nr * 11, above // 20))
    return kbytes // 4


def batch_of(zone):
    b = max(1, min(zone.boot >> 10, 256) // 4)
    return max(1, (1 << (fls(b + b // 2) - 1)) - 1)


def zoneinfo(version, zones, cpus, node_cpus, rng):
    out = []
    lowmem = sum(z.boot for z in zones)
    pages_min = pages_min_of(zones)
    seen = set()
    for z in zones:
        out.append("Node %d, zone %8s" % (z.node, ZONES[z.idx]))
        if z.managed and z.node not in seen:
            seen.add(z.node)
            out += ["  per-node stats", "      nr_active_anon %d" %
                    rng.randrange(1000), "      nr_mapped    7"]
        mark = marks(z, pages_min, lowmem)
        if z.idx == 3 and version >= (6, 6):
            mark = [32] * 4
        out.append("  pages free     %d" % (z.managed // 2))
        # Printed marks have the boost of the moment on top.
        boost = rng.choice([0, 0, 512, 1024]) if z.managed else 0
        out += ["        %-8s %d" % pair for pair in
                [("boost", boost), ("min", mark[0] + boost),
                 ("low", mark[1] + boost), ("high", mark[2] + boost)] +
                ([("promo", mark[3] + boost)] if version >= (6, 12) else []) +
                [("spanned", z.present), ("present", z.present),
                 ("managed", z.managed), ("cma", 0)]]
        protection = [0] * 5
        for j in range(z.idx + 1, 5):
            above = sum(o.boot for o in zones
                        if o.node == z.node and z.idx < o.idx <= j)
            if RATIO[z.idx] and z.managed:
                protection[j] = above // RATIO[z.idx]
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
    most = max(zone.boot // 8 // node_cpus, 4 * batch)
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


def dump(version, cpus, nodes, mib, seed=1):
    rng = random.Random("%s %d %d %d %d" % (version, cpus, nodes, mib, seed))
    caches = make_caches(version, rng)
    info, rows = slab_views(caches, cpus)
    zones = make_zones(version, nodes, mib, rng)
    # CPUs go round the nodes; a node without any counts all of them.
    node_cpus = [len(range(n, cpus, nodes)) or cpus for n in range(nodes)]
    out = ["@@@ BOOT", "Linux (none) %d.%d.9-test #1 SMP x86_64 GNU/Linux" %
           version, "%d" % cpus, "quiet", "@@@ slabinfo"] + info
    out += ["@@@ sysfs-slab"] + rows
    out += ["@@@ zoneinfo"] + zoneinfo(version, zones, cpus, node_cpus, rng)
    return "\n".join(out + ["@@@ ceiling 33", "@@@ END"]) + "\n"


def main():
    for version in (6, 1), (6, 12), (6, 18):
        for cpus in 1, 2, 3, 8, 24:
            for nodes in 1, 2, 3, 4:
                for mib in 300, 700, 3000, 20000, 100000:
                    name = "%d.%d-cpus%d-nodes%d-mem%d" % (
                        *version, cpus, nodes, mib)
                    with open(os.path.join(sys.argv[1], name), "w",
                              encoding="utf-8") as file:
                        file.write(dump(version, cpus, nodes, mib))


if __name__ == "__main__":
    main()
