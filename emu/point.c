/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/point.h"

#include <stdio.h>
#include <string.h>

#include "emu/json_set.h"
#include "emu/noise.h"
#include "emu/op_parts.h"

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* Of n values the sum of the fastest 99 %, by bucket: outliers of a busy host
 * (preemption by others, page faults of its own) are left out. */
static double trimmed_mean(const struct histogram *h)
{
	u64 left = max_t(u64, h->count * 99 / 100, 1), n = 0;
	double sum = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS && left; i++) {
		u64 take = min_t(u64, h->buckets[i], left);

		sum += (double)take * (double)histogram_bucket_low(i);
		n += take;
		left -= take;
	}
	return ratio(sum, (double)n);
}

/* Without what the clock took of a sample, never below nothing. */
static u64 less(u64 value, double clock_ns)
{
	u64 clock = (u64)clock_ns;

	return value - min(value, clock);
}

static double mean_less(double mean, double clock_ns)
{
	return mean > clock_ns ? mean - clock_ns : 0;
}

static json_t *buckets_json(const struct histogram *h, double clock_ns)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (h->buckets[i])
			json_array_append_new(list, json_pack("[I, I]",
				(json_int_t)less(histogram_bucket_low(i),
						 clock_ns),
				(json_int_t)h->buckets[i]));
	return list;
}

static json_t *histogram_json(const struct histogram *h, double clock_ns)
{
	json_t *json = json_object();

	if (!h->count)
		return json;
	set_real(json, "mean", mean_less(ratio((double)h->sum,
					       (double)h->count), clock_ns));
	set_real(json, "mean_trimmed", mean_less(trimmed_mean(h), clock_ns));
	set_u64(json, "min", less(h->min, clock_ns));
	set_u64(json, "p50", less(histogram_quantile(h, 0.5), clock_ns));
	set_u64(json, "p90", less(histogram_quantile(h, 0.9), clock_ns));
	set_u64(json, "p99", less(histogram_quantile(h, 0.99), clock_ns));
	set_u64(json, "p999", less(histogram_quantile(h, 0.999), clock_ns));
	set_u64(json, "max", less(h->max, clock_ns));
	set_u64(json, "samples", h->count);
	return json;
}

/* ---- operations ------------------------------------------------------- */
static unsigned phase_of(const struct workload *workload, unsigned op)
{
	for (unsigned i = 0; i < WORKLOAD_MAX_PHASES; i++)
		if (workload->phases[i].ops & 1u << op)
			return i;
	return 0;
}

static double clock_ns_of(const struct run *run)
{
	return (double)run->clock_ps / 1000;
}

static double cpu_mean(const struct run *run, unsigned cpu, unsigned op)
{
	return mean_less(trimmed_mean(run->workers[cpu].ops[op].samples),
			 clock_ns_of(run));
}

static json_t *extreme_json(const struct run *run, unsigned cpu, unsigned op)
{
	json_t *json = json_pack("{s:i}", "cpu", cpu);

	set_real(json, "mean_ns", cpu_mean(run, cpu, op));
	return json;
}

static json_t *extremes_json(const struct run *run, unsigned op)
{
	unsigned slow = 0, fast = 0;
	json_t *json = json_object();

	for (unsigned cpu = 1; cpu < run->nr_cpus; cpu++) {
		if (cpu_mean(run, cpu, op) > cpu_mean(run, slow, op))
			slow = cpu;
		if (cpu_mean(run, cpu, op) < cpu_mean(run, fast, op))
			fast = cpu;
	}
	json_object_set_new(json, "slowest", extreme_json(run, slow, op));
	json_object_set_new(json, "fastest", extreme_json(run, fast, op));
	return json;
}

static u64 contended_in(const struct counters *c)
{
	u64 sum = 0;

	for (unsigned i = 0; i < LOCK_CLASS_MAX; i++)
		sum += c->locks[i].contended;
	return sum;
}

static json_t *per_op_json(const struct phase_outcome *phase)
{
	json_t *json = json_object();
	double ops = (double)phase->ops;

	set_real(json, "ipis",
		 ratio((double)phase->counters.smp.ipis_sent, ops));
	set_real(json, "tlb_misses",
		 ratio((double)phase->counters.tlb.misses, ops));
	set_real(json, "contended",
		 ratio((double)contended_in(&phase->counters), ops));
	return json;
}

