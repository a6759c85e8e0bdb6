/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies at an address, in words: the object (a variable, or a structure and
 * whose it is) and the field of it. The kernel names its own (mm/whatis.h), the
 * machine all others.
 */
#ifndef CPUS_ADDRESS_H
#define CPUS_ADDRESS_H

#include "cpus/compiler.h"

struct address_name {
	char	object[96];
	char	field[48];	/* or "+0x18"; "" for the object as a whole */
};

/* A table of a structure's fields; of an array each element is told. */
struct address_field {
	const char	*name;
	unsigned	offset, size, element;
};

#define ADDRESS_FIELD(type, member) \
	{ #member, offsetof(type, member), sizeof(((type *)0)->member), \
	  sizeof(((type *)0)->member) }
#define ADDRESS_ARRAY(type, member) \
	{ #member, offsetof(type, member), sizeof(((type *)0)->member), \
	  sizeof(((type *)0)->member[0]) }

/* Sets the object; then address_field_is() or address_offset_is(). */
void address_object_is(struct address_name *name, const char *fmt, ...)
	printf_like(2, 3);
/* The field of the table that holds offset, else as address_offset_is(). */
void address_field_is(struct address_name *name,
		      const struct address_field *fields, size_t nr,
		      size_t offset);
void address_offset_is(struct address_name *name, size_t offset);

/*
 * The CPU whose per-CPU unit holds p, or -1; *ptr: the per-CPU pointer of it
 * (cpus/percpu.h), to be compared with variables' addresses.
 */
int address_percpu(const void *p, char **ptr);

/*
 * Names a variable of the program, a per-CPU one, a CPU's own state or a task's
 * stack; of all other addresses it says what little is known. Only while
 * nothing runs: follows lists without a lock.
 */
void machine_name_address(const void *p, struct address_name *name);

#endif
