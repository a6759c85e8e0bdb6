#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rules of style that a machine can decide: 80 columns, functions of at
# most 70 lines, tabs, no unfinished marks, an SPDX line, and that each file is
# in its folder's files.am.
. "$(dirname "$0")/tap.sh"
cd "$srcdir" || exit 99

sources=$(c_sources cpus mm workloads emu tests)
scripts=$(find tests build-aux/ar-sim bootstrap .ci/run -type f \
	\( -name '*.sh' -o -name '*.test' -o -name '*.py' -o -name ar-sim \
	-o -name bootstrap -o -name run \) 2>/dev/null | sort)
makefiles=$(ls configure.ac Makefile.am ./*/files.am)
spdx='SPDX-License-Identifier: GPL-2.0-or-later'

awk '{
		width = split($0, part, "\t")
		column = 0
		for (i = 1; i <= width; i++) {
			column += length(part[i])
			if (i < width)
				column += 8 - column % 8
		}
		if (column > 80)
			print FILENAME ":" FNR ": " column " columns"
	}' $sources >"$tap_findings"
tap_result '80 columns'

# kernel style: a function's braces are alone in column one
awk 'FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start + 1 > 70)
			print FILENAME ":" start ": " FNR - start + 1 " lines"
		start = 0
	}' $sources >"$tap_findings"
tap_result 'functions of at most 70 lines'

grep -nE '[[:blank:]]$|^\t* {8}|^ +\t' $sources >"$tap_findings"
tap_result 'indented by tabs, no blanks at the end of a line'

# the brackets keep this file from finding itself
grep -nE '(^|[^[:alnum:]])(TO[D]O|FIX[M]E|XX[X]|HAC[K])([^[:alnum:]]|$)' $sources $scripts $makefiles \
	>"$tap_findings"
grep -nE '^[[:space:]]*#[[:space:]]*if[[:space:]]+0' $sources \
	>>"$tap_findings"
tap_result 'nothing unfinished, nothing switched off'

awk -v spdx="$spdx" 'FNR <= 2 && index($0, spdx) { good[FILENAME] = 1 }
	FNR > 2 { nextfile }
	END {
		for (i = 1; i < ARGC; i++)
			if (ARGV[i] !~ /^spdx=/ && !(ARGV[i] in good))
				print ARGV[i]
	}' $sources $scripts $makefiles >"$tap_findings"
tap_result 'each file names its licence'

for folder in cpus mm workloads emu tests; do
	grep -oE "(%D%|$folder)/[a-z0-9_/]+\.[ch]" "$folder/files.am" |
		sed "s|^%D%|$folder|"
done | sort -u >"$tap_findings.listed"
echo "$sources" | grep -vxF -f "$tap_findings.listed" >"$tap_findings"
tap_result 'each source is in its files.am'

grep -nE '(^|[^[:alnum:]_])extern[[:space:]]' \
	$(echo "$sources" | grep '\.c$') >"$tap_findings"
tap_result 'no extern in a .c'
tap_done
