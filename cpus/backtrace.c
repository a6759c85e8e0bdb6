/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who called whom, in the kernel's words: %pS (symbol+offset/size) and the
 * stack dump of its reports (vmalloc-tlb-ipi spec 6).
 *
 * Names come from the symbol table of the running program, read when the first
 * report needs it; frames from the unwind tables, which need no frame pointer
 * and end at a fiber's first function. Only offsets into functions are printed,
 * so that a report does not depend on where the host has put the program.
 * Frames of shared libraries (a sanitizer's, the thread library's) are left
 * out.
 */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unwind.h>

#include "cpus/twin.h"

#define MAX_FRAMES	48

struct symbol {
	uintptr_t	start;
	size_t		size;
	const char	*name;
};

/* Complete once state says so. */
static struct {
	u32		state;		/* atomics: 0, 1 being read, 2 */
	uintptr_t	bias;		/* of the program's addresses */
	struct symbol	*symbols;	/* sorted by start */
	size_t		nr;
} table;

/* ---- the symbol table ---- */
static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* Of two names of one function always the same. */
	return strcmp(x->name, y->name);
}

static int note_bias(struct dl_phdr_info *info, size_t size, void *arg)
{
	table.bias = info->dlpi_addr;
	return 1;		/* the first is the program */
}

