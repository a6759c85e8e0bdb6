#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Twins: both machines define the same global symbols. Besides, sim may have its
# own sim_*, arbiters, queues of lines and what the compiler calls, native its
# native_* and qsbr_* (liburcu's side).
. "$(dirname "$0")/tap.sh"
cd "$builddir" || exit 99

# symbols ARCHIVE OWN: sorted, without its own and the sanitizers'
symbols()
{
	${NM:-nm} -g --defined-only "$1" 2>/dev/null |
		awk -v own="$2" 'NF == 3 && $3 !~ own &&
			$3 !~ /^(__odr_asan|__asan|__ubsan)/ { print $3 }' |
		sort -u
}

if [ ! -e libmachine-sim.a ]; then
	tap_skip 'both machines define the same symbols' 'sim is not built'
	tap_done
fi
symbols libmachine-native.a '^(native|qsbr)_' >"$tap_findings.native"
symbols libmachine-sim.a \
	'^(sim$|sim_|arbiter_|line_queue|__tsan_|__sanitizer_cov_)' >"$tap_findings.sim"
comm -23 "$tap_findings.native" "$tap_findings.sim" >"$tap_findings"
tap_result 'what native defines, sim defines'
comm -13 "$tap_findings.native" "$tap_findings.sim" >"$tap_findings"
tap_result 'what sim defines, native defines'

# The same file names, but for what only one of them needs.
only_native='native noise qsbr watchdog'
only_sim='sim coherence coherence_cache distance transaction schedule tsan races explore watch'
only_sim="$only_sim lines allocs line_queue grant profile"
only_sim="$only_sim arbiter arbiter_fifo arbiter_nearest"

# stray OWN: the files on standard input that are not among its own
stray()
{
	while read -r file; do
		case " $1 " in
		*" ${file%.[ch]} "*) ;;
		*) echo "$file" ;;
		esac
	done
}

(cd "$srcdir/cpus/native" && ls -- *.[ch]) | sort >"$tap_findings.native"
(cd "$srcdir/cpus/sim" && ls -- *.[ch]) | sort >"$tap_findings.sim"
{
	comm -23 "$tap_findings.native" "$tap_findings.sim" |
		stray "$only_native"
	comm -13 "$tap_findings.native" "$tap_findings.sim" | stray "$only_sim"
} >"$tap_findings"
tap_result 'native/ and sim/ hold the same files'
tap_done
