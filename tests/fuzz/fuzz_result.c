/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results, as `shootdown run RESULT.json` repeats them. Anything else than an
 * object would be taken for a job file.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == '{')
		fuzz_source(data, size);
	return 0;
}