static json_t *op_json(const struct outcome *o, unsigned op)
{
	const struct run *run = &o->run;
	unsigned phase = phase_of(run->workload, op);
	struct histogram all;
	u64 count = 0, failed = 0;
	json_t *json, *ns;

	histogram_init(&all);
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct op_record *r = &run->workers[cpu].ops[op];

		count += r->count;
		failed += r->failed;
		histogram_merge(&all, r->samples);
	}
	if (!count)
		return NULL;
	json = json_pack("{s:s, s:s, s:I, s:I}", "name",
			 run->workload->ops[op], "phase",
			 run->workload->phases[phase].name,
			 "count", (json_int_t)count,
			 "failed", (json_int_t)failed);
	set_real(json, "per_s", ratio((double)count * 1e9,
				      (double)o->phases[phase].time_ns));
	ns = histogram_json(&all, clock_ns_of(run));
	json_object_set_new(ns, "hist", buckets_json(&all, clock_ns_of(run)));
	json_object_set_new(json, "ns", ns);
	ns = op_parts_json(run, op);
	if (ns)
		json_object_set_new(json, "breakdown", ns);
	json_object_set_new(json, "cpus", extremes_json(run, op));
	json_object_set_new(json, "per_op", per_op_json(&o->phases[phase]));
	return json;
}

static json_t *ops_json(const struct outcome *o)
{
	json_t *ops = json_array();

	for (unsigned op = 0; o->run.workload->ops[op]; op++) {
		json_t *json = op_json(o, op);

		if (json)
			json_array_append_new(ops, json);
	}
	return ops;
}

/* ---- counters --------------------------------------------------------- */
static json_t *locks_json(const struct counters *c, bool lockstat)
{
	json_t *locks = json_array();

	for (unsigned i = 0; i < LOCK_CLASS_MAX; i++) {
		const struct lock_class *class = lock_class(i);
		const struct lock_stat *s = &c->locks[i];
		json_t *json;

		if (!class || !class->name || (!s->contended && !s->acquired))
			continue;
		json = json_pack("{s:s}", "class", class->name);
		if (lockstat)
			set_u64(json, "acquired", s->acquired);
		set_u64(json, "contended", s->contended);
		json_object_set_new(json, "wait_ns",
			json_pack("{s:I, s:I}",
				  "total", (json_int_t)s->wait_ns_total,
				  "max", (json_int_t)s->wait_ns_max));
		if (lockstat)
			json_object_set_new(json, "hold_ns",
				json_pack("{s:I, s:I}",
					"total", (json_int_t)s->hold_ns_total,
					"max", (json_int_t)s->hold_ns_max));
		json_array_append_new(locks, json);
	}
	return locks;
}

static json_t *ipi_json(const struct outcome *o)
{
	const struct smp_stat *s = &o->total.smp;
	json_t *json = json_object();

	set_u64(json, "sent", s->ipis_sent);
	set_u64(json, "calls", s->calls);
	set_u64(json, "coalesced", s->coalesced);
	set_u64(json, "targets", s->targets);
	if (o->ack_ns.count)
		json_object_set_new(json, "ack_ns",
				    histogram_json(&o->ack_ns, 0));
	return json;
}

static json_t *tlb_json(const struct tlb_stat *s, const struct flush_stat *f)
{
	json_t *json = json_object();

	set_u64(json, "hits", s->hits);
	set_u64(json, "l2_hits", s->l2_hits);
	set_u64(json, "misses", s->misses);
	set_u64(json, "flush_full", f->full);
	set_u64(json, "flush_range", f->ranged);
	set_u64(json, "pages_flushed", s->pages_flushed);
	set_u64(json, "stale_uses", s->stale_uses);
	return json;
}

