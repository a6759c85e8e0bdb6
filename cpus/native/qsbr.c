/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <urcu/urcu-qsbr.h>

#include "cpus/native/qsbr.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define QSBR_TSAN
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define QSBR_TSAN
#endif

#ifdef QSBR_TSAN
#include <sanitizer/tsan_interface.h>
/* What readers did before a report happens before the end of the grace
 * period; what was done before its start, before what they do after. */
static char reports, grace_periods;
#define order_release(p)	__tsan_release(p)
#define order_acquire(p)	__tsan_acquire(p)
#else
#define order_release(p)	((void)0)
#define order_acquire(p)	((void)0)
#endif

void qsbr_register(void)
{
	urcu_qsbr_register_thread();
}

void qsbr_quiescent(void)
{
	order_release(&reports);
	urcu_qsbr_quiescent_state();
	order_acquire(&grace_periods);
}

void qsbr_offline(void)
{
	order_release(&reports);
	urcu_qsbr_thread_offline();
}

void qsbr_online(void)
{
	urcu_qsbr_thread_online();
	order_acquire(&grace_periods);
}

void qsbr_synchronize(void)
{
	order_release(&grace_periods);
	urcu_qsbr_synchronize_rcu();
	order_acquire(&reports);
}
