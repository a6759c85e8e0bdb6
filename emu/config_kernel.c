/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/config_kernel.h"

#include <string.h>

#include "emu/usage.h"

/* Settings of kernels that came later. */
static enum status refuse_absent(const struct config *config,
				 const json_t *kernel, const char *name)
{
	json_t *word;
	size_t i;

	json_array_foreach(json_object_get(kernel, "absent"), i, word) {
		const char *setting = json_string_value(word);
		const struct axis *axis = setting ? sweep_find(&config->sweep,
					AXIS_TUNABLE, setting) : NULL;

		if (axis)
			return usage_error(axis->text, axis->text ?
					   (int)strlen(axis->text) : 0, NULL,
					   "kernel %s has no %s", name,
					   setting);
	}
	return STATUS_DONE;
}

enum status config_kernel(struct config *config)
{
	const struct axis *axis = sweep_find(&config->sweep, AXIS_OPTION,
					     "kernel");
	enum status status = STATUS_DONE;

	for (size_t i = 0; i < axis->values.nr && !status; i++) {
		const char *name = axis->values.items[i].word;
		const json_t *kernel = describe_named(config->describe,
						      "kernels", name);
		const char *partly = json_string_value(json_object_get(kernel,
								"partly"));

		status = refuse_absent(config, kernel, name);
		if (!status && partly)
			config_warn(config, "kernel %s is modelled in part: %s",
				    name, partly);
	}
	return status;
}
