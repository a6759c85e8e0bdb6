/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/views.h"

#include <stdio.h>

#include "cpus/procfs.h"
#include "mm/procfs.h"
#include "mm/slab.h"

/* Of each but VIEW_SLAB, which is one a cache. */
static void (*const shows[NR_VIEWS])(struct seq_file *m) = {
	[VIEW_SLABINFO]		= slabinfo_show,
	[VIEW_BUDDYINFO]	= buddyinfo_show,
	[VIEW_ZONEINFO]		= zoneinfo_show,
	[VIEW_PAGETYPEINFO]	= pagetypeinfo_show,
	[VIEW_EXTFRAG_INDEX]	= extfrag_index_show,
	[VIEW_UNUSABLE_INDEX]	= unusable_index_show,
	[VIEW_VMSTAT]		= vmstat_show,
	[VIEW_VMALLOCINFO]	= vmallocinfo_show,
	[VIEW_INTERRUPTS]	= interrupts_show,
};

struct taking {
	struct views	*views;
	bool		small;
};

static void keep(struct taking *t, const char *name, struct seq_file *m)
{
	if (t->small && m->count > VIEW_SMALL_BYTES)
		json_object_set_new(t->views->omitted, name,
				    json_integer((json_int_t)m->count));
	else
		json_object_set_new(t->views->texts, name,
				    json_string(seq_text(m)));
	seq_release(m);
}

static void take_cache(void *arg, const struct kmem_cache *s)
{
	struct seq_file m = { 0 };
	struct taking *t = arg;
	char name[128];

	slab_sysfs_show(&m, s);
	snprintf(name, sizeof(name), "%s:%s", view_names[VIEW_SLAB].name,
		 kmem_cache_name(s));
	keep(t, name, &m);
}

static void take(struct taking *t, enum view_id id)
{
	struct seq_file m = { 0 };

	if (id == VIEW_SLAB) {
		slab_for_each_cache(take_cache, t);
		return;
	}
	shows[id](&m);
	keep(t, view_names[id].name, &m);
}

/* Interrupts that are pending wait: in a quiet section they would be free. */
void views_take(const struct view_choice *choice, struct views *views)
{
	struct taking t = { .views = views, .small = choice->small };

	views->texts = json_object();
	views->omitted = json_object();
	local_irq_disable();
	machine_quiet_begin();
	for (unsigned id = 0; id < NR_VIEWS; id++)
		if (choice->ids >> id & 1)
			take(&t, (enum view_id)id);
	machine_quiet_end();
	local_irq_enable();
}
