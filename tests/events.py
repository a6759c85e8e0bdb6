#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of the kernel's trace file, from its documentation and the
event formats of vmalloc-tlb-ipi spec 9 (6.12); and what must hold between
events, and between them and the counters of a result.

    events.py TRACE RESULT CHECK...
"""
import json
import re
import sys

HEADER = """\
# tracer: nop
#
# entries-in-buffer/entries-written: {}/{}   #P:{}
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
"""

# What stands for printf's directives in a line.
PTR = r"[0-9a-f]{16}"
LX = r"[1-9a-f][0-9a-f]*|0"
U = r"\d+"
D = r"-?\d+"
SYM = r"[A-Za-z_][\w.]*\+0x[0-9a-f]+/0x[0-9a-f]+"
FN = r"[A-Za-z_][\w.]*"
BOOL = "true|false"
GFP = r"none|\w+(?:\|\w+)*"
MASK = r"[0-9a-f]{8}(?:,[0-9a-f]{8})*"
NAME = r"[\w:.-]+"
ADDRESS = "0x(?:%s)" % LX
PAGE = [("page=", "page", PTR), (" pfn=", "pfn", ADDRESS)]

OBJECT = [("call_site=", "call_site", SYM), (" ptr=", "ptr", PTR)]
ALLOC = OBJECT + [
    (" bytes_req=", "bytes_req", U), (" bytes_alloc=", "bytes_alloc", U),
    (" gfp_flags=", "gfp_flags", GFP), (" node=", "node", D),
    (" accounted=", "accounted", BOOL)]
CSD = [("func=", "func", FN), (", csd=", "csd", PTR)]

FORMATS = {
    "kmalloc": ALLOC,
    "kmem_cache_alloc": ALLOC,
    "kfree": OBJECT,
    "kmem_cache_free": OBJECT + [(" name=", "name", NAME)],
    "mm_page_alloc": PAGE + [
        (" order=", "order", D), (" migratetype=", "migratetype", D),
        (" gfp_flags=", "gfp_flags", GFP)],
    "mm_page_free": PAGE + [(" order=", "order", D)],
    "mm_page_alloc_zone_locked": PAGE + [
        (" order=", "order", U), (" migratetype=", "migratetype", D),
        (" percpu_refill=", "percpu_refill", "[01]")],
    "mm_page_pcpu_drain": PAGE + [
        (" order=", "order", D), (" migratetype=", "migratetype", D)],
    "mm_page_alloc_extfrag": PAGE + [
        (" alloc_order=", "alloc_order", D),
        (" fallback_order=", "fallback_order", D),
        (" pageblock_order=", "pageblock_order", D),
        (" alloc_migratetype=", "alloc_migratetype", D),
        (" fallback_migratetype=", "fallback_migratetype", D),
        (" fragmenting=", "fragmenting", "[01]"),
        (" change_ownership=", "change_ownership", "[01]")],
    "alloc_vmap_area": [
        ("va_start: ", "va_start", U), (" size=", "size", U),
        (" align=", "align", U), (" vstart=", "vstart", ADDRESS),
        (" vend=", "vend", ADDRESS), (" failed=", "failed", "[01]")],
    "free_vmap_area_noflush": [
        ("va_start=", "va_start", ADDRESS), (" nr_lazy=", "nr_lazy", U),
        (" nr_lazy_max=", "nr_lazy_max", U)],
    "purge_vmap_area_lazy": [
        ("start=", "start", ADDRESS), (" end=", "end", ADDRESS),
        (" num_purged=", "num_purged", U)],
    "csd_queue_cpu": [
        ("cpu=", "cpu", U), (" callsite=", "callsite", SYM),
        (" func=", "func", FN), (" csd=", "csd", PTR)],
    "csd_function_entry": CSD,
    "csd_function_exit": CSD,
    "ipi_send_cpu": [
        ("cpu=", "cpu", U), (" callsite=", "callsite", SYM),
        (" callback=", "callback", SYM)],
    "ipi_send_cpumask": [
        ("cpumask=", "cpumask", MASK), (" callsite=", "callsite", SYM),
        (" callback=", "callback", SYM)],
}


def pattern_of(fields):
    return re.compile("".join(
        re.escape(text) + "(?P<%s>%s)" % (name, regex)
        for text, name, regex in fields) + "$")


PATTERNS = {event: pattern_of(fields) for event, fields in FORMATS.items()}
LINE = re.compile(
    r"(?P<comm> *.{1,15})-(?P<pid>\d+) * \[(?P<cpu>\d{3,})\] "
    r"(?P<flags>[.dbD][.Nnp][.hsHZz][.0-9a-f][.0-9a-f]) "
    r"(?P<time> *\d+\.\d{6}): (?P<event>\w+): (?P<fields>.*)$")
LOST = re.compile(r"CPU:(\d+) \[LOST (\d+) EVENTS\]$")

DECIMAL = ["order", "cpu", "size", "align", "failed", "nr_lazy", "num_purged",
           "nr_lazy_max", "bytes_req", "bytes_alloc", "node", "migratetype",
           "percpu_refill", "fallback_order", "alloc_order", "fragmenting",
           "change_ownership", "pageblock_order"]
HEXADECIMAL = ["page", "pfn", "ptr", "csd", "vstart", "vend", "start", "end"]

ULONG_MAX = (1 << 64) - 1
VMALLOC_START, VMALLOC_END = 0xffffc90000000000, 0xffffe8ffffffffff


class Event(dict):
    __getattr__ = dict.__getitem__


def number(event, key, text):
    if key in DECIMAL:
        return int(text)
    if key in HEXADECIMAL:
        return int(text, 16)
    if key == "va_start":
        return int(text, 10 if event == "alloc_vmap_area" else 16)
    return text


class Trace:
    def __init__(self, path):
        lines = open(path, newline="\n").read().split("\n")
        assert lines.pop() == "", "the last line does not end"
        count = HEADER.count("\n")
        match = re.fullmatch(r"# entries-in-buffer/entries-written: "
                             r"(\d+)/(\d+)   #P:(\d+)", lines[2])
        assert match, lines[2]
        self.entries, self.written, self.nr_cpus = map(int, match.groups())
        header = HEADER.format(self.entries, self.written, self.nr_cpus)
        assert "\n".join(lines[:count]) + "\n" == header, lines[:count]
        self.lost = {}
        self.events = []
        for line in lines[count:]:
            self.take(line)
        assert len(self.events) == self.entries
        assert self.written == self.entries + sum(self.lost.values())
        times = [e.time for e in self.events]
        assert times == sorted(times), "not by time"

    def take(self, line):
        lost = LOST.match(line)
        if lost:
            cpu, nr = map(int, lost.groups())
            assert cpu not in self.lost and nr > 0, line
            assert all(e.on != cpu for e in self.events), "lost in between"
            self.lost[cpu] = nr
            return
        match = LINE.match(line)
        assert match, line
        # "%16s-%-7d [%03d] " and " %5lu.%06lu: "
        context = "%16s-%-7s [%03d] %s " % (
            match["comm"].strip(), match["pid"], int(match["cpu"]),
            match["flags"])
        assert line.startswith(context), line
        assert len(match["time"]) >= 12, line
        event = match["event"]
        fields = PATTERNS[event].match(match["fields"])
        assert fields, line
        values = {key: number(event, key, text)
                  for key, text in fields.groupdict().items()}
        # "on" is where it happened; an event may have a field "cpu".
        self.events.append(Event(
            values, event=event, on=int(match["cpu"]), flags=match["flags"],
            time=float(match["time"]), at=len(self.events), line=line))

    def of(self, *names):
        return [e for e in self.events if e.event in names]


def same(what, one, other):
    assert one == other, "%s: %s, should be %s" % (what, one, other)


# ---- single events
def check_fields(trace, _point):
    for e in trace.events:
        if "pfn" in e:
            same("page of " + e.line, e.page, 0xffffea0000000000 + 64 * e.pfn
                 if e.page else 0)
        if e.event == "kmalloc" and e.ptr:
            assert e.bytes_alloc >= e.bytes_req, e.line
            assert 0xffff888000000000 <= e.ptr < VMALLOC_START, e.line
        if e.event == "alloc_vmap_area":
            same(e.line, (e.vstart, e.vend), (VMALLOC_START, VMALLOC_END))
            same(e.line, e.va_start == e.vend, bool(e.failed))
            assert e.failed or e.va_start % e.align == 0, e.line
        if e.event == "mm_page_alloc_extfrag":
            same(e.line, e.fragmenting, int(e.fallback_order < 9))
            assert e.fallback_order >= e.alloc_order, e.line
            assert e.alloc_migratetype != e.fallback_migratetype, e.line
        if e.event.startswith("csd_function"):
            assert e.flags[0] in "dD", e.line
            same(e.line, e.flags[2] == "h", e.csd != 0)


# ---- objects
def check_objects(trace, _point):
    """No object is given out twice; what is freed had been given out, if that
    was after the trace began."""
    live, ever = {}, set()
    for e in trace.of("kmalloc", "kmem_cache_alloc", "kfree",
                      "kmem_cache_free"):
        if e.ptr <= 16:
            continue
        if "alloc" in e.event:
            assert e.ptr not in live, e.line
            live[e.ptr] = e
            ever.add(e.ptr)
        else:
            assert e.ptr in live or e.ptr not in ever, e.line
            live.pop(e.ptr, None)


def check_kmalloc(trace, point):
    """As many events as operations, of its size, from its loop."""
    size = int(point["point"]["size"])
    done = {o["name"]: o["count"] for o in point["ops"]}
    mine = [e for e in trace.of("kmalloc") if e.bytes_req == size]
    same("kmalloc", len(mine), done["kmalloc"])
    ptrs = {e.ptr for e in mine}
    frees = [e for e in trace.of("kfree") if e.ptr in ptrs]
    assert len(frees) >= done["kfree"]
    expected = next(c for c in (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024,
                                2048, 4096, 8192) if c >= size)
    same("bytes_alloc", {e.bytes_alloc for e in mine}, {expected})
    same("gfp_flags", {e.gfp_flags for e in mine}, {"GFP_KERNEL"})


# ---- pages
def pages(events):
    return sum(1 << e.order for e in events)


def check_pages(trace, point):
    """Nothing here is allocated in bulk, which 6.12 does not trace."""
    counted = point["pages"]
    allocs = trace.of("mm_page_alloc")
    same("allocated", pages(e for e in allocs if e.page), counted["alloc"])
    same("failed", sum(not e.page for e in allocs), counted["failed"])
    same("freed", pages(trace.of("mm_page_free")), counted["free"])
    check_lists(trace, point)


def check_lists(trace, point):
    counted = point["pages"]
    same("drained", pages(trace.of("mm_page_pcpu_drain")),
         counted["pcp_drain"])
    extfrag = trace.of("mm_page_alloc_extfrag")
    same("claimed", sum(e.change_ownership for e in extfrag),
         counted["fallback_claim"])
    same("stolen", sum(not e.change_ownership for e in extfrag),
         counted["fallback_steal"])


def check_refills(trace, point):
    """All that is taken from the zone's own lists is taken for a CPU's."""
    refills = [e for e in trace.of("mm_page_alloc_zone_locked")
               if e.percpu_refill]
    same("refilled", pages(refills), point["pages"]["pcp_refill"])


# ---- calls
def ones(mask):
    return bin(int(mask.replace(",", ""), 16)).count("1")


def check_calls(trace, point):
    counted = point["ipi"]
    queued = trace.of("csd_queue_cpu")
    same("queued", len(queued), counted["targets"])
    same("interrupts", len(trace.of("ipi_send_cpu")) +
         sum(ones(e.cpumask) for e in trace.of("ipi_send_cpumask")),
         counted["sent"])
    for e in trace.of("ipi_send_cpumask"):
        same(e.line, len(e.cpumask.split(",")),
             2 * ((trace.nr_cpus + 63) // 64))
        assert ones(e.cpumask) > 1, e.line
    for e in trace.of("ipi_send_cpu", "ipi_send_cpumask"):
        assert e.callback.startswith(
            "generic_smp_call_function_single_interrupt+0x0/"), e.line
    run = trace.of("csd_function_entry")
    same("run for others", sum(e.csd != 0 for e in run), len(queued))
    # A csd is its target's until that has run it.
    waiting = {}
    for e in trace.of("csd_queue_cpu", "csd_function_entry"):
        if e.event == "csd_queue_cpu":
            assert e.csd not in waiting, e.line
            assert e.cpu != e.on, e.line
            waiting[e.csd] = e
        elif e.csd:
            mate = waiting.pop(e.csd)
            same(e.line, (mate.cpu, mate.func), (e.on, e.func))
    assert not waiting, waiting
    # Entry and exit are pairs on each CPU.
    for cpu in range(trace.nr_cpus):
        inside = []
        for e in trace.of("csd_function_entry", "csd_function_exit"):
            if e.on != cpu:
                continue
            if e.event == "csd_function_entry":
                inside.append((e.func, e.csd))
            else:
                same(e.line, inside.pop(), (e.func, e.csd))
        assert not inside


def check_flushes(trace, point):
    """tlb_storm: every flush runs on every CPU, the caller among them."""
    flushes = next(o["count"] for o in point["ops"] if o["name"] == "flush")
    for event in "csd_function_entry", "csd_function_exit":
        same(event, len(trace.of(event)), flushes * trace.nr_cpus)
    full = int(point["point"].get("pages", 16)) > 33
    same("func", {e.func for e in trace.of("csd_function_entry")},
         {"do_flush_tlb_all" if full else "do_kernel_range_flush"})


# ---- areas
def flush_ends(trace):
    """Of each flush: where its first queueing is, where its last exit."""
    ends, begun, left = [], None, 0
    for e in trace.of("csd_queue_cpu", "csd_function_entry",
                      "csd_function_exit"):
        if not left:
            begun, left = e.at, trace.nr_cpus
        left -= e.event == "csd_function_exit"
        if not left:
            ends.append((begun, e.at))
    assert not left
    return ends


def check_areas(trace, point):
    counted = point["vmalloc"]
    purges = trace.of("purge_vmap_area_lazy")
    same("areas purged", sum(e.num_purged for e in purges),
         counted["areas_purged"])
    same("purges", sum(e.num_purged > 0 for e in purges), counted["purges"])
    failed = [e for e in trace.of("alloc_vmap_area") if e.failed]
    assert len(failed) >= counted["overflows"]
    for e in purges:
        assert e.num_purged or (e.start, e.end) == (ULONG_MAX, 0), e.line
        assert not e.num_purged or e.start < e.end, e.line
    # vfree: lazily freed before its pages are; spec 3.6.
    freed = trace.of("free_vmap_area_noflush")
    assert {e.nr_lazy_max for e in freed} <= {
        point["derived"]["lazy_max_pages"]}


def check_reuse(trace, _point):
    """An address that was freed lazily is given out again only after a flush
    that has begun after that (INV-T1, spec 3.7); purges cover what they
    purge."""
    ends = flush_ends(trace)
    lazy, reused = {}, 0
    for e in trace.of("alloc_vmap_area", "free_vmap_area_noflush"):
        if e.event == "free_vmap_area_noflush":
            assert e.va_start not in lazy, e.line
            lazy[e.va_start] = e.at
        elif e.va_start in lazy:
            freed = lazy.pop(e.va_start)
            assert any(freed < begun and end < e.at
                       for begun, end in ends), e.line
            reused += 1
    assert reused, "nothing was used again"
    # Each purge that found something: one flush, and it ends before.
    purges = [e for e in trace.of("purge_vmap_area_lazy") if e.num_purged]
    assert purges and len(purges) == len(ends), (len(purges), len(ends))
    for purge, (begun, end) in zip(purges, ends):
        assert begun < end < purge.at, purge.line


def check_lost(trace, point):
    same("lost", sum(trace.lost.values()), point["events"]["lost"])
    assert trace.lost


def check_whole(trace, point):
    same("lost", trace.lost, {})
    assert trace.entries > 0


def main():
    trace = Trace(sys.argv[1])
    result = json.load(open(sys.argv[2]))
    point = result["points"][0]
    same("entries", trace.entries, point["events"]["entries"])
    same("CPUs", trace.nr_cpus, point["derived"]["online"])
    check_fields(trace, point)
    for name in sys.argv[3:]:
        globals()["check_" + name](trace, point)


if __name__ == "__main__":
    main()
