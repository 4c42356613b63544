/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfioctl test: choose the devices, pass the gate with all of them, run the cases, print.
 */
#include "cli/command.h"
#include "cli/open_lock.h"
#include "cli/select.h"
#include "cli/test_record.h"

/*
 * For one case. After a reset the kernel itself waits up to a minute for a function to come back.
 */
#define DEADLINE_MS 70000

static void tell_case(const struct test_case *test, const struct case_run *run)
{
	if (run->device)
		message_progress("testing %s: %s through the %s", run->device->address, test->id,
				 case_path_name(run->path));
}

static struct case_request request_of(const struct options *opts)
{
	return (struct case_request){
		.tables = case_tables,
		.deadline_ms = DEADLINE_MS,
		.all = opts->conformance || opts->case_glob,
		.glob = opts->case_glob,
		.up_to = opts->lab           ? CASE_LAB
			 : opts->destructive ? CASE_NEIGHBOURS
					     : CASE_SELF,
		.contradict = opts->contradict,
		.on_case = tell_case,
	};
}

/* Every device must pass before the first is opened. *ret_lock keeps it as it was seen. */
static int gather(struct inventory *ret, int *ret_lock, const struct options *opts,
		  struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_inventory struct inventory all = {0};

	if (opts->n_args == 0)
		return 0;
	if (selection_read(&selection, opts, RESOLVE_TO_CHANGE, err) < 0)
		return -1;
	*ret_lock = open_lock_take(opts, err);
	/* The whole machine, too, for the other members of the groups. */
	if (err->code ||
	    inventory_scan_only(ret, NEED_DETAIL, (const char *const *)selection.addresses,
				selection.count, err) < 0 ||
	    inventory_scan(&all, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->count; i++)
		if (case_admit(&all, &ret->devices[i], err) < 0)
			return -1;
	return 0;
}

static int run_cases(struct test_report *report, struct case_request request,
		     const struct inventory *inventory, struct error *err)
{
	struct case_host host;

	case_host_probe(&host);
	request.host = &host;
	request.named = inventory->devices;
	request.n_named = inventory->count;
	if (cases_run(&report->results, &request, NULL) < 0)
		return error_out_of_memory(err);
	for (size_t i = 0; i < inventory->count; i++) {
		const struct device *dev = &inventory->devices[i];

		message_note("Opening %s resets the function", dev->address);
		if (cases_run(&report->results, &request, dev) < 0)
			return error_out_of_memory(err);
	}
	message_progress(NULL);
	for (size_t i = 0; i < report->results.count; i++)
		report->counts[report->results.list[i].outcome.status]++;
	return 0;
}

static enum status verdict(const struct test_report *report)
{
	if (report->counts[CASE_FAIL])
		return STATUS_FAILED;
	return report->counts[CASE_PASS] ? STATUS_OK : STATUS_UNSUPPORTED;
}

static int print_report(const struct options *opts, const struct test_report *report,
			struct error *err)
{
	if (opts->json)
		json_print_document(&test_document, report);
	else if (opts->tap)
		test_print_tap(report);
	else
		return test_print_text(opts, report, err);
	return 0;
}

static enum status run_and_print(const struct options *opts, struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	scoped_fd int lock = -1;
	struct test_report report = {.by_statement = opts->conformance};
	struct columns columns;
	enum status status = STATUS_OK;

	/* A mistyped column must not be found out after the devices were reset. */
	if (columns_parse(&columns, &case_result_record, opts->output, err) < 0 ||
	    gather(&inventory, &lock, opts, err) < 0)
		return err->status;
	if (run_cases(&report, request_of(opts), &inventory, err) < 0 ||
	    print_report(opts, &report, err) < 0)
		status = err->status;
	else
		status = verdict(&report);
	case_results_free(&report.results);
	return status;
}

static enum status list_cases(const struct options *opts, struct error *err)
{
	struct case_request request = request_of(opts);
	struct columns columns;

	request.all = true;
	if (opts->json) {
		json_print_document(&cases_document, &request);
		return STATUS_OK;
	}
	if (columns_parse(&columns, &case_record, opts->output, err) < 0)
		return err->status;
	table_print(&columns, opts, case_list_item, &request);
	return STATUS_OK;
}

/* A glob that no case has is a typo. */
static int check_glob(const struct options *opts, struct error *err)
{
	struct case_request request = request_of(opts);

	if (!opts->case_glob || case_list_item(&request, 0))
		return 0;
	error_set(err, STATUS_USAGE, 0, "unknown-case", NULL, "there is no case '%s'",
		  opts->case_glob);
	return error_remedy(err, "`vfioctl test --list` lists them.");
}

static enum status run(const struct options *opts, struct error *err)
{
	if (check_glob(opts, err) < 0)
		return err->status;
	return opts->list_cases ? list_cases(opts, err) : run_and_print(opts, err);
}

static const char *case_word(size_t i)
{
	const struct options every = {.case_glob = NULL};
	struct case_request request = request_of(&every);
	const struct test_case *test;

	request.all = true;
	test = case_list_item(&request, i);
	return test ? test->id : NULL;
}

static const struct option_spec options[] = {
	OPTION("conformance", 0, OPTION_FLAG, NULL,
	       "run the whole catalogue of what the kernel promises", conformance),
	OPTION("case", 0, OPTION_STRING, "GLOB", "only cases of the catalogue with such an id",
	       case_glob, .word = case_word),
	OPTION("list", 0, OPTION_FLAG, NULL, "list the catalogue and run nothing", list_cases),
	OPTION("tap", 0, OPTION_FLAG, NULL, "print the results as TAP 14", tap),
	OPTION("verbose", 'v', OPTION_COUNT, NULL, "say so when the lock could not be had",
	       verbose),
	OPTION("destructive", 0, OPTION_FLAG, NULL,
	       "also what rebinds the named devices, or blocks their DMA", destructive),
	OPTION("lab", 0, OPTION_FLAG, NULL,
	       "also what changes module parameters: never where it matters", lab),
	OPTION("contradict", 0, OPTION_FLAG, NULL,
	       "run each case again expecting the opposite: it must fail", contradict),
	OPTION("timeout", 0, OPTION_NUMBER, "SECONDS",
	       "wait so long for another vfioctl that has devices (130)", timeout_s),
	{0},
};

const struct command cmd_test = {
	.name = "test",
	.synopsis = "[DEVICE...]",
	.summary = "prove that the kernel's way to a device works",
	.details =
		"Opens each DEVICE, which must be bound to a VFIO driver, through the cdev and "
		"through the group, whichever the host offers, and checks what the kernel "
		"promises. "
		"Opening a device resets the function. A device in use is refused. Without DEVICE, "
		"only the host is checked. The exit status is 1 when a check failed and 9 when all "
		"were skipped.",
	.options = options,
	.columns = &case_result_record,
	.document = &test_document,
	.catalogue = &cases_document,
	.max_args = -1,
	.run = run,
};
