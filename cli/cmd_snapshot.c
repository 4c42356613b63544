/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfioctl snapshot: run the commands that only look, and copy what they looked at.
 */
#include "host/snapshot.h"

#include <errno.h>
#include <stdio.h>

#include "check/rule.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "host/inventory.h"
#include "host/resolve.h"

/* --- how the machine is looked at --------------------------------------------------------- */

/* One run of a command. */
struct way {
	const struct command *command;
	bool all_devices;
	const char *purpose;
};

enum { MAX_WAYS = 64 };

struct looking {
	struct way ways[MAX_WAYS];
	size_t count;
	int *statuses; /* of the runs; shared with the process that does them. -1: not run */
};

static bool takes(const struct command *command, const char *option)
{
	for (const struct option_spec *spec = command->options; spec && spec->name; spec++)
		if (streq(spec->name, option))
			return true;
	return false;
}

static void add_way(struct looking *looking, const struct command *command, bool all_devices,
		    const char *purpose)
{
	if (looking->count < MAX_WAYS)
		looking->ways[looking->count++] = (struct way){command, all_devices, purpose};
}

/* With no operand and with all devices, as far as the command lets that, and for each purpose. */
static void find_ways(struct looking *looking)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		if (!command->read_only || command == &cmd_snapshot)
			continue;
		if (command->min_args == 0)
			add_way(looking, command, false, NULL);
		if (command->max_args < 0)
			add_way(looking, command, true, NULL);
		for (const struct rule_purpose *purpose = rule_purposes;
		     takes(command, "for") && purpose->name; purpose++)
			add_way(looking, command, true, purpose->name);
	}
}

/* The names of all columns, between commas. */
static void name_columns(char *buf, size_t size, const struct record_type *type)
{
	*buf = '\0';
	for_each_field(field, type) if (field->type != FIELD_RECORD && field->type != FIELD_RECORDS)
		append(buf, size, "%s%s", *buf ? "," : "", field->key);
}

static int name_devices(struct options *opts, const struct inventory *inventory)
{
	opts->args = calloc(inventory->count + 1, sizeof(*opts->args));
	for (size_t i = 0; opts->args && i < inventory->count; i++)
		if (inventory->devices[i].state != DEVICE_GONE)
			opts->args[opts->n_args++] =
				(char *)(uintptr_t)inventory->devices[i].address;
	return opts->args ? 0 : -ENOMEM;
}

/* Runs in a process whose output nobody sees. */
static void look(void *arg, size_t i)
{
	const struct looking *looking = arg;
	const struct way *way = &looking->ways[i];
	scoped_inventory struct inventory inventory = {0};
	struct options opts = {
		.json = true, .timeout_s = 130, .purpose = way->purpose, .user = "0"};
	struct error err = {.code = NULL};
	char columns[1024];

	if (way->all_devices && (inventory_scan(&inventory, 0, &err) < 0 ||
				 name_devices(&opts, &inventory) < 0 || opts.n_args == 0))
		return;
	if (i == 0) /* once, whatever the first verb is: operands may be any of these names */
		device_resolve_all();
	if (way->command->columns) {
		name_columns(columns, sizeof(columns), way->command->columns);
		opts.output = columns;
	}
	looking->statuses[i] = (int)way->command->run(&opts, &err);
	free(opts.args);
}

/* --- the manifest ------------------------------------------------------------------------- */

struct manifest {
	const struct snapshot *snapshot;
	const struct looking *looking;
	struct run_record {
		const struct way *way;
		int status;
	} runs[MAX_WAYS];
};

#define MANIFEST(name, expression) GETTER(manifest_##name, struct manifest, manifest, expression)

MANIFEST(captured, value_string(manifest->snapshot->captured))
MANIFEST(kernel, value_string(manifest->snapshot->release))
MANIFEST(redacted, value_bool(manifest->snapshot->redacted))
MANIFEST(identifiers, value_number((int64_t)manifest->snapshot->n_identifiers))
MANIFEST(devices, value_number((int64_t)manifest->snapshot->n_devices))
MANIFEST(files, value_number((int64_t)manifest->snapshot->n_files))
MANIFEST(bytes, value_number(manifest->snapshot->bytes))
MANIFEST(links, value_number((int64_t)manifest->snapshot->n_links))
MANIFEST(directories, value_number((int64_t)manifest->snapshot->n_directories))
MANIFEST(processes, value_number((int64_t)manifest->snapshot->n_processes))

