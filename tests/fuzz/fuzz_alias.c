/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a modalias finds: the names that a captured tree has, and modules in its indexes. The input
 * is the modalias, and behind a NUL the file of names or, when that begins with 0xb0, an index.
 */
#include "base/arena.h"
#include "host/module.h"
#include "host/names.h"
#include "tests/fuzz/fuzz.h"

static void look_up_names(const char *modalias)
{
	struct device dev = {.address = "0000:01:00.0", .bus = "pci", .modalias = modalias};
	struct inventory inventory = {.arena = arena_new(1 << 20), .devices = &dev, .count = 1};

	must(inventory.arena);
	names_fill(&inventory);
	free(names_text(&inventory));
	arena_free(inventory.arena);
}

static void look_up_modules(const char *modalias)
{
	struct arena *arena = arena_new(1 << 20);
	const char *const *names = NULL;
	char why[256];
	int n = modules_for_alias(&names, arena, modalias);

	for (int i = 0; i < n; i++)
		must(names[i] && *names[i]);
	module_state(modalias);
	module_may_load(modalias, why, sizeof(why));
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *modalias = fuzz_string(data, size);
	size_t used = strlen(modalias) + 1;
	const uint8_t *rest = data + (used < size ? used : size);
	size_t n = size - (size_t)(rest - data);

	fuzz_tree();
	fuzz_text("/proc/sys/kernel/osrelease", "6.1.0\n");
	fuzz_text("/etc/modprobe.d/a.conf", "alias pci:v*d*sv*sd*bc02sc*i* x\nblacklist y\n");
	fuzz_remove("/lib/modules/6.1.0/modules.alias.bin");
	fuzz_remove(NAMES_FILE);
	fuzz_file(n && *rest == 0xb0 ? "/lib/modules/6.1.0/modules.alias.bin" : NAMES_FILE, rest,
		  n);
	look_up_names(modalias);
	if (!strchr(modalias, '/') && used < 4096)
		look_up_modules(modalias);
	free(modalias);
	return 0;
}
