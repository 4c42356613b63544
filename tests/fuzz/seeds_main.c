/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seeds_main FILE...: give each file to a fuzzer once, for `make check`, which has no libFuzzer.
 */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

static void run_file(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t size;

	must(file);
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	/* What is tested prints, too. */
	FILE *out = fdopen(dup(STDOUT_FILENO), "w");

	must(out && argc > 1);
	fprintf(out, "1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		run_file(argv[i]);
		fprintf(out, "ok %d %s\n", i, base_name(argv[i]));
		fflush(out);
	}
	return fclose(out) == 0 ? 0 : 1;
}
