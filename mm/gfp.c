/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation flags in words: composites first (mmflags.h of 6.12). */
#include "mm/gfp.h"

static const struct {
	gfp_t		bits;
	const char	*name;
} gfp_flag_names[] = {
	{ GFP_HIGHUSER_MOVABLE,	"GFP_HIGHUSER_MOVABLE" },
	{ GFP_HIGHUSER,		"GFP_HIGHUSER" },
	{ GFP_USER,		"GFP_USER" },
	{ GFP_KERNEL_ACCOUNT,	"GFP_KERNEL_ACCOUNT" },
	{ GFP_KERNEL,		"GFP_KERNEL" },
	{ GFP_NOFS,		"GFP_NOFS" },
	{ GFP_ATOMIC,		"GFP_ATOMIC" },
	{ GFP_NOIO,		"GFP_NOIO" },
	{ GFP_NOWAIT,		"GFP_NOWAIT" },
	{ GFP_DMA,		"GFP_DMA" },
	{ __GFP_HIGHMEM,	"__GFP_HIGHMEM" },
	{ GFP_DMA32,		"GFP_DMA32" },
	{ __GFP_HIGH,		"__GFP_HIGH" },
	{ __GFP_IO,		"__GFP_IO" },
	{ __GFP_FS,		"__GFP_FS" },
	{ __GFP_NOWARN,		"__GFP_NOWARN" },
	{ __GFP_RETRY_MAYFAIL,	"__GFP_RETRY_MAYFAIL" },
	{ __GFP_NOFAIL,		"__GFP_NOFAIL" },
	{ __GFP_NORETRY,	"__GFP_NORETRY" },
	{ __GFP_COMP,		"__GFP_COMP" },
	{ __GFP_ZERO,		"__GFP_ZERO" },
	{ __GFP_NOMEMALLOC,	"__GFP_NOMEMALLOC" },
	{ __GFP_MEMALLOC,	"__GFP_MEMALLOC" },
	{ __GFP_HARDWALL,	"__GFP_HARDWALL" },
	{ __GFP_THISNODE,	"__GFP_THISNODE" },
	{ __GFP_RECLAIMABLE,	"__GFP_RECLAIMABLE" },
	{ __GFP_MOVABLE,	"__GFP_MOVABLE" },
	{ __GFP_ACCOUNT,	"__GFP_ACCOUNT" },
	{ __GFP_WRITE,		"__GFP_WRITE" },
	{ __GFP_RECLAIM,	"__GFP_RECLAIM" },
	{ __GFP_DIRECT_RECLAIM,	"__GFP_DIRECT_RECLAIM" },
	{ __GFP_KSWAPD_RECLAIM,	"__GFP_KSWAPD_RECLAIM" },
};

/* Cut off when full; end has room for the final zero. */
static char *append(char *to, const char *end, const char *text)
{
	while (*text && to < end)
		*to++ = *text++;
	return to;
}

static char *append_hex(char *to, const char *end, gfp_t bits)
{
	int shift = bits ? (int)(fls(bits) - 1) / 4 * 4 : 0;

	to = append(to, end, "0x");
	for (; shift >= 0 && to < end; shift -= 4)
		*to++ = "0123456789abcdef"[bits >> shift & 15];
	return to;
}

char *gfp_names(gfp_t gfp, char *buffer, size_t size)
{
	const char *end = buffer + size - 1;
	const char *separator = "";
	char *to = buffer;
	unsigned i;

	must(size > 0);
	for (i = 0; i < ARRAY_SIZE(gfp_flag_names) && gfp; i++) {
		gfp_t bits = gfp_flag_names[i].bits;

		if ((gfp & bits) != bits)
			continue;
		gfp &= ~bits;
		to = append(to, end, separator);
		to = append(to, end, gfp_flag_names[i].name);
		separator = "|";
	}
	if (gfp) {
		to = append(to, end, separator);
		to = append_hex(to, end, gfp);
	}
	*to = '\0';
	return buffer;
}
