/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the native machine's memory lies in the host; twin of sim/memory.c. */
#include <string.h>

#include "cpus/native/native.h"

/* The host's are meant here; of the same values, spelt otherwise. */
#undef PROT_READ
#undef PROT_WRITE
#undef PROT_EXEC
#include <sys/mman.h>

/*
 * Free in plain programs and under ASan, TSan and valgrind alike; the room
 * ends where position-independent programs are loaded, 0x555555554000.
 */
#define ARENA_BASE	0x550000000000UL
#define ARENA_LIMIT	(320UL << 30)

static const struct topology *topology;	/* NULL: nothing is placed */

void native_memory_init(const struct topology *host)
{
	topology = host;
}

size_t machine_arena_limit(void)
{
	return ARENA_LIMIT;
}

char *machine_reserve_arena(size_t size)
{
	void *want = (void *)ARENA_BASE;
	void *got = mmap(want, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE, -1, 0);

	if (got == MAP_FAILED)
		return NULL;
	if (got != want) {	/* a kernel before 4.17 takes it as a hint */
		munmap(got, size);
		errno = EEXIST;
		return NULL;
	}
	return got;
}

void machine_place_memory(size_t offset, size_t size, unsigned node)
{
	if (!topology || !topology->is_this_host || topology->nr_nodes == 1)
		return;
	if (topology_bind_memory(topology, machine_direct_map + offset, size,
				 node))
		printk("memory of node %u could not be bound to it", node);
}

void *machine_memset(void *dst, int value, size_t size)
{
	return memset(dst, value, size);
}

void *machine_memcpy(void *dst, const void *src, size_t size)
{
	return memcpy(dst, src, size);
}

void *machine_memmove(void *dst, const void *src, size_t size)
{
	return memmove(dst, src, size);
}

int machine_memcmp(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size);
}
