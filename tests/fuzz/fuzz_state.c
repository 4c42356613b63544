/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals, and what is saved about devices: files in /run that a broken disk may have altered. */
#include "change/access_internal.h"
#include "change/binding.h"
#include "change/journal.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESS "0000:01:00.0"

static const struct device device = {
	.address = ADDRESS, .bus = "pci", .syspath = "/sys/devices/pci0000:00/" ADDRESS};

static void load_journal(struct arena *arena)
{
	struct journals journals;
	struct error err = {0};

	if (journals_load(&journals, arena, &err) < 0)
		return;
	for (size_t i = 0; i < journals.count; i++) {
		must(journals.runs[i].path && journals.runs[i].verb);
		for (size_t k = 0; k < journals.runs[i].count; k++)
			must(journals.runs[i].entries[k].address);
		journal_find(&journals.runs[i], &device);
	}
	journals_find(&journals, &device);
	journal_check_free(&journals, &device, &err);
}

static void load_record(struct arena *arena)
{
	scoped_document struct document *record = access_record_load(&device);
	struct access access;
	struct binding binding;
	struct error err = {0};

	if (record)
		access_record_read(&access, record, "before");
	binding_load(&binding, arena, &device, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	char *text = fuzz_string(data, size);
	struct access access;

	fuzz_tree();
	fuzz_text("/proc/sys/kernel/random/boot_id", "5a3c\n");
	fuzz_file("/run/vfioctl/journal/1.json", data, size);
	fuzz_file("/run/vfioctl/devices/" ADDRESS ".json", data, size);
	must(arena);
	load_journal(arena);
	load_record(arena);
	access_from_text(&access, text);
	free(text);
	arena_free(arena);
	return 0;
}
