/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of the engine's JSON, all written in the same way. */
#ifndef EMU_JSON_SET_H
#define EMU_JSON_SET_H

#include <jansson.h>

#include "cpus/compiler.h"

static inline void set_u64(json_t *json, const char *key, u64 value)
{
	json_object_set_new(json, key, json_integer((json_int_t)value));
}

/* Real numbers have three decimals: enough, and the same on every host. */
static inline json_t *rounded_real(double value)
{
	return json_real((double)(s64)(value * 1000 + 0.5) / 1000);
}

static inline void set_real(json_t *json, const char *key, double value)
{
	json_object_set_new(json, key, rounded_real(value));
}

#endif