/* The whole file, never freed; NULL if it cannot be read. */
static const char *read_program(size_t *size)
{
	FILE *file = fopen("/proc/self/exe", "re");
	struct stat status;
	char *text = NULL;

	if (!file)
		return NULL;
	if (!fstat(fileno(file), &status)) {
		*size = (size_t)status.st_size;
		text = malloc(*size);
	}
	if (text && fread(text, 1, *size, file) != *size) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static const ElfW(Shdr) *find_symtab(const char *file, size_t size)
{
	const ElfW(Ehdr) *header = (const void *)file;
	const ElfW(Shdr) *section = (const void *)(file + header->e_shoff);

	if (size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (header->e_shoff + header->e_shnum * sizeof(*section) > size)
		return NULL;
	for (unsigned i = 0; i < header->e_shnum; i++)
		if (section[i].sh_type == SHT_SYMTAB)
			return &section[i];
	return NULL;
}

/* A function or a variable, not a mark of the linker's. */
static bool is_named(const ElfW(Sym) *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC ||
		(type == STT_OBJECT && symbol->st_size));
}

static void read_symbols(void)
{
	const ElfW(Shdr) *symtab = NULL, *sections;
	const ElfW(Sym) *symbols;
	const char *file, *names;
	size_t size = 0, nr;

	dl_iterate_phdr(note_bias, NULL);
	file = read_program(&size);
	if (file)
		symtab = find_symtab(file, size);
	if (!symtab)
		return;		/* stripped: addresses within the program */
	sections = (const void *)(file + ((const ElfW(Ehdr) *)
					  (const void *)file)->e_shoff);
	names = file + sections[symtab->sh_link].sh_offset;
	symbols = (const void *)(file + symtab->sh_offset);
	nr = symtab->sh_size / sizeof(*symbols);
	table.symbols = malloc(nr * sizeof(*table.symbols));
	if (!table.symbols)
		return;
	for (size_t i = 0; i < nr; i++) {
		const ElfW(Sym) *symbol = &symbols[i];

		/* Same layout of st_info in both classes. */
		if (!is_named(symbol))
			continue;
		table.symbols[table.nr++] = (struct symbol){
			symbol->st_value, symbol->st_size,
			names + symbol->st_name };
	}
	qsort(table.symbols, table.nr, sizeof(*table.symbols), by_start);
}

static void need_symbols(void)
{
	u32 unread = 0;

	if (likely(smp_load_acquire(&table.state) == 2))
		return;
	if (try_cmpxchg(&table.state, &unread, 1)) {
		read_symbols();
		smp_store_release(&table.state, 2);
	}
	/* Another is at it: it waits for nobody. */
	while (smp_load_acquire(&table.state) != 2)
		usleep(10);
}

/* The function or variable that holds addr, an address as in the file; or
 * NULL. */
static const struct symbol *find_symbol(uintptr_t addr)
{
	size_t low = 0, high = table.nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table.symbols[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	/* Of several that begin here the first, see by_start(). */
	while (low > 1 && table.symbols[low - 2].start ==
	       table.symbols[low - 1].start)
		low--;
	if (!low || addr - table.symbols[low - 1].start >=
	    max(table.symbols[low - 1].size, (size_t)1))
		return NULL;
	return &table.symbols[low - 1];
}

static void print_symbol(char buffer[KSYM_SYMBOL_LEN],
			 const struct symbol *symbol, uintptr_t addr)
{
	if (symbol)
		snprintf(buffer, KSYM_SYMBOL_LEN, "%s+0x%lx/0x%lx",
			 symbol->name, (unsigned long)(addr - symbol->start),
			 (unsigned long)symbol->size);
	else
		snprintf(buffer, KSYM_SYMBOL_LEN, "0x%lx", (unsigned long)addr);
}

unsigned long symbol_address(unsigned long ip)
{
	machine_quiet_begin();
	need_symbols();
	machine_quiet_end();
	return ip - table.bias;
}

const char *symbol_print(char buffer[KSYM_SYMBOL_LEN], unsigned long ip)
{
	machine_quiet_begin();
	need_symbols();
	print_symbol(buffer, find_symbol(ip - table.bias), ip - table.bias);
	machine_quiet_end();
	return buffer;
}

/* ---- the stack ---- */
struct trace {
	unsigned	first, nr;
	uintptr_t	ips[MAX_FRAMES];
};

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context,
				      void *arg)
{
	struct trace *trace = arg;
	uintptr_t ip = _Unwind_GetIP(context);

	if (trace->nr == MAX_FRAMES || !ip)
		return _URC_END_OF_STACK;
	trace->ips[trace->nr++] = ip;
	return _URC_NO_REASON;
}

static bool is_called(const struct symbol *symbol, const char *name)
{
	return symbol && !strcmp(symbol->name, name);
}

/* The interrupt runs on the stack of the task it has interrupted: its own part
 * ends with the frame of who takes it. */
static void print_frames(const struct trace *trace, bool in_irq)
{
	char text[KSYM_SYMBOL_LEN];
	unsigned i;

	printk(in_irq ? " <IRQ>" : " <TASK>");
	for (i = trace->first; i < trace->nr; i++) {
		uintptr_t addr = trace->ips[i] - table.bias;
		/* A call may be its function's last instruction. */
		const struct symbol *symbol = find_symbol(addr - 1);

		if (!symbol)
			continue;
		print_symbol(text, symbol, addr);
		printk(" %s", text);
		if (in_irq && is_called(symbol, "handle_irqs")) {
			printk(" </IRQ>");
			printk(" <TASK>");
			in_irq = false;
		}
	}
	printk(in_irq ? " </IRQ>" : " </TASK>");
}

noinline unsigned stack_trace_save(unsigned long *store, unsigned size,
				   unsigned skip)
{
	struct trace trace = { .nr = 0 };
	unsigned nr = 0;

	machine_quiet_begin();
	_Unwind_Backtrace(note_frame, &trace);
	/* 0 is this function. */
	for (unsigned i = 1 + skip; i < trace.nr && nr < size; i++)
		store[nr++] = trace.ips[i];
	machine_quiet_end();
	return nr;
}

bool in_lock_functions(unsigned long addr)
{
	return addr >= (unsigned long)__start_lock_text &&
	       addr < (unsigned long)__stop_lock_text;
}

struct lock_walk {
	bool		inside;
	unsigned long	caller;
};

static _Unwind_Reason_Code leave_locks(struct _Unwind_Context *context,
				       void *arg)
{
	struct lock_walk *walk = arg;
	unsigned long ip = _Unwind_GetIP(context);

	if (in_lock_functions(ip)) {
		walk->inside = true;
		return _URC_NO_REASON;
	}
	if (!walk->inside)
		return _URC_NO_REASON;
	walk->caller = ip;
	return _URC_END_OF_STACK;
}

unsigned long stack_trace_lock_caller(void)
{
	struct lock_walk walk = { .inside = false };

	machine_quiet_begin();
	_Unwind_Backtrace(leave_locks, &walk);
	machine_quiet_end();
	return walk.caller;
}

static void print_who(const struct cpu *cpu)
{
	if (cpu)
		printk("CPU: %u UID: 0 PID: %d Comm: %.20s %s", cpu->own.id,
		       cpu->own.current_task->pid, cpu->own.current_task->comm,
		       print_tainted());
}

static void print_trace(const struct trace *trace, const struct cpu *cpu)
{
	printk("Call Trace:");
	print_frames(trace, cpu && (cpu->own.preempt_count & HARDIRQ_MASK));
}

/* The first frame is its own, as the kernel's dump_stack_lvl(). */
noinline void dump_stack(void)
{
	const struct cpu *cpu = this_cpu();
	struct trace trace = { .nr = 0 };

	machine_quiet_begin();
	need_symbols();
	_Unwind_Backtrace(note_frame, &trace);
	print_who(cpu);
	print_trace(&trace, cpu);
	machine_quiet_end();
}

void dump_interrupted(unsigned long ip)
{
	const struct cpu *cpu = this_cpu();
	struct trace trace = { .nr = 0 };
	char text[KSYM_SYMBOL_LEN];

	machine_quiet_begin();
	need_symbols();
	_Unwind_Backtrace(note_frame, &trace);
	/* The handler's frames, and the one that RIP tells of. */
	for (unsigned i = 0; i < trace.nr; i++)
		if (trace.ips[i] == ip)
			trace.first = i + 1;
	print_who(cpu);
	printk("RIP: 0010:%s", symbol_print(text, ip));
	print_trace(&trace, cpu);
	machine_quiet_end();
}
