# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that run the program with its real engines: sourced, not run.

shootdown=$abs_top_builddir/shootdown
schema=$abs_top_srcdir/emu/schema/result.schema.json
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT INT TERM
n=0

ok() { # ok STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/stderr" | head -n 20
	fi
}

skip() { # skip NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# run EXPECTED_STATUS OUTPUT WORDS...
run() {
	expected=$1 output=$2
	shift 2
	"$shootdown" "$@" >"$output" 2>"$dir/stderr"
	status=$?
	[ "$status" -eq "$expected" ] && return 0
	echo "exit status $status instead of $expected: $*" >>"$dir/stderr"
	return 1
}

valid() {
	"$PYTHON3" - "$schema" "$1" 2>>"$dir/stderr" <<'PY'
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))
PY
}

# query FILE EXPRESSION: python over r (result) and p (first point)
query() {
	"$PYTHON3" - "$1" "$2" 2>>"$dir/stderr" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
p = r["points"][0]
ok = eval("(" + sys.argv[2] + ")")
if not ok:
    print("false:", sys.argv[2], file=sys.stderr)
    print(json.dumps(p)[:1500], file=sys.stderr)
sys.exit(not ok)
PY
}
