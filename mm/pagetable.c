/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry goes from absent to a table once and for ever: allocated and zeroed
 * without the lock, installed under it if still absent. So a walk needs no
 * lock. A leaf entry is written by the owner of its address range alone.
 *
 * (A) A table is installed with release, after it was zeroed; pairs with the
 * acquire in (B), the walks (in the kernel an address dependency does), and
 * with the loads of the hardware's walker.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/vm_area.h"

#define GFP_PGTABLE_KERNEL	(GFP_KERNEL | __GFP_ZERO)

DEFINE_FAULT(unmap_skips_first, "INV-M2",
	     "unmapping leaves the first page of the range mapped");
DEFINE_FAULT(unmap_frees_table, "INV-M5",
	     "unmapping frees the lowest table, whoever else is in it");

static spinlock_t page_table_lock;	/* init_mm.page_table_lock */
static u64 root_pfn;			/* fixed at boot */

static u64 *table_at(u64 pfn)
{
	return page_address(pfn_to_page(pfn));
}

/* Bytes that one entry of a table at this level spans. */
static u64 span(unsigned level)
{
	return PAGE_SIZE << (level * arch->bits_per_level);
}

static u64 entries_per_table(void)
{
	return BIT(arch->bits_per_level);
}

static u64 index_of(u64 addr, unsigned level)
{
	return (addr / span(level)) & (entries_per_table() - 1);
}

static struct page *alloc_table(void)
{
	struct page *page = alloc_pages(GFP_PGTABLE_KERNEL, 0);

	if (page) {
		page->type = PAGE_TYPE_TABLE;
		count_vm_event(TABLE_PAGES);
	}
	return page;
}

static void free_table(struct page *page)
{
	page->type = PAGE_TYPE_NONE;
	count_vm_events(TABLE_PAGES, -1);
	__free_pages(page, 0);
}

/* Makes *entry a table unless somebody else just did. Its value, 0: no memory.
 * May sleep. */
static u64 install_table(u64 *entry)
{
	struct page *page = alloc_table();
	u64 value;

	if (!page)
		return 0;
	spin_lock(&page_table_lock);
	value = READ_ONCE(*entry);
	if (!arch->present(value)) {
		value = arch->make_table(page_to_pfn(page));
		smp_store_release(entry, value);	/* (A) */
		page = NULL;
	}
	spin_unlock(&page_table_lock);
	if (page)
		free_table(page);
	return value;
}

/* The lowest table over addr, made on the way if need be; NULL: no memory. */
static u64 *leaf_table_alloc(u64 addr)
{
	u64 *table = table_at(root_pfn);

	for (unsigned level = arch->levels - 1; level; level--) {
		u64 *entry = &table[index_of(addr, level)];
		u64 value = smp_load_acquire(entry);		/* (B) */

		if (unlikely(!arch->present(value)))
			value = install_table(entry);
		if (unlikely(!value))
			return NULL;
		table = table_at(arch->pfn(value));
	}
	return table;
}

/* The lowest table over addr and the entry that points to it; or NULL, and
 * *next is the first address that may have one. */
static u64 *leaf_table_find(u64 addr, u64 **up, u64 *next)
{
	u64 *table = table_at(root_pfn);

	for (unsigned level = arch->levels - 1; level; level--) {
		u64 *entry = &table[index_of(addr, level)];
		u64 value = smp_load_acquire(entry);		/* (B) */

		*next = ALIGN_DOWN(addr, span(level)) + span(level);
		if (!arch->present(value))
			return NULL;
		*up = entry;
		table = table_at(arch->pfn(value));
	}
	return table;
}

void pagetable_init(void)
{
	unsigned top = arch->levels - 1;
	struct page *root;
	u64 *table;

	spin_lock_init(&page_table_lock, LOCK_PAGE_TABLE);
	root = alloc_table();
	must(root);
	root_pfn = page_to_pfn(root);
	table = table_at(root_pfn);
	/* All of the top level, so that no address space ever needs a copy of
	 * a new entry (64 tables on x86-64: spec 1.1). */
	for (u64 i = index_of(VMALLOC_START, top);
	     i <= index_of(VMALLOC_END, top); i++)
		must(install_table(&table[i]));
}

/* INV-T10: nothing is there to be flushed before this CPU is a target. */
static void check_comes_empty(void *arg, u64 addr, u64 pfn)
{
	audit_violated("INV-T10", "CPU %u comes online and translates 0x%lx",
		       smp_processor_id(), addr);
}

void pagetable_load_on_cpu(void)
{
	tlb_load_root(root_pfn, 0);
	if_checked(tlb_for_each(smp_processor_id(), check_comes_empty, NULL));
}

