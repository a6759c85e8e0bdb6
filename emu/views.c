/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/views.h"

#include <stdio.h>

#include "cpus/procfs.h"
#include "mm/procfs.h"

/* Of each but VIEW_SLAB, which is one a cache. */
static void (*const shows[NR_VIEWS])(struct seq_file *m) = {
	[VIEW_LOCK_STAT]	= lock_stat_show,
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
	struct seq_file	m;		/* the text of the view at hand */
};

static void keep(struct taking *t, const char *name)
{
	if (t->small && t->m.count > VIEW_SMALL_BYTES)
		json_object_set_new(t->views->omitted, name,
				    json_integer((json_int_t)t->m.count));
	else
		json_object_set_new(t->views->texts, name,
				    json_string(seq_text(&t->m)));
}

static void keep_cache(void *arg, const char *cache)
{
	char name[128];

	snprintf(name, sizeof(name), "%s:%s", view_names[VIEW_SLAB].name,
		 cache);
	keep(arg, name);
}

static void take_cache(void *arg, const struct kmem_cache *s)
{
	struct taking *t = arg;

	slab_sysfs_show(&t->m, s);
	slab_for_each_name(s, keep_cache, t);
	seq_release(&t->m);
}

static void take(struct taking *t, enum view_id id)
{
	if (id == VIEW_SLAB) {
		slab_for_each_cache(take_cache, t);
		return;
	}
	if (id == VIEW_LOCK_STAT && !lock_stat_enabled())
		return;
	shows[id](&t->m);
	keep(t, view_names[id].name);
	seq_release(&t->m);
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