static struct value manifest_vfioctl(const void *record)
{
	(void)record;
	return value_string(VERSION);
}

static struct value manifest_gap(const void *record, size_t i)
{
	const struct snapshot_gap *gap = ((const struct manifest *)record)->snapshot->gaps;

	for (; gap && i > 0; i--)
		gap = gap->next;
	return value_record(gap);
}

static struct value manifest_run(const void *record, size_t i)
{
	const struct manifest *manifest = record;

	return value_record(i < manifest->looking->count ? &manifest->runs[i] : NULL);
}

static struct value run_command(const void *record)
{
	return value_string(((const struct run_record *)record)->way->command->name);
}

static struct value run_devices(const void *record)
{
	return value_bool(((const struct run_record *)record)->way->all_devices);
}

static struct value run_purpose(const void *record)
{
	return value_string(((const struct run_record *)record)->way->purpose);
}

static struct value run_status(const void *record)
{
	return value_number(((const struct run_record *)record)->status);
}

static struct value gap_path(const void *record)
{
	return value_string(((const struct snapshot_gap *)record)->path);
}

static struct value gap_cause(const void *record)
{
	return value_string(((const struct snapshot_gap *)record)->cause);
}

static const struct field run_record_type_fields[] = {
	ROW(STRING, "command", "COMMAND", run_command, "a command that looked at the machine"),
	ROW(BOOL, "all_devices", "DEVICES", run_devices,
	    "with every device as its operand, or without any"),
	ROW(STRING, "purpose", "FOR", run_purpose, "its option --for"),
	ROW(NUMBER, "status", "STATUS", run_status, "its exit status; null when it did not end"),
	{0},
};

static const struct record_type run_record_type = {
	.name = "snapshot_run",
	.fields = run_record_type_fields,
};

static const struct field gap_record_type_fields[] = {
	ROW(STRING, "path", "PATH", gap_path,
	    "a file that was not taken; where it could not be read, it is in "
	    "the tree as one that cannot"),
	ROW(STRING, "cause", "CAUSE", gap_cause, "why: an errno by name, or words"),
	{0},
};

static const struct record_type gap_record_type = {
	.name = "snapshot_gap",
	.fields = gap_record_type_fields,
};

#define NUMBER(name, heading, text) ROW(NUMBER, #name, (heading), manifest_##name, (text))

static const struct field snapshot_document_fields[] = {
	ROW(STRING, "vfioctl", "VFIOCTL", manifest_vfioctl, "version of the program that took it"),
	ROW(STRING, "captured", "CAPTURED", manifest_captured, "when, in UTC"),
	ROW(STRING, "kernel", "KERNEL", manifest_kernel, "release of the kernel that ran"),
	ROW(BOOL, "redacted", "REDACTED", manifest_redacted,
	    "serial numbers and MAC addresses were replaced"),
	NUMBER(identifiers, "IDENTIFIERS", "how many different ones were replaced"),
	NUMBER(devices, "DEVICES", "how many devices it shows"),
	NUMBER(files, "FILES", "files in it that have content"),
	ROW(SIZE, "bytes", "SIZE", manifest_bytes, "how much content that is"),
	NUMBER(links, "LINKS", "symbolic links in it"),
	NUMBER(directories, "DIRECTORIES", "directories in it"),
	NUMBER(processes, "PROCESSES", "processes that it shows something of"),
	ROW_RECORDS("runs", "RUNS", manifest_run, &run_record_type,
		    "the commands that looked at the machine: what they used was "
		    "taken"),
	ROW_RECORDS("gaps", "GAPS", manifest_gap, &gap_record_type, "what could not be taken"),
	{0},
};

static const struct record_type snapshot_document = {
	.name = "snapshot",
	.fields = snapshot_document_fields,
};