/* ---- leaves -------------------------------------------------------------- */
static int map_in_table(u64 *pte, struct page **pages, u64 nr, u64 addr,
			unsigned prot)
{
	for (u64 i = 0; i < nr; i++) {
		if (unlikely(arch->present(READ_ONCE(pte[i])))) {
			KERNEL_WARN("vmap_pages_pte_range");
			audit_violated("INV-M4", "0x%lx is mapped already",
				       addr + i * PAGE_SIZE);
			return -EBUSY;
		}
		WRITE_ONCE(pte[i], arch->make_leaf(page_to_pfn(pages[i]),
						   prot));
	}
	return 0;
}

static int map_range(u64 addr, struct page **pages, u64 nr, unsigned prot)
{
	while (nr) {
		u64 index = index_of(addr, 0);
		u64 n = min(nr, entries_per_table() - index);
		u64 *table = leaf_table_alloc(addr);
		int err;

		if (!table)
			return -ENOMEM;
		err = map_in_table(&table[index], pages, n, addr, prot);
		if (err)
			return err;
		addr += n * PAGE_SIZE;
		pages += n;
		nr -= n;
	}
	return 0;
}

int vmap_pages_range_noflush(u64 addr, struct page **pages, u64 nr,
			     unsigned prot)
{
	unsigned was = op_part_enter(OP_PAGE_TABLES);
	int err = map_range(addr, pages, nr, prot);

	op_part_leave(was);
	return err;
}

static void free_table_under(u64 *entry)
{
	u64 value = xchg(entry, 0);

	free_table(pfn_to_page(arch->pfn(value)));
}

static void unmap_range(u64 start, u64 end)
{
	u64 *table, *up, next;

	if (FAULT(unmap_skips_first))
		start += PAGE_SIZE;
	for (u64 addr = start; addr < end; addr = next) {
		table = leaf_table_find(addr, &up, &next);
		if (!table)
			continue;
		next = min(next, end);
		/* Read and clear at once: the walker may be at it. */
		for (; addr < next; addr += PAGE_SIZE)
			(void)xchg(&table[index_of(addr, 0)], 0);
		if (FAULT(unmap_frees_table))
			free_table_under(up);
		cond_resched();
	}
}

void vunmap_range_noflush(u64 start, u64 end)
{
	unsigned was = op_part_enter(OP_PAGE_TABLES);

	unmap_range(start, end);
	op_part_leave(was);
}

bool kernel_lookup_address(u64 addr, u64 *pfn)
{
	u64 *table, *up, next, value;

	table = leaf_table_find(addr, &up, &next);
	if (!table)
		return false;
	value = READ_ONCE(table[index_of(addr, 0)]);
	*pfn = arch->pfn(value);
	return arch->present(value);
}

bool pagetable_covers(u64 addr)
{
	u64 *up, next;

	return leaf_table_find(addr, &up, &next) != NULL;
}

/* ---- audit --------------------------------------------------------------- */
struct walk {
	void	(*leaf)(void *arg, u64 addr, u64 pfn);
	void	*arg;
	u64	nr_tables;
};

static void audit_page(u64 pfn, u64 addr)
{
	const struct page *page = pfn_to_page(pfn);

	if (page->type != PAGE_TYPE_TABLE || !READ_ONCE(page->_refcount))
		audit_violated("INV-M5", "the table over 0x%lx is a free page "
			       "or another's (type %u)", addr, page->type);
}

static void audit_table(struct walk *walk, u64 pfn, unsigned level, u64 base)
{
	const u64 *table = table_at(pfn);

	walk->nr_tables++;
	audit_page(pfn, base);
	for (u64 i = 0; i < entries_per_table(); i++) {
		u64 value = READ_ONCE(table[i]), addr = base + i * span(level);

		if (!arch->present(value))
			continue;
		/* The upper half is the kernel's: canonical addresses. */
		if (level == arch->levels - 1 && i >= entries_per_table() / 2)
			addr |= ~(span(arch->levels) - 1);
		if (level)
			audit_table(walk, arch->pfn(value), level - 1, addr);
		else
			walk->leaf(walk->arg, addr, arch->pfn(value));
	}
}

u64 pagetable_audit(void (*leaf)(void *arg, u64 addr, u64 pfn), void *arg)
{
	struct walk walk = { .leaf = leaf, .arg = arg };

	audit_table(&walk, root_pfn, arch->levels - 1, 0);
	if (walk.nr_tables != sum_vm_event(TABLE_PAGES))
		audit_violated("INV-M5", "%lu tables are linked, %lu were "
			       "allocated", walk.nr_tables,
			       sum_vm_event(TABLE_PAGES));
	return walk.nr_tables;
}
