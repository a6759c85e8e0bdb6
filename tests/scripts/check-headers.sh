#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each header compiles alone, on both machines (its own only, below native/ and
# sim/): no header relies on what another file included before it.
. "$(dirname "$0")/tap.sh"
cd "$srcdir" || exit 99

# compiles HEADER MACHINE
compiles()
{
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
		${CC:-gcc} -std=gnu11 -D_GNU_SOURCE "-DMACHINE_$2" \
		-DWITH_CHECKS -I. -I"$builddir" -Wall -Wextra -Wundef \
		-Wno-unused-parameter -Werror -fsyntax-only -x c - \
		>"$tap_findings" 2>&1
	[ $? -eq 0 ] && : >"$tap_findings"
	tap_result "$1 $2"
}

for header in $(c_sources cpus mm workloads emu tests | grep '\.h$'); do
	case $header in
	cpus/sim/*) ;;
	*) compiles "$header" NATIVE ;;
	esac
	case $header in
	cpus/native/*) ;;
	*) compiles "$header" SIM ;;
	esac
done
tap_done
