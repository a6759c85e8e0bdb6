/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xoshiro256** and splitmix64, after the authors' description. */
#include "cpus/rng.h"

static u64 splitmix64(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void rng_seed(struct rng *rng, u64 seed)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(rng->s); i++)
		rng->s[i] = splitmix64(&seed);
}

static u64 rotate_left(u64 x, unsigned n)
{
	return x << n | x >> (64 - n);
}

u64 rng_next(struct rng *rng)
{
	u64 *s = rng->s, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

/* The high half of a product with n; draws that would make some results more
 * likely are thrown away (Lemire 2019). */
u64 rng_below(struct rng *rng, u64 n)
{
	unsigned __int128 product = (unsigned __int128)rng_next(rng) * n;

	if ((u64)product < n) {
		u64 unfair = -n % n;

		while ((u64)product < unfair)
			product = (unsigned __int128)rng_next(rng) * n;
	}
	return (u64)(product >> 64);
}

bool rng_chance(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}
