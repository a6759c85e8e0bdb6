/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls made of kmalloc and vmalloc (slub spec 1.4; mm/util.c and
 * mm/slab_common.c, 6.12).
 */
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vm_area.h"
#include "mm/zeroing.h"

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

void *krealloc(const void *object, size_t size, gfp_t gfp)
{
	size_t room = ksize(object);
	void *larger;

	if (!size) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (room >= size) {
		/* To the end of the block: the next krealloc() may use it. */
		if (gfp & __GFP_ZERO)
			zero_memory((char *)object + size, room - size);
		return (void *)object;
	}
	larger = kmalloc(size, gfp);
	if (larger && !ZERO_OR_NULL_PTR(object)) {
		machine_memcpy(larger, object, room);
		kfree(object);
	}
	return larger;
}

void *krealloc_array(const void *object, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(object, bytes, gfp);
}

void kfree_sensitive(const void *object)
{
	size_t room = ksize(object);

	if (room)
		zero_memory((void *)object, room);
	kfree(object);
}

/* The attempt that must not cost much: vmalloc can do what it cannot. */
static gfp_t easy_flags(gfp_t gfp, size_t size)
{
	if (size <= PAGE_SIZE)
		return gfp;
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return gfp & ~__GFP_NOFAIL;
}

void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	void *object = NULL;

	if (size <= KMALLOC_MAX_SIZE)
		object = kmalloc_node(size, easy_flags(gfp, size), node);
	if (object || size <= PAGE_SIZE)
		return object;
	/* vmalloc sleeps whatever gfp says. */
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return NULL;
	if (unlikely(size > INT_MAX)) {
		static bool warned;

		if (!(gfp & __GFP_NOWARN) && !xchg(&warned, true))
			KERNEL_WARN("__kvmalloc_node");
		return NULL;
	}
	return (void *)__vmalloc_node(size, 1, gfp, node, _RET_IP_);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc_node(size, gfp, NUMA_NO_NODE);
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kvmalloc(bytes, gfp);
}

void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

void *kvrealloc(const void *addr, size_t size, gfp_t gfp)
{
	void *larger;

	if (is_vmalloc_addr((vaddr_t)addr))
		return (void *)vrealloc((vaddr_t)addr, size, gfp);
	larger = size <= KMALLOC_MAX_SIZE ?
		 krealloc(addr, size, easy_flags(gfp, size)) : NULL;
	if (larger)
		return larger;
	larger = kvmalloc(size, gfp);
	if (!larger || ZERO_OR_NULL_PTR(addr))
		return larger;
	if (is_vmalloc_addr((vaddr_t)larger))
		vm_memcpy_to((vaddr_t)larger, addr, ksize(addr));
	else
		machine_memcpy(larger, addr, ksize(addr));
	kfree(addr);
	return larger;
}

void kvfree(const void *addr)
{
	if (is_vmalloc_addr((vaddr_t)addr))
		vfree((vaddr_t)addr);
	else
		kfree(addr);
}
