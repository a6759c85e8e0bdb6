/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's events, made here. */
#define CREATE_TRACE_POINTS
#define TRACE_FLAGS_TEXT	gfp_names
#include "mm/gfp.h"
#include "mm/trace_page.h"
#include "mm/trace_slab.h"
#include "mm/trace_vmalloc.h"
