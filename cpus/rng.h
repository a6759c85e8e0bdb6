/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64. */
#ifndef CPUS_RNG_H
#define CPUS_RNG_H

#include "cpus/compiler.h"

struct rng {
	u64	s[4];
};

void rng_seed(struct rng *rng, u64 seed);
u64 rng_next(struct rng *rng);
/* Uniform in [0, n), n > 0, without modulo bias. */
u64 rng_below(struct rng *rng, u64 n);
/* True with the given chance in per cent. */
bool rng_chance(struct rng *rng, unsigned percent);

#endif
