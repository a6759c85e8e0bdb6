#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom: inclusion points down only (emu, workloads, mm, cpus),
# the kernel knows no machine and nothing of the host.
. "$(dirname "$0")/tap.sh"
cd "$srcdir" || exit 99

# includes FILE...: "file:line:what", what as written, with its " or <.
includes()
{
	[ $# -gt 0 ] || return 0
	grep -nH '^[[:space:]]*#[[:space:]]*include' "$@" |
		sed 's/^\([^:]*:[0-9]*:\)[^"<]*\(["<].*[">]\).*/\1\2/'
}

# allow NAME REGEX FILE...: only these root-relative quoted includes.
allow()
{
	name=$1 regex=$2
	shift 2
	includes "$@" | grep -vE ":<|:\"($regex)\"\$" >"$tap_findings"
	tap_result "$name includes only $regex"
}

# deny NAME REGEX FILE...: does not occur outside of strings and comments.
deny()
{
	name=$1 regex=$2
	shift 2
	[ $# -eq 0 ] || REGEX=$regex awk '
		FNR == 1 { comment = 0 }
		{
			text = $0
			gsub(/"[^"]*"/, "\"\"", text)
			gsub(/\/\*([^*]|\*[^\/])*\*\//, "", text)
			if (comment && sub(/.*\*\//, "", text))
				comment = 0
			if (comment)
				next
			if (sub(/\/\*.*/, "", text))
				comment = 1
			if (text ~ ENVIRON["REGEX"])
				print FILENAME ":" FNR ": " $0
		}' "$@" >"$tap_findings"
	tap_result "$name"
}

# The driver's and the engines' files, as emu/files.am has them.
listed()
{
	sed -n "s|^$1 *+= *%D%/|$2/|p" "$2/files.am"
}

kernel_of_cpus=$(listed kernel_sources cpus)
driver=$(listed driver_sources emu)
common=$(c_sources cpus | grep -v '/.*/' | grep -v '^cpus/machine\.h$')
others=$(c_sources emu | grep -vxF "${driver:-none}")

# shellcheck disable=SC2046,SC2086 # lists of names without blanks
{
allow cpus/machine.h 'cpus/[a-z0-9_]+\.h|cpus/(native|sim)/inline\.h' \
	cpus/machine.h
allow cpus/ 'cpus/[a-z0-9_]+\.h' $common
allow cpus/native/ 'cpus/[a-z0-9_]+\.h|cpus/native/.*' $(c_sources cpus/native)
allow cpus/sim/ 'cpus/[a-z0-9_]+\.h|cpus/sim/.*' $(c_sources cpus/sim)
allow mm/ 'mm/.*|cpus/machine\.h' $(c_sources mm)
allow workloads/ 'workloads/.*|mm/.*|cpus/machine\.h|cpus/(histogram|rng|series)\.h' \
	$(c_sources workloads)
allow "emu/'s engine" 'emu/.*|workloads/.*|mm/.*|cpus/[a-z0-9_]+\.h' $others
allow "emu/'s driver" 'emu/.*|cpus/(profile|rng|topology|topology_tree)\.h' \
	$driver

deny 'only cpus/machine.h asks which machine is compiled' \
	'MACHINE_(NATIVE|SIM)' $common $(c_sources cpus/native cpus/sim mm \
	workloads emu tests)
deny 'the kernel includes nothing of the host' \
	'^[[:space:]]*#[[:space:]]*include[[:space:]]*<' \
	$(c_sources mm workloads) $kernel_of_cpus
deny 'the kernel calls nothing of the host' \
	'(^|[^[:alnum:]_])(pthread_|hwloc_|urcu_|malloc *\(|calloc *\(|free *\(|rand *\(|time *\(|f?printf *\()' \
	$(c_sources mm workloads) $kernel_of_cpus
deny 'the kernel has no volatile, assembly or thread-locals' \
	'(^|[^[:alnum:]_])(volatile|asm|__asm__|__thread|_Thread_local)([^[:alnum:]_]|$)' \
	$(c_sources mm workloads) $kernel_of_cpus
}
tap_done
