/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/address.h"

#include <stdio.h>
#include <string.h>

#include "cpus/twin.h"

void address_object_is(struct address_name *name, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(name->object, sizeof(name->object), fmt, args);
	va_end(args);
	name->field[0] = '\0';
}

void address_offset_is(struct address_name *name, size_t offset)
{
	name->field[0] = '\0';
	if (offset)
		snprintf(name->field, sizeof(name->field), "+0x%zx", offset);
}

void address_field_is(struct address_name *name,
		      const struct address_field *fields, size_t nr,
		      size_t offset)
{
	for (; nr--; fields++) {
		size_t within = offset - fields->offset;

		if (offset < fields->offset || within >= fields->size)
			continue;
		if (fields->element < fields->size)
			snprintf(name->field, sizeof(name->field), "%s[%zu]",
				 fields->name, within / fields->element);
		else
			snprintf(name->field, sizeof(name->field), "%s",
				 fields->name);
		return;
	}
	address_offset_is(name, offset);
}

/* ---- per-CPU units ---- */
int address_percpu(const void *p, char **ptr)
{
	unsigned cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		uintptr_t offset = (uintptr_t)p - cpus[cpu]->own.percpu_offset -
				   (uintptr_t)machine_percpu_base;

		if (offset >= machine_percpu_unit_size)
			continue;
		*ptr = machine_percpu_base + offset;
		return (int)cpu;
	}
	return -1;
}

/* The variable of the program that holds addr, if the program tells. */
static bool name_variable(const void *addr, const char *what,
			  struct address_name *name)
{
	char symbol[KSYM_SYMBOL_LEN], *plus;

	symbol_print(symbol, (unsigned long)addr);
	plus = strchr(symbol, '+');
	if (!plus)
		return false;
	*plus++ = '\0';
	address_object_is(name, "%s%.60s", what, symbol);
	plus[strcspn(plus, "/")] = '\0';
	if (strcmp(plus, "0x0"))
		snprintf(name->field, sizeof(name->field), "+%.20s", plus);
	return true;
}

#define CSD(member)	ADDRESS_FIELD(call_single_data_t, member)

static void name_csd(size_t offset, int cpu, struct address_name *name)
{
	static const struct address_field fields[] = {
		CSD(node), CSD(flags), CSD(src), CSD(dst), CSD(func), CSD(info),
	};

	address_object_is(name, "call_single_data of CPU %zu for CPU %d",
			  offset / sizeof(call_single_data_t), cpu);
	address_field_is(name, fields, ARRAY_SIZE(fields),
			 offset % sizeof(call_single_data_t));
}

/* Behind the variables lie the rows of call_single_data, one a sender. */
static bool name_percpu(const void *p, struct address_name *name)
{
	size_t section = ALIGN((size_t)(__stop_percpu_data -
					__start_percpu_data), CACHELINE);
	char *ptr;
	int cpu = address_percpu(p, &ptr);
	size_t offset;

	if (cpu < 0)
		return false;
	offset = (size_t)(ptr - machine_percpu_base);
	if (offset >= machine_percpu_static_size) {
		address_object_is(name, "run-time per-CPU memory of CPU %d",
				  cpu);
		address_offset_is(name, offset - machine_percpu_static_size);
		return true;
	}
	if (offset >= section) {
		offset -= section;
		name_csd(offset, cpu, name);
		return true;
	}
	if (name_variable(ptr, "per-CPU ", name))
		snprintf(name->object + strlen(name->object),
			 sizeof(name->object) - strlen(name->object),
			 " of CPU %d", cpu);
	if (lock_ops->name_percpu)
		lock_ops->name_percpu(ptr, name);
	return name->object[0];
}

/* ---- what is in the host's memory ---- */
#define OWN(member)	ADDRESS_FIELD(struct cpu, own.member)
#define SEEN(member)	ADDRESS_FIELD(struct cpu, seen.member)
#define TASK(member)	ADDRESS_FIELD(struct task_struct, member)

static bool name_cpu(const void *p, struct address_name *name)
{
	static const struct address_field fields[] = {
		OWN(id), OWN(node), OWN(pu), OWN(data_slice_bytes),
		OWN(preempt_count), OWN(irqs_off), OWN(in_idle), OWN(traced),
		OWN(rcu_depth), OWN(non_block), OWN(preempt_off_ip),
		OWN(nr_spinning), OWN(percpu_offset), OWN(current_task),
		OWN(tlb), ADDRESS_ARRAY(struct cpu, own.time_ns),
		OWN(nr_ipis_received), OWN(nr_switches), OWN(nr_got_on),
		OWN(nr_reports), OWN(nr_preempt_off), OWN(nr_irqs_off),
		OWN(machine), SEEN(pending), SEEN(sleeping),
	};
	unsigned cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		uintptr_t offset = (uintptr_t)p - (uintptr_t)cpus[cpu];

		if (offset >= sizeof(struct cpu))
			continue;
		address_object_is(name, "struct cpu of CPU %u", cpu);
		address_field_is(name, fields, ARRAY_SIZE(fields), offset);
		return true;
	}
	return false;
}

static bool name_task(const void *p, struct address_name *name)
{
	static const struct address_field fields[] = {
		TASK(pid), TASK(cpu), TASK(comm), TASK(state), TASK(flags),
		TASK(nr_held), ADDRESS_ARRAY(struct task_struct, held),
		TASK(blocked_on), TASK(blocked_lock), TASK(op_time),
		TASK(run_node), TASK(wake_node), TASK(wake_queued),
		TASK(on_queue), TASK(fiber), TASK(fn), TASK(arg), TASK(done),
	};
	bool on_stack;
	const struct task_struct *task = task_of_address(p, &on_stack);

	if (!task)
		return false;
	address_object_is(name, "%s of %s/%d on CPU %u", on_stack ?
			  "stack" : "task_struct", task->comm, task->pid,
			  task->cpu);
	if (!on_stack)
		address_field_is(name, fields, ARRAY_SIZE(fields),
				 (size_t)((const char *)p -
					  (const char *)task));
	return true;
}

void machine_name_address(const void *p, struct address_name *name)
{
	uintptr_t offset = (uintptr_t)p - (uintptr_t)machine_direct_map;

	memset(name, 0, sizeof(*name));
	if (name_percpu(p, name) || name_cpu(p, name) || name_task(p, name) ||
	    name_variable(p, "", name))
		return;
	if (offset < arena_size())
		address_object_is(name, "page frame %zu",
				  (size_t)(offset >> PAGE_SHIFT));
	else
		address_object_is(name, "memory of the workload");
}
