/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Job files, as `shootdown run FILE.job` reads them. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_source(data, size);
	return 0;
}
