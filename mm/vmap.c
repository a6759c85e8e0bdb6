/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is common to the members of the vmap family (vmalloc-tlb-ipi spec 2,
 * 3.6, 3.7). A purge, from detaching lazy areas to publishing them as free,
 * is one hold of vmap_purge_lock, the wait for the flush included; no spinlock
 * is held meanwhile. Freeing never waits for it: too many lazy pages wake a
 * worker, and nobody is held up until the address space itself overflows.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/tlbflush.h"
#include "mm/trace_vmalloc.h"
#include "mm/vmalloc.h"
#include "mm/vmap_block.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

#define LAZY_BYTES_PER_CPU_BIT	(32UL << 20)	/* mm/vmalloc.c, 6.12 */
#define RATELIMIT_NS		5000000000UL	/* DEFAULT_RATELIMIT_INTERVAL */
#define RATELIMIT_BURST		10		/* DEFAULT_RATELIMIT_BURST */

DEFINE_FAULT(purge_range_short, "INV-T5",
	     "a purge flushes one page less than it has detached");
DEFINE_FAULT(purge_without_flush, "INV-T1",
	     "a purge does not flush at all");
DEFINE_FAULT(drain_not_scheduled, "INV-A11",
	     "too many lazy pages do not wake the drain worker");
DEFINE_FAULT(overflow_without_purge, "INV-A12",
	     "space is refused without a purge in between");

DEFINE_FAULT(purge_under_spinlock, "INV-C1",
	     "a purge flushes while it holds a spinlock");
DEFINE_FAULT(purge_unserialised, "INV-C1",
	     "a purge does without vmap_purge_lock");
DEFINE_FAULT(purge_lets_go, "INV-I9",
	     "a purge lets vmap_purge_lock go while it flushes");
DEFINE_FAULT(purge_preempt_off, "INV-C3",
	     "a purge waits for its lock with preemption off");

const struct vmap_ops *vmap_ops;
struct mutex vmap_purge_lock;
atomic_long_t vmap_lazy_nr;
DEFINE_PER_CPU(struct vmap_stat, vmap_stats);

static struct kmem_cache *vmap_area_cachep;
static struct work_struct drain_vmap_work;
static u64 nr_full_purges;	/* changed under vmap_purge_lock */
static u32 purge_flushes;	/* under way: 0 or 1; atomics */

/* ---- records ------------------------------------------------------------- */
struct vmap_area *vmap_area_alloc(gfp_t gfp, int node)
{
	return kmem_cache_alloc_node(vmap_area_cachep, gfp, node);
}

bool vmap_area_is_of(const struct kmem_cache *s)
{
	return s == vmap_area_cachep;
}

void vmap_area_free(struct vmap_area *va)
{
	kmem_cache_free(vmap_area_cachep, va);
}

static void check_placed(const struct vmap_area *va,
			 const struct vmap_request *r)
{
	if (!IS_ALIGNED(va->va_start, r->align) || va->va_start < r->vstart ||
	    va->va_end > r->vend || va->va_end <= va->va_start)
		audit_violated("INV-A7", "0x%lx-0x%lx for %lu bytes aligned to "
			       "%lu in 0x%lx-0x%lx", va->va_start, va->va_end,
			       r->size, r->align, r->vstart, r->vend);
}

void vmap_area_setup(struct vmap_area *va, const struct vmap_request *request,
		     u64 addr, u64 flags)
{
	struct vm_struct *vm = request->vm;

	va->va_start = addr;
	va->va_end = addr + request->size;
	va->flags = flags | request->flags;
	va->vm = vm;
	if (vm) {
		vm->addr = addr;
		vm->size = request->size;
	}
	if_checked(check_placed(va, request));
}

/* ---- lazily freed pages -------------------------------------------------- */
u64 lazy_max_pages(void)
{
	if (mm_config.lazy_max_pages)
		return mm_config.lazy_max_pages;
	return fls(num_online_cpus()) * (LAZY_BYTES_PER_CPU_BIT / PAGE_SIZE);
}

