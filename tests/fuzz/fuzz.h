/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz targets: one file a target, fuzz_X.c, whose LLVMFuzzerTestOneInput()
 * hands the input to a reader of the program and then checks what must hold
 * of any answer. `make fuzz` links them with libFuzzer; `make check` links
 * them with replay.c, which feeds them tests/fuzz/corpus/X.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "emu/options.h"
#include "emu/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, as libFuzzer wants it, with the condition on stderr. */
#define fuzz_must(cond) \
	((cond) ? (void)0 : fuzz_failed(#cond, __FILE__, __LINE__))
__attribute__((noreturn))
void fuzz_failed(const char *condition, const char *file, int line);

/* The input as a string, up to its first NUL. To free. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The input as a file; its path, valid until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* What is printed on stderr in between, to free. */
void fuzz_capture(void);
char *fuzz_captured(void);

/*
 * A message as people and scripts expect it: one line, "shootdown: ...", and
 * after it, indented, at most the place, a caret and a hint; UTF-8, no control
 * characters, no line without end.
 */
void fuzz_check_message(const char *text);

/* A place inside of the text, one line that says something. */
void fuzz_check_error(const struct parse_error *err, const char *text);

/*
 * Reads the input as a job file or a result and checks what came of it; all
 * is forgotten again.
 */
void fuzz_source(const uint8_t *data, size_t size);

#endif
