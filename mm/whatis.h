/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the emulated kernel lies at an address: cpus/address.h. */
#ifndef MM_WHATIS_H
#define MM_WHATIS_H

#include "cpus/machine.h"

/*
 * Names the object and the field at p, by the kernel's own lists: nodes, zones
 * and their per-CPU lists, the memmap, slab caches with their halves and
 * objects, vmap nodes, pages by their owner. False for what is the machine's
 * (machine_name_address()). Only while nothing runs.
 */
bool kernel_name_address(const void *p, struct address_name *name);

#endif
