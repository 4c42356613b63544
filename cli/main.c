/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfioctl: argv to one verb, and the verb's outcome to an exit status.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "base/document.h"
#include "base/path.h"
#include "change/journal.h"
#include "change/lock.h"
#include "cli/change_output.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "host/address.h"
#include "host/scan.h"

const struct command *const commands[] = {
	&cmd_list,  &cmd_show,    &cmd_mode,     &cmd_bind,   &cmd_restore,
	&cmd_sriov, &cmd_run,     &cmd_test,     &cmd_doctor, &cmd_topology,
	&cmd_reset, &cmd_recover, &cmd_snapshot, &cmd_help,   NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (streq(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* Words that other tools use for what a verb here does. */
static const struct {
	const char *word, *hint;
} foreign_words[] = {
	{"release", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"give", "`vfioctl bind --owner USER DEVICE` hands a device to VFIO, and to a user."},
	{"remove", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"undo", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"unbind", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"attach", "`vfioctl bind DEVICE` hands a device to VFIO."},
	{"detach", "`vfioctl bind DEVICE` takes a device from its driver and hands it to VFIO."},
	{"set-override", "`vfioctl bind DEVICE --driver NAME` sets the override and binds."},
	{"unset-override",
	 "`vfioctl restore DEVICE` clears the override and gives the device back."},
	{"list-devices", "`vfioctl list` lists devices."},
	{"list-overrides", "`vfioctl list -o address,driver,driver_override` shows overrides."},
	{"nodedev-list", "`vfioctl list` lists devices."},
	{"nodedev-detach", "`vfioctl bind DEVICE` hands a device to VFIO."},
	{"nodedev-reattach", "`vfioctl restore DEVICE` gives it back."},
	{"nodedev-dumpxml", "`vfioctl show DEVICE` shows all that is known of it."},
	{"status", "`vfioctl list` lists devices, `vfioctl mode` what the host offers."},
	{"info", "`vfioctl show DEVICE` shows all that is known of it."},
	{"nodedev-info", "`vfioctl show DEVICE` shows all that is known of it."},
	{"nodedev-reset", "`vfioctl reset DEVICE` resets it."},
	{"reattach", "`vfioctl restore DEVICE` gives it back."},
	{"attach-device",
	 "`vfioctl bind DEVICE` hands a device to VFIO; the machine takes it then."},
	{"detach-device", "`vfioctl restore DEVICE` gives it back once no machine has it."},
	{"load-override", "`vfioctl bind DEVICE` binds; vfioctl saves nothing for the next boot."},
	{"save-override", "`vfioctl bind DEVICE` binds; vfioctl saves nothing for the next boot."},
	{"list-persisted",
	 "vfioctl saves nothing for the next boot; `vfioctl list --vfio` shows now."},
	{"driver_override", "`vfioctl bind DEVICE --driver NAME` sets the override and binds."},
	{"tree", "`vfioctl topology` draws one; `vfioctl list --tree` has columns to choose."},
	{"ls", "`vfioctl list` lists devices."},
	{"graph", "`vfioctl topology -o FILE.svg` draws one."},
	{"draw", "`vfioctl topology -o FILE.svg` draws one."},
	{"version", "`vfioctl --version` prints it."},
	{"lspci", "`vfioctl list` lists devices."},
	{"lstopo", "`vfioctl topology` draws what hangs together."},
	{"groups", "`vfioctl topology` shows IOMMU groups, `vfioctl list --group N` one of them."},
	{"check", "`vfioctl doctor` looks at the host, `vfioctl test DEVICE` at a device."},
};

/* Options of other tools that stand where a command does here, as dpdk-devbind's. */
static const struct {
	const char *word, *hint;
} foreign_options[] = {
	{"-b", "`vfioctl bind DEVICE --driver NAME` binds it to a driver of VFIO."},
	{"--bind", "`vfioctl bind DEVICE --driver NAME` binds it to a driver of VFIO."},
	{"-u", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"--unbind", "`vfioctl restore DEVICE` gives a device back to the driver it had."},
	{"-s", "`vfioctl list` lists devices and their drivers."},
	{"--status", "`vfioctl list` lists devices and their drivers."},
	{"--status-dev", "`vfioctl list --class NAME` lists those of a class."},
	{"--noiommu-mode", "`vfioctl mode` tells whether noiommu is on, and how to have it."},
};

static int option_unknown(const char *word, struct error *err)
{
	size_t n = startswith(word, "--") ? strcspn(word, "=") : 2;

	for (size_t i = 0; i < ARRAY_SIZE(foreign_options); i++) {
		const char *foreign = foreign_options[i].word;

		if (strlen(foreign) != n || strncmp(foreign, word, n) != 0)
			continue;
		error_set(err, STATUS_USAGE, 0, "unknown-option", NULL, "there is no option %s",
			  foreign);
		return error_remedy(err, "%s", foreign_options[i].hint);
	}
	return 0;
}

int command_unknown(const char *word, struct error *err)
{
	const char *names[32] = {NULL}, *near;

	error_set(err, STATUS_USAGE, 0, "unknown-command", NULL, "there is no command '%s'", word);
	for (size_t i = 0; i < ARRAY_SIZE(foreign_words); i++)
		if (streq(foreign_words[i].word, word))
			return error_remedy(err, "%s", foreign_words[i].hint);
	for (size_t i = 0; commands[i] && i + 1 < ARRAY_SIZE(names); i++)
		names[i] = commands[i]->name;
	near = nearest_word(word, names);
	if (near)
		return error_remedy(err, "Did you mean `vfioctl %s`?", near);
	return error_remedy(err, "`vfioctl help` lists the commands.");
}

static bool has_program(const struct options *opts)
{
	return opts->program && *opts->program;
}

static int no_program(const struct command *command, struct error *err)
{
	error_set(err, STATUS_USAGE, 0, "missing-command", NULL,
		  "%s needs `--`, and behind it the command to run", command->name);
	return error_remedy(err, "Write: vfioctl %s %s", command->name, command->synopsis);
}

/* An option whose value was forgotten has taken the device for it. */
static void tell_who_took_it(const struct command *command, const struct options *opts,
			     struct error *err)
{
	struct pci_address address;

	for (const struct option_spec *spec = command->options; spec && spec->name; spec++) {
		const void *member = (const char *)opts + spec->offset;
		const char *value =
			spec->type == OPTION_STRING ? *(const char *const *)member : NULL;

		if (value && pci_address_parse(&address, value) == 0)
			error_remedy(err, "--%s took %s for its own. Write: vfioctl %s %s",
				     spec->name, value, command->name, command->synopsis);
	}
}

static int check_operands(const struct command *command, const struct options *opts,
			  struct error *err)
{
	if (command->wraps && !has_program(opts))
		return no_program(command, err);
	if (opts->n_args < command->min_args) {
		error_set(err, STATUS_USAGE, 0, "missing-operand", NULL, "%s needs an operand",
			  command->name);
		error_remedy(err, "Write: vfioctl %s %s", command->name, command->synopsis);
		tell_who_took_it(command, opts, err);
		return -1;
	}
	if (command->max_args >= 0 && opts->n_args > command->max_args) {
		error_set(err, STATUS_USAGE, 0, "extra-operand", NULL,
			  "'%s' is one operand too many", opts->args[command->max_args]);
		return error_remedy(err, "See `vfioctl help %s`.", command->name);
	}
	return 0;
}

static int enter_root(const struct options *opts, struct error *err)
{
	int r = opts->sysroot ? path_set_root(opts->sysroot) : 0;

	if (r < 0)
		return error_set(err, STATUS_USAGE, r, "bad-sysroot", opts->sysroot, "%s (%s)",
				 strerror(-r), errno_name(r));
	return 0;
}

/* "--json" and what getopt takes for it ("--js"), "-J", also bundled as in "-nJ". */
static bool is_json_word(const char *word)
{
	if (startswith(word, "--"))
		return strlen(word) > 2 && startswith("--json", word);
	return *word == '-' && word[1 + strspn(word + 1, "nrqvhV")] == 'J';
}

/* A typo must not turn the JSON document that the caller waits for into text on stderr. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && !streq(argv[i], "--"); i++)
		if (is_json_word(argv[i]))
			return true;
	return false;
}

/* Whoever runs the next command shall hear of it. Without rights the journal says nothing. */
static void tell_of_unfinished(const struct command *command, const struct options *opts)
{
	scoped_arena struct arena *arena = NULL;
	struct journals journals;

	if (opts->json || command == &cmd_recover || command == &cmd_doctor || !path_is_live() ||
	    !journals_exist())
		return;
	arena = arena_new(16 << 20);
	if (!arena || journals_load(&journals, arena, NULL) < 0)
		return;
	for (size_t i = 0; i < journals.count; i++)
		if (!journals.runs[i].lives)
			message_warning("vfioctl %s, pid %d, has not come to its end: `vfioctl "
					"recover` makes its devices whole",
					journals.runs[i].verb, (int)journals.runs[i].pid);
}

static void tell_of_lock(pid_t owner, int64_t waited_ms)
{
	static int told; /* seconds */

	if (owner == 0)
		message_progress(NULL);
	else if (waited_ms / 1000 > told) {
		told = (int)(waited_ms / 1000);
		message_progress("waiting for pid %d, which is changing or testing devices, %d s",
				 (int)owner, told);
	}
}

static void tell_of_device(const char *address)
{
	scoped_free char *clean = address ? scrub(address, SIZE_MAX) : NULL;

	if (clean)
		message_progress("waiting for %s to answer", clean);
	else
		message_progress(NULL);
}

static void tell_of_state(const char *path, bool removed)
{
	message_verbose("%s: %s", path, removed ? "removed" : "saved");
}

static enum status run_command(const struct command *command, int argc, char **argv,
			       struct options *opts, struct error *err)
{
	int own = command->wraps ? options_split(opts, argc, argv) : argc;

	if (options_parse(opts, own, argv, command->options, command_traits(command), err) < 0) {
		/* Without "--" what looks like a mistake may be meant for the program. */
		if (command->wraps && !has_program(opts))
			no_program(command, err);
		return command_failure(command, err);
	}
	message_setup(opts);
	if (opts->help) {
		help_print_command(command);
		return STATUS_OK;
	}
	if (opts->version) {
		help_print_version();
		return STATUS_OK;
	}
	if (color_check(opts->color, err) < 0 || check_operands(command, opts, err) < 0 ||
	    enter_root(opts, err) < 0)
		return command_failure(command, err);
	document_tell(tell_of_state);
	tell_of_unfinished(command, opts);
	lock_tell(tell_of_lock);
	scan_tell(tell_of_device);
	return command->run(opts, err);
}

static enum status dispatch(int argc, char **argv, struct options *opts, struct error *err)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;

	if (command)
		return run_command(command, argc - 1, argv + 1, opts, err);
	if (argc > 1 && argv[1][0] != '-') {
		command_unknown(argv[1], err);
		return err->status;
	}
	/* "vfioctl", "vfioctl --help", "vfioctl -V": no verb. */
	if ((argc > 1 && option_unknown(argv[1], err) < 0) ||
	    options_parse(opts, argc, argv, NULL, VERB_ANY, err) < 0)
		return err->status;
	if (opts->version)
		help_print_version();
	else if (opts->help)
		help_print_overview(stdout);
	else if (opts->n_args) {
		error_set(err, STATUS_USAGE, 0, "unknown-command", NULL,
			  "options stand behind the command");
		error_remedy(err, "Write: vfioctl %s ...", opts->args[0]);
		return err->status;
	} else {
		error_set(err, STATUS_USAGE, 0, "missing-command", NULL, "no command is named");
		error_remedy(err, "`vfioctl help` lists them; `vfioctl list` lists devices.");
		return err->status;
	}
	return STATUS_OK;
}

/* Output that did not arrive is a failure, whatever was done. */
static enum status finish_output(enum status status)
{
	struct error err = {0};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	error_set(&err, STATUS_FAILED, errno, "write-failed", NULL,
		  "cannot write to standard output: %s", strerror(errno));
	message_error(&err);
	return status == STATUS_OK ? STATUS_FAILED : status;
}

enum { OUTPUT_BUFFER = 64 * 1024 };

int main(int argc, char **argv)
{
	struct options opts = {.json = wants_json(argc, argv), .timeout_s = 130};
	struct error err = {.code = NULL};
	enum status status;

	/* What characters are and how wide: nothing else of the locale changes what is printed. */
	setlocale(LC_CTYPE, "");
	/* A document is hundreds of kilobytes, and takes few writes then. */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	message_setup(&opts);
	status = dispatch(argc, argv, &opts, &err);
	if (err.code) {
		if (opts.json || wants_json(argc, argv))
			json_print_document(&error_document, &(struct error_report){.err = &err});
		else
			message_error(&err);
	}
	return (int)finish_output(status);
}
