#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One policy, one file, one symbol: the object of a policy's file has a single
# global symbol, FAMILY_POLICY, and emu/compose.c's tables list every policy.
. "$(dirname "$0")/tap.sh"
families='lock vmap slab tlbflush'
compose=$srcdir/emu/compose.c

# globals OBJECT: its global definitions, the sanitizers' own left out.
globals()
{
	${NM:-nm} -g --defined-only "$1" |
		awk 'NF == 3 && $3 !~ /^(__odr_asan|__asan|__ubsan)/ { print $3 }'
}

# check_object POLICY MACHINE
check_object()
{
	object=$(ls "$builddir"/*/libkernel_"$2"_a-"$1".o 2>/dev/null)
	if [ -z "$object" ]; then
		echo "no object of $1.c in libkernel-$2.a" >"$tap_findings"
	else
		globals "$object" >"$tap_findings.globals"
		echo "$1" | cmp -s - "$tap_findings.globals" ||
			sed "s/^/$1.c has the global symbol /" \
			"$tap_findings.globals" >"$tap_findings"
	fi
	tap_result "$1 is the one symbol of its file ($2)"
}

names=$(echo $families | tr ' ' '|')
listed=$(grep -oE "&($names)_[a-z0-9_]+" "$compose" | tr -d '&' | sort -u)
for policy in $listed; do
	check_object "$policy" native
	[ -e "$builddir/libkernel-sim.a" ] && check_object "$policy" sim
done

# A file of a family's name that ends in a policy must be in a table.
for family in $families; do
	for file in "$srcdir"/cpus/"$family"_*.c "$srcdir"/mm/"$family"_*.c; do
		policy=$(basename "$file" .c)
		[ -e "$file" ] || continue
		echo "$listed" | grep -qx "$policy" && continue
		grep -nH "^const struct [a-z_]* $policy = {" "$file" \
			>>"$tap_findings"
	done
done
[ -n "$listed" ] || echo "no policy found in emu/compose.c" >>"$tap_findings"
tap_result 'emu/compose.c lists every policy'
tap_done