/* --- taking it ---------------------------------------------------------------------------- */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t *stop; /* in memory shared with the workers; which signal, or 0 */

static void on_signal(int number)
{
	*stop = number;
}

static void listen_to(bool listen)
{
	struct sigaction action = {.sa_handler = listen ? on_signal : SIG_DFL}, old;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

static void progress(const char *what)
{
	message_progress("%s", what);
}

static void tell(const struct snapshot *snapshot)
{
	char replaced[64] = "";

	if (snapshot->redacted)
		append(replaced, sizeof(replaced), ", %zu identifiers replaced",
		       snapshot->n_identifiers);
	for (const struct snapshot_gap *gap = snapshot->gaps; gap; gap = gap->next)
		message_verbose("%s: %s", gap->path, gap->cause);
	message_note("%s: %zu devices, %zu files, %zu links%s", snapshot->directory,
		     snapshot->n_devices, snapshot->n_files, snapshot->n_links, replaced);
	if (snapshot->n_gaps)
		message_note("%zu file%s could not be taken: -v names them%s", snapshot->n_gaps,
			     snapshot->n_gaps == 1 ? "" : "s",
			     geteuid() ? ", root may read more" : "");
	message_note("next: `vfioctl list --sysroot %s` looks at it", snapshot->directory);
}

static int finish(struct snapshot *snapshot, const struct looking *looking,
		  const struct options *opts, struct error *err)
{
	struct manifest manifest = {.snapshot = snapshot, .looking = looking};
	scoped_free char *text = NULL;

	for (size_t i = 0; i < looking->count; i++)
		manifest.runs[i] = (struct run_record){&looking->ways[i], looking->statuses[i]};
	text = json_document_text(&snapshot_document, &manifest);
	if (snapshot_finish(snapshot, text, err) < 0)
		return -1;
	if (opts->json)
		fputs(text, stdout);
	else
		tell(snapshot);
	return 0;
}

static int take(struct looking *looking, const struct options *opts, struct error *err)
{
	scoped_snapshot struct snapshot *snapshot = NULL;
	struct snapshot_request request = {
		.directory = opts->args[0],
		.keep_identifiers = opts->keep_identifiers,
		.look = look,
		.arg = looking,
		.n_looks = looking->count,
		.progress = progress,
	};
	int r = snapshot_take(&snapshot, &request, stop, err);

	message_progress(NULL);
	return r < 0 ? r : finish(snapshot, looking, opts, err);
}

/* Ends as if the signal had not been caught: nothing is left that it could have harmed. */
static void end_by_signal(void)
{
	int number = *stop;

	listen_to(false);
	if (number)
		raise(number);
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	struct looking looking = {.count = 0};
	int r;

	find_ways(&looking);
	looking.statuses = arena ? arena_alloc(arena, MAX_WAYS * sizeof(int)) : NULL;
	stop = arena ? arena_alloc(arena, sizeof(*stop)) : NULL;
	if (!looking.statuses || !stop) {
		error_out_of_memory(err);
		return err->status;
	}
	for (size_t i = 0; i < MAX_WAYS; i++)
		looking.statuses[i] = -1;
	listen_to(true);
	r = take(&looking, opts, err);
	end_by_signal();
	return r < 0 ? err->status : STATUS_OK;
}

static const struct option_spec options[] = {
	OPTION("keep-identifiers", 0, OPTION_FLAG, NULL,
	       "leave serial numbers and MAC addresses as they are", keep_identifiers),
	OPTION("verbose", 'v', OPTION_COUNT, NULL, "name what could not be taken", verbose),
	{0},
};

const struct command cmd_snapshot = {
	.name = "snapshot",
	.synopsis = "DIR",
	.summary = "copy what vfioctl reads on this machine, for --sysroot on any other",
	.details =
		"Makes DIR, which must not exist or be empty. Opens and wakes no device, and works "
		"unprivileged; what may not be read is in DIR as something that cannot be read. "
		"Serial numbers and MAC addresses are replaced, equal ones by equal ones.",
	.options = options,
	.document = &snapshot_document,
	.read_only = true,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