u64 vmap_lazy_add(const struct vmap_area *va)
{
	return (u64)atomic_long_add_return((long)(va_size(va) >> PAGE_SHIFT),
					   &vmap_lazy_nr);
}

void vmap_lazy_added(u64 va_start, u64 nr_lazy)
{
	u64 nr_lazy_max = lazy_max_pages();

	trace_free_vmap_area_noflush(va_start, nr_lazy, nr_lazy_max);
	if (unlikely(nr_lazy > nr_lazy_max) && !FAULT(drain_not_scheduled))
		schedule_work(&drain_vmap_work);
}

static void drain_vmap_area_work(struct work_struct *work)
{
	vmap_purge_all(false);
}

bool vmap_drain_pending(void)
{
	return work_pending(&drain_vmap_work);
}

/* ---- purge --------------------------------------------------------------- */
void vmap_purge_cover(struct vmap_purge *purge, const struct list_head *areas)
{
	purge->start = min(purge->start, list_first_entry(areas,
					struct vmap_area, list)->va_start);
	purge->end = max(purge->end, list_last_entry(areas,
					struct vmap_area, list)->va_end);
}

/* INV-C1 and INV-I9: under the mutex, hence one at a time. */
static void purge_flush_begins(void)
{
	if (!lock_held(&vmap_purge_lock))
		audit_violated("INV-C1", "a purge flushes without "
			       "vmap_purge_lock");
	if (xchg(&purge_flushes, 1))
		audit_violated("INV-I9", "two purges flush at once");
}

static void purge_flush_ends(void)
{
	xchg(&purge_flushes, 0);
}

static void flush_under_spinlock(const struct vmap_purge *purge)
{
	static spinlock_t lock = { .class = LOCK_VMAP_LAZY };

	spin_lock(&lock);
	flush_tlb_kernel_range(purge->start, purge->end);
	spin_unlock(&lock);
}

unanalysed static void flush_unlocked(const struct vmap_purge *purge)
{
	mutex_unlock(&vmap_purge_lock);
	flush_tlb_kernel_range(purge->start, purge->end);
	mutex_lock(&vmap_purge_lock);
}

void vmap_purge_flush(struct vmap_purge *purge)
{
	if (FAULT(purge_range_short))
		purge->end -= PAGE_SIZE;
	if_checked(purge_flush_begins());
	if (FAULT(purge_lets_go))
		flush_unlocked(purge);
	if (FAULT(purge_under_spinlock))
		flush_under_spinlock(purge);
	/* One range over all of it, with whatever lives in between. */
	if (!FAULT(purge_without_flush))
		flush_tlb_kernel_range(purge->start, purge->end);
	if_checked(purge_flush_ends());
	purge->flushed = true;
	vmap_count(purges, 1);
}

void vmap_purge_check(const struct vmap_purge *purge,
		      const struct vmap_area *va)
{
	if (va->va_start < purge->start || va->va_end > purge->end)
		audit_violated("INV-T5", "0x%lx-0x%lx was purged, 0x%lx-0x%lx "
			       "was flushed", va->va_start, va->va_end,
			       purge->start, purge->end);
	if (!purge->flushed)
		audit_violated("INV-T6", "0x%lx-0x%lx is published before it "
			       "is flushed", va->va_start, va->va_end);
}

bool vmap_purge_locked(struct vmap_purge *purge, bool full)
{
	bool purged = vmap_ops->purge(purge, full);

	vmap_count(areas_purged, purge->nr_purged);
	trace_purge_vmap_area_lazy(purge->start, purge->end, purge->nr_purged);
	return purged;
}

