#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Blanks and braces as .clang-format has them. Where a line breaks and how wide
# a gap is stays the author's: clang-format would undo columns of fields,
# values and comments. So both sides are compared as streams of blank-separated
# words ("if(" is not "if ("); check-tidy.sh sees to the lines.
. "$(dirname "$0")/tap.sh"
cd "$srcdir" || exit 99

format=${CLANG_FORMAT:-clang-format}
sources=$(c_sources cpus mm workloads emu tests)

# compare DIRECTORY FILE...: where a file's words differ from those of its twin
# below DIRECTORY. Left out are the backslashes that end a macro's lines; inside
# of parentheses and after casts a line may break where clang-format would have
# no blank (and it takes "(a) - b" in a macro for a cast), so those do not count.
compare()
{
	twins=$1
	shift
	awk -v twins="$twins" '
	function words(file, list,    text, line) {
		text = ""
		while ((getline line < file) > 0) {
			sub(/\\$/, "", line)
			text = text " " line
		}
		close(file)
		gsub(/[ \t]+/, " ", text)
		gsub(/\( /, "(", text)
		gsub(/ \)/, ")", text)
		gsub(/\) /, ")", text)
		gsub(/ ; /, "; ", text)
		text = gensub_operators(text)
		return split(text, list, " ")
	}
	function gensub_operators(text) {
		gsub(/\)\+ /, ")+", text)
		gsub(/\)- /, ")-", text)
		gsub(/\)\* /, ")*", text)
		gsub(/\)& /, ")\\&", text)
		gsub(/ & /, " \\&", text)
		gsub(/ ->/, "->", text)
		gsub(/ \./, ".", text)
		return text
	}
	BEGIN {
		for (i = 1; i < ARGC; i++) {
			nr = words(ARGV[i], is)
			should_nr = words(twins "/" ARGV[i], should)
			for (j = 1; j <= nr || j <= should_nr; j++)
				if (is[j] "" != should[j] "")
					break
			if (j <= nr || j <= should_nr)
				print ARGV[i] ": \"" is[j - 1] " " is[j] " " \
					is[j + 1] "\" should be \"" \
					should[j - 1] " " should[j] " " \
					should[j + 1] "\""
			split("", is)
			split("", should)
		}
	}' "$@"
}

if command -v "$format" >/dev/null 2>&1; then
	copy=$tap_findings.copy
	mkdir "$copy" && cp .clang-format "$copy" || exit 99
	# shellcheck disable=SC2086 # lists of names without blanks
	tar cf - $sources | tar xf - -C "$copy"
	chmod -R u+w "$copy"
	(cd "$copy" && "$format" --style=file -i $sources) \
		>"$tap_findings" 2>&1
	compare "$copy" $sources >>"$tap_findings"
	tap_result 'blanks as .clang-format has them'
else
	tap_skip 'blanks as .clang-format has them' 'clang-format is missing'
fi

# A function's brace begins a line, any other ends one after a blank.
grep -nE '(\)|else|do)\{$' $sources |
	grep -v '(struct [a-z_]*){$' >"$tap_findings"
awk 'FNR == 1 { closed = 0 }
	/^[ \t]*else/ && closed { print FILENAME ":" FNR ":" $0 }
	/^[a-z].*\) \{$/ { print FILENAME ":" FNR ":" $0 }
	{ closed = /^[ \t]*\}$/ }' $sources >>"$tap_findings"
tap_result 'braces as in the kernel'
tap_done
