# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the checks: says results in TAP for automake's driver.
#
# abs_top_srcdir and abs_top_builddir come from `make check`; by hand a check
# runs in a build directory, with the sources beside it or in the Makefile.
set -u
LC_ALL=C
export LC_ALL

builddir=${abs_top_builddir:-$(pwd)}
srcdir=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
tap_findings=$(mktemp) || exit 99
trap 'rm -rf "$tap_findings" "$tap_findings".*' EXIT
tap_nr=0

# tap_result NAME: ok if nothing has been written to $tap_findings since the
# last result; else not ok, with what was written as diagnostics.
tap_result()
{
	tap_nr=$((tap_nr + 1))
	if [ -s "$tap_findings" ]; then
		echo "not ok $tap_nr - $1"
		sed 's/^/# /' "$tap_findings"
	else
		echo "ok $tap_nr - $1"
	fi
	: >"$tap_findings"
}

# tap_skip NAME WHY
tap_skip()
{
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

# The lines say what failed; a status besides would count as one more failure.
tap_done()
{
	echo "1..$tap_nr"
	exit 0
}

# The C sources of the folders, relative to the root: c_sources FOLDER...
c_sources()
{
	(cd "$srcdir" && find "$@" -name '*.[ch]' -type f | sort)
}
