#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the archives may refer to. The instrumented kernel: the compiler's hooks,
# itself and the machine, nothing of libc, libatomic, libtsan or the host; the
# machine: never instrumented; both as shipped: no planted fault.
. "$(dirname "$0")/tap.sh"
cd "$builddir" || exit 99
nm=${NM:-nm}

# defined ARCHIVE... / undefined ARCHIVE...: global symbols, once each
defined()
{
	$nm -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' |
		sort -u
}
undefined()
{
	$nm -u "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u
}

# users_of SYMBOL ARCHIVE: which members refer to it
users_of()
{
	$nm -A -u "$2" | awk -v s="$1" '$NF == s { sub(/:[^:]*$/, "", $1)
		print "  " $1 }'
}

# the hooks, UBSan's reports, position-independent code, and libgcc's bit count,
# which touches no memory
compilers='^(__tsan_|__ubsan_handle_|_GLOBAL_OFFSET_TABLE_$|__popcountdi2$)'

if [ -e libkernel-sim.a ]; then
	defined libkernel-sim.a libmachine-sim.a >"$tap_findings.allowed"
	undefined libkernel-sim.a |
		grep -vxF -f "$tap_findings.allowed" |
		grep -vE "$compilers" |
		while read -r symbol; do
			echo "$symbol, used by"
			users_of "$symbol" libkernel-sim.a
		done >"$tap_findings"
	tap_result 'the instrumented kernel refers to nothing of the host'

	$nm -A libkernel-sim.a | awk '
		{ object = $1; sub(/:[0-9a-f]*$/, "", object) }
		$(NF - 1) ~ /^[Tt]$/ { code[object] = 1 }
		$(NF - 1) == "U" && $NF ~ /^__tsan_/ {
			hooked[object] = 1
		}
		END {
			for (object in code)
				if (!(object in hooked))
					print object " has code, but no hook"
		}' >"$tap_findings"
	tap_result 'the kernel of the sim machine is instrumented'

	undefined libmachine-sim.a | grep '^__tsan_' >"$tap_findings"
	tap_result 'the machine itself is not instrumented'
else
	tap_skip 'the symbols of the sim machine' 'it is not built'
fi

for archive in libkernel-native.a libkernel-sim.a; do
	[ -e "$archive" ] || continue
	{ defined "$archive"; undefined "$archive"; } | grep '^fault_' \
		>"$tap_findings"
	tap_result "$archive has no planted fault"
done
tap_done