bool vmap_purge_all(bool full)
{
	struct vmap_purge purge = VMAP_PURGE_INIT;
	bool purged;

	if (FAULT(purge_unserialised))
		return vmap_purge_locked(&purge, full);
	if (FAULT(purge_preempt_off))
		preempt_disable();
	mutex_lock(&vmap_purge_lock);
	if (FAULT(purge_preempt_off))
		preempt_enable();
	if (full) {
		WRITE_ONCE(nr_full_purges, nr_full_purges + 1);
		vmap_blocks_purge_fragmented();
	}
	purged = vmap_purge_locked(&purge, full);
	mutex_unlock(&vmap_purge_lock);
	return purged;
}

/* ---- space --------------------------------------------------------------- */
/* At most so many messages in so long a time (lib/ratelimit.c). */
static bool printk_ratelimit(void)
{
	static u64 begin_ns, printed;
	u64 now = sched_clock();

	if (now - READ_ONCE(begin_ns) >= RATELIMIT_NS) {
		WRITE_ONCE(begin_ns, now);
		WRITE_ONCE(printed, 0);
	}
	return __atomic_fetch_add(&printed, 1, __ATOMIC_RELAXED) <
		RATELIMIT_BURST;
}

static int take_space(const struct vmap_request *request, u64 *addr)
{
	int err = vmap_free_take(request, addr);

	trace_alloc_vmap_area(err ? request->vend : *addr, request);
	return err;
}

static void check_full_purge(const struct vmap_request *request,
			     u64 purges_before)
{
	if (READ_ONCE(nr_full_purges) == purges_before)
		audit_violated("INV-A12", "%lu bytes refused without a full "
			       "purge", request->size);
}

int vmap_find_space(const struct vmap_request *request, u64 *addr)
{
	u64 purges_before = 0;

	if (likely(!take_space(request, addr)))
		return 0;
	vmap_count(overflows, 1);
	if_checked(purges_before = READ_ONCE(nr_full_purges));
	if (!FAULT(overflow_without_purge))
		vmap_purge_all(true);
	if (!take_space(request, addr))
		return 0;
	/* 6.12 would call the purge notifiers now: nobody registers any. */
	if_checked(check_full_purge(request, purges_before));
	if (!(request->gfp & __GFP_NOWARN) && printk_ratelimit())
		printk("vmalloc_node_range for size %lu failed: Address range "
		       "restricted to %#lx - %#lx", request->size,
		       request->vstart, request->vend);
	return -EBUSY;
}

/* ---- for readers --------------------------------------------------------- */
enum vmap_where vmap_where_is(u64 addr)
{
	enum vmap_where where = vmap_ops->where(addr);

	return where == VMAP_NOWHERE ? vmap_free_where(addr) : where;
}

unsigned vmap_nr_nodes(void)
{
	return vmap_ops->nr_nodes();
}

void vmap_stat_read(struct vmap_stat *out)
{
	unsigned cpu;

	*out = (struct vmap_stat){ 0 };
	for_each_possible_cpu(cpu) {
		const struct vmap_stat *s = per_cpu_ptr(&vmap_stats, cpu);

		out->purges += READ_ONCE(s->purges);
		out->areas_purged += READ_ONCE(s->areas_purged);
		out->pool_hits += READ_ONCE(s->pool_hits);
		out->pool_misses += READ_ONCE(s->pool_misses);
		out->overflows += READ_ONCE(s->overflows);
	}
}

void vmap_stat_reset(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		per_cpu(vmap_stats, cpu) = (struct vmap_stat){ 0 };
}

void vmap_init(void)
{
	vmap_area_cachep = kmem_cache_create("vmap_area",
					     sizeof(struct vmap_area),
					     __alignof__(struct vmap_area),
					     SLAB_PANIC, NULL);
	mutex_init(&vmap_purge_lock, LOCK_VMAP_PURGE);
	INIT_WORK(&drain_vmap_work, drain_vmap_area_work);
	vmap_free_init();
	vmap_ops->init();
	vmap_blocks_init();
}
