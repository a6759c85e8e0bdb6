/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel's views as a dump (emu/kernel_dump.h). */
#ifndef EMU_CONFORM_LIVE_H
#define EMU_CONFORM_LIVE_H

#include <stddef.h>

struct conform_live {
	char	*text;		/* the dump; owned */
	size_t	size;
	char	missing[256];	/* what could not be read and why; "" */
	size_t	nr_views;	/* that were read */
};

/* 0, or -ENOMEM; free with conform_live_exit in both cases. */
int conform_live_read(struct conform_live *live);
void conform_live_exit(struct conform_live *live);

#endif
