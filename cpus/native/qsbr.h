/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liburcu's QSBR flavour, seen from rcu.c, whose own names are liburcu's: the
 * two cannot meet in one file. libtsan does not see into liburcu, so what a
 * grace period orders is told to it here.
 */
#ifndef CPUS_NATIVE_QSBR_H
#define CPUS_NATIVE_QSBR_H

/* The calling thread becomes a reader. It starts online. */
void qsbr_register(void);
/* An online reader holds no reference right now. */
void qsbr_quiescent(void);
/* Between these a reader holds none and is not waited for. */
void qsbr_offline(void);
void qsbr_online(void);
/* Waits for a grace period; from a thread that is no reader. */
void qsbr_synchronize(void);

#endif
