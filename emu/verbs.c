/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/verbs.h"

#include "emu/cmd.h"

const struct verb verb_table[] = {
	{ "run", "WORKLOAD|FILE.job|RESULT.json [key=value ...] [options]",
	  "one run, or a sweep over ranges (a..b  a..b*2  x|y|z)",
	  VERB_RUN, cmd_run },
	{ "list", "[workloads|kernels|archs|locks|policies|profiles|"
	  "invariants] [options]", "what there is to choose from",
	  VERB_LIST, cmd_list },
	{ "topo", "[SPEC] [options]",
	  "tell, price, convert or draw a topology", VERB_TOPO, cmd_topo },
	{ "show", "VIEW RESULT [key=value ...]",
	  "a text view of the emulated kernel, as cat would print it",
	  VERB_SHOW, cmd_show },
	{ "conform", "DUMP...|--live [options]",
	  "our formulas against what a real kernel printed",
	  VERB_CONFORM, cmd_conform },
	{ "doctor", "[options]", "can this host measure? what to change",
	  VERB_DOCTOR, cmd_doctor },
};

const size_t nr_verbs = sizeof(verb_table) / sizeof(verb_table[0]);

const char *const verbs_planned[] = {
	"compare", "check", "sweep", "merge", "report",
	"replay", "explore", "calibrate", NULL,
};