static json_t *pages_json(const u64 *events)
{
	json_t *json = json_object();

	set_u64(json, "alloc", events[PGALLOC_DMA] + events[PGALLOC_DMA32] +
		events[PGALLOC_NORMAL]);
	set_u64(json, "free", events[PGFREE]);
	set_u64(json, "pcp_refill", events[PCP_REFILL]);
	set_u64(json, "pcp_drain", events[PCP_DRAIN]);
	set_u64(json, "fallback_claim", events[FALLBACK_CLAIM]);
	set_u64(json, "fallback_steal", events[FALLBACK_STEAL]);
	set_u64(json, "failed", events[ALLOC_FAILED]);
	set_u64(json, "failslab", events[FAILSLAB]);
	set_u64(json, "fail_page_alloc", events[FAIL_PAGE_ALLOC]);
	set_u64(json, "reserve", events[ALLOC_RESERVE]);
	set_u64(json, "highatomic_reserved", events[HIGHATOMIC_RESERVED]);
	set_u64(json, "highatomic_unreserved",
		events[HIGHATOMIC_UNRESERVED]);
	return json;
}

static json_t *slab_json(const u64 *stats)
{
	json_t *json = json_object();

	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		if (stats[i])
			set_u64(json, slub_stat_names[i], stats[i]);
	return json;
}

static json_t *vmalloc_json(const struct vmap_stat *s)
{
	json_t *json = json_object();

	set_u64(json, "purges", s->purges);
	set_u64(json, "areas_purged", s->areas_purged);
	set_u64(json, "pool_hits", s->pool_hits);
	set_u64(json, "pool_misses", s->pool_misses);
	set_u64(json, "overflows", s->overflows);
	return json;
}

/* ---- the run as a whole ----------------------------------------------- */
static json_t *derived_json(const struct request *r, const struct outcome *o)
{
	json_t *json = json_object();

	set_u64(json, "online", r->online);
	set_u64(json, "memory_bytes", r->memory_bytes);
	set_u64(json, "managed_pages", totalram_pages());
	set_u64(json, "min_objects", slub_min_objects());
	set_u64(json, "lazy_max_pages", lazy_max_pages());
	set_u64(json, "nr_vmap_nodes", vmap_nr_nodes());
	if (o->run.depth_used)
		set_u64(json, "depth", o->run.depth_used);
	return json;
}

static json_t *binding_json(const struct request *r)
{
	json_t *binding = json_array();

	for (unsigned cpu = 0; cpu < r->online; cpu++)
		json_array_append_new(binding, json_pack("{s:i, s:i, s:i}",
			"cpu", cpu, "pu",
			r->topology->pus[cpus[cpu]->own.pu].os_index,
			"node", cpus[cpu]->own.node));
	return binding;
}

static json_t *overhead_json(const struct outcome *o)
{
	json_t *json = json_object();

	set_real(json, "empty_loop_ns", (double)o->empty_loop_ps / 1000);
	set_real(json, "tlb_hit_ns", o->tlb_hit_ns);
	set_real(json, "clock_ns", (double)o->run.clock_ps / 1000);
	return json;
}

static json_t *time_in_json(const struct outcome *o)
{
	json_t *json = json_object();
	u64 total = 0;

	for (unsigned cpu = 0; cpu < o->run.nr_cpus; cpu++)
		total += o->run.workers[cpu].time_ns;
	set_u64(json, "total_ns", total);
	set_u64(json, "lock_wait_ns", o->total.time_ns[CPU_TIME_LOCK_WAIT]);
	set_u64(json, "ack_wait_ns", o->total.time_ns[CPU_TIME_ACK_WAIT]);
	set_u64(json, "zeroing_ns", o->total.time_ns[CPU_TIME_ZEROING]);
	json_object_set_new(json, "zeroing_sampled",
			    json_boolean(!machine_is_virtual()));
	return json;
}

static json_t *invariants_json(const struct outcome *o)
{
	json_t *ids = json_array();
	char list[512], *save = NULL;

	snprintf(list, sizeof(list), "%s", audit_violated_ids());
	for (char *id = strtok_r(list, ",", &save); id;
	     id = strtok_r(NULL, ",", &save))
		json_array_append_new(ids, json_string(id));
	return json_pack("{s:i, s:i, s:o}", "checked", o->audit.checked,
			 "violated", o->audit.violated, "ids", ids);
}

static json_t *reports_json(void)
{
	json_t *reports = json_array();
	const char *text;

	for (unsigned i = 0; (text = kernel_bug_text(i)); i++)
		json_array_append_new(reports, json_string(text));
	return reports;
}

