#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzes the readers of users' input with libFuzzer; started by `make fuzz`,
# which says what to compile. Each target runs for $FUZZ_SECONDS (60),
# $FUZZ_JOBS at once (the processors), from its corpus in tests/fuzz/corpus;
# $FUZZ_TARGETS are the targets to run instead of all. Inputs that fail stay
# in fuzz/found/, new ones that reach new code in fuzz/corpus/. Exits 1 if a
# target failed.
set -u
: "${abs_top_srcdir:?see make fuzz}" "${FUZZ_SOURCES:?see make fuzz}"
here=$abs_top_srcdir/tests/fuzz
jobs=${FUZZ_JOBS:-$(getconf _NPROCESSORS_ONLN)}
targets=${FUZZ_TARGETS:-$(cd "$here" && ls fuzz_*.c |
	sed 's/^fuzz_\(.*\)\.c$/\1/')}
FUZZ_CC=${FUZZ_CC:-clang}
FUZZ_SECONDS=${FUZZ_SECONDS:-60}
FUZZ_FLAGS="-std=gnu11 -g -O1 -fno-omit-frame-pointer
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
	$FUZZ_CPPFLAGS"
export abs_top_srcdir FUZZ_CC FUZZ_SECONDS FUZZ_FLAGS FUZZ_LIBS

command -v "$FUZZ_CC" >/dev/null || {
	echo "make fuzz needs clang: apt-get install clang libclang-rt-dev" >&2
	exit 4
}
rm -rf fuzz/obj
mkdir -p fuzz/found fuzz/log fuzz/obj || exit 1

# shellcheck disable=SC2086 # a list
printf '%s\n' $FUZZ_SOURCES | grep '\.c$' | grep -v /replay |
	xargs -P "$jobs" -I{} sh -c '
	exec $FUZZ_CC $FUZZ_FLAGS -fsanitize=fuzzer-no-link -c \
		"$abs_top_srcdir/{}" -o "fuzz/obj/$(echo {} | tr / _).o"' ||
	exit 1
# shellcheck disable=SC2086 # a list
printf '%s\n' $targets | xargs -P "$jobs" -I{} sh -c '
	exec $FUZZ_CC $FUZZ_FLAGS -fsanitize=fuzzer \
		"$abs_top_srcdir/tests/fuzz/fuzz_{}.c" fuzz/obj/*.o \
		-o fuzz/{} $FUZZ_LIBS' || exit 1

# One line a target; of one that failed the end of its log.
# shellcheck disable=SC2086 # a list
printf '%s\n' $targets | xargs -P "$jobs" -I{} sh -c '
	mkdir -p fuzz/corpus/{}
	dict=$abs_top_srcdir/tests/fuzz/{}.dict
	[ -e "$dict" ] && set -- -dict="$dict" || set --
	fuzz/{} "$@" -max_total_time="$FUZZ_SECONDS" -max_len=4096 \
		-timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix=fuzz/found/{}- fuzz/corpus/{} \
		"$abs_top_srcdir/tests/fuzz/corpus/{}" >fuzz/log/{} 2>&1
	status=$?
	runs=$(sed -n "s/^stat::number_of_executed_units: *//p" fuzz/log/{})
	if [ $status -eq 0 ]; then
		echo "ok - {}: ${runs:-?} inputs"
	else
		echo "not ok - {}"
		grep -vE "^#[0-9]|^ *#[0-9]+ .*libFuzzer" fuzz/log/{} |
			tail -n 40 | sed "s/^/# /"
		exit 1
	fi'