static json_t *sim_json(const struct request *r, const struct outcome *o)
{
	json_t *json = json_object();

	set_u64(json, "events", o->machine.events);
	set_u64(json, "switches", o->machine.switches);
	if (!r->reproducible)
		set_u64(json, "host_ns", o->machine.host_ns);
	return json;
}

static json_t *figures_json(const struct run *run)
{
	json_t *json = json_object();

	for (unsigned i = 0; i < run->nr_figures; i++)
		if (run->figures[i].is_milli)
			set_real(json, run->figures[i].name,
				 (double)run->figures[i].value / 1000);
		else
			set_u64(json, run->figures[i].name,
				run->figures[i].value);
	return json;
}

static void add_measured(json_t *point, const struct request *r,
			 const struct outcome *o)
{
	u64 time_ns = 0;

	for (unsigned i = 0; i < WORKLOAD_MAX_PHASES; i++)
		time_ns += o->phases[i].time_ns;
	set_u64(point, "time_ns", time_ns);
	json_object_set_new(point, "ops", ops_json(o));
	json_object_set_new(point, "overhead", overhead_json(o));
	json_object_set_new(point, "time_in", time_in_json(o));
	json_object_set_new(point, "locks",
			    locks_json(&o->total, r->lockstat));
	json_object_set_new(point, "ipi", ipi_json(o));
	json_object_set_new(point, "tlb", tlb_json(&o->total.tlb,
						   &o->total.flush));
	json_object_set_new(point, "pages", pages_json(o->total.events));
	json_object_set_new(point, "slab", slab_json(o->total.slub));
	json_object_set_new(point, "vmalloc", vmalloc_json(&o->total.vmap));
	if (o->lines)
		json_object_set(point, "lines", o->lines);
	if (o->run.nr_figures)
		json_object_set_new(point, "figures", figures_json(&o->run));
	if (json_object_size(o->views.texts))
		json_object_set(point, "views", o->views.texts);
	if (json_object_size(o->views.omitted))
		json_object_set(point, "views_omitted", o->views.omitted);
}

/* The first report that nobody expected, or that there are too few. */
static const char *error_text(const struct outcome *o)
{
	const char *text = kernel_bug_text((unsigned)o->run.bugs_expected);

	if (!text)
		text = kernel_bug_text(0);
	return text ? text : "a report that was provoked did not come";
}

static json_t *events_json(const struct outcome *o)
{
	json_t *json = json_object();

	set_u64(json, "entries", o->events.entries);
	set_u64(json, "lost", o->events.lost);
	if (o->events_error)
		json_object_set_new(json, "error",
				    json_string(strerror(-o->events_error)));
	return json;
}

static void add_not_run(json_t *point, const struct outcome *o)
{
	json_t *needs;

	json_object_set_new(point, "not_run", json_string(o->not_run));
	if (!o->run.needs.bytes)
		return;
	needs = json_object();
	set_u64(needs, "bytes", o->run.needs.bytes);
	set_u64(needs, "limit_bytes", o->run.needs.limit);
	json_object_set_new(needs, "limit", json_string(o->run.needs.what));
	json_object_set_new(point, "needs", needs);
}

json_t *point_write(const struct request *r, const struct outcome *o)
{
	json_t *point = json_object();
	bool broken = nr_kernel_bugs() != o->run.bugs_expected;

	json_object_set_new(point, "error", broken ?
			    json_string(error_text(o)) : json_null());
	json_object_set_new(point, "oversubscribed",
			    json_boolean(!machine_is_virtual() &&
					 r->online > r->pus));
	json_object_set_new(point, "derived", derived_json(r, o));
	if (!r->reproducible || machine_is_virtual())
		json_object_set_new(point, "binding", binding_json(r));
	if (o->not_run)
		add_not_run(point, o);
	else
		add_measured(point, r, o);
	if (machine_is_virtual())
		json_object_set_new(point, "sim", sim_json(r, o));
	else if (!o->not_run && !r->reproducible)
		noise_write(point, r, o);
	if (r->events_bytes)
		json_object_set_new(point, "events", events_json(o));
	json_object_set_new(point, "invariants", invariants_json(o));
	json_object_set_new(point, "reports", reports_json());
	return point;
}
