/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/reset.h"

#include <errno.h>

#include "base/worker.h"
#include "change/decide.h"
#include "change/interrupt.h"
#include "change/lock.h"
#include "change/reset_internal.h"

/* --- words -------------------------------------------------------------------------------- */

static const char *const scopes[] = {[RESET_FUNCTION] = "function", [RESET_HOT] = "hot"};

const char *reset_scope_name(enum reset_scope scope)
{
	return scopes[scope];
}

const char *reset_scope_word(size_t i)
{
	return i < ARRAY_SIZE(scopes) ? scopes[i] : NULL;
}

const char *reset_method_word(size_t i)
{
	static const char *const methods[] = {
		"device_specific", "acpi", "flr", "af_flr", "pm", "bus", "cxl_bus"};

	return i < ARRAY_SIZE(methods) ? methods[i] : NULL;
}

int reset_scope_parse(enum reset_scope *ret, const char *word, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (word && !streq(word, scopes[i]))
			continue;
		*ret = (enum reset_scope)i;
		return 0;
	}
	error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL, "--scope: there is no scope '%s'",
		  word);
	return error_remedy(err, "Scopes are: function, hot.");
}

int reset_method_check(const char *word, struct error *err)
{
	const char *method;
	char all[128] = "";

	for (size_t i = 0; (method = reset_method_word(i)); i++) {
		if (!word || streq(word, method))
			return 0;
		append(all, sizeof(all), "%s%s", i ? ", " : "", method);
	}
	error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
		  "--method: there is no reset method '%s'", word);
	return error_remedy(err, "Methods are: %s; `vfioctl show` tells those of a device.", all);
}

/* --- looking ------------------------------------------------------------------------------ */

static void forget_look(struct reset *reset)
{
	for (size_t i = 0; i < reset->count; i++) {
		struct reset_result *result = &reset->results[i];

		/* One that follows another has what it knows of them from that one. */
		for (size_t k = 0; k < result->n_members && !result->with; k++) {
			usages_free(&result->members[k].usages);
			holders_free(&result->members[k].holders);
		}
		free(result->members);
	}
	free(reset->results);
	inventory_free(&reset->inventory);
	*reset = (struct reset){0};
}

void reset_free(struct reset *reset)
{
	forget_look(reset);
}

static const struct reset_member *find_member(const struct reset_result *result,
					      const struct device *dev)
{
	for (size_t i = 0; i < result->n_members; i++)
		if (result->members[i].dev == dev)
			return &result->members[i];
	return NULL;
}

/* The earlier result whose bus reset takes dev along. */
static const struct reset_result *taken_along(const struct reset *reset, const struct device *dev)
{
	for (size_t i = 0; i < reset->count; i++) {
		const struct reset_result *result = &reset->results[i];

		if (result->scope == RESET_HOT && !result->with && find_member(result, dev))
			return result;
	}
	return NULL;
}

static int add_result(struct reset *reset, const struct device *dev, enum reset_scope scope,
		      struct error *err)
{
	struct reset_result *result = &reset->results[reset->count];

	*result = (struct reset_result){
		.dev = dev,
		.scope = scope,
		.with = taken_along(reset, dev),
		.restored = -1,
		.duration_ms = -1,
	};
	if (reset_find_members(result, &reset->inventory) < 0)
		return error_out_of_memory(err);
	reset->count++;
	return 0;
}

static int look(struct reset *reset, const struct reset_request *request, struct error *err)
{
	forget_look(reset);
	if (inventory_scan(&reset->inventory, 0, err) < 0)
		return -1;
	reset->results = calloc(request->count + 1, sizeof(*reset->results));
	if (!reset->results)
		return error_out_of_memory(err);
	for (size_t i = 0; i < request->count; i++) {
		const struct device *dev =
			decide_find(&reset->inventory, request->addresses[i], err);

		if (!dev || add_result(reset, dev, request->scope, err) < 0)
			return -1;
	}
	return 0;
}

/* What became of the reset that takes this device along became of it. */
static void follow(struct reset_result *result)
{
	const struct reset_result *with = result->with;

	result->overridden = with->overridden;
	result->done = with->done;
	result->restored = with->restored;
	result->duration_ms = with->duration_ms;
	result->error = with->error;
	for (size_t i = 0; i < result->n_members; i++) {
		const struct reset_member *same = find_member(with, result->members[i].dev);

		if (same)
			result->members[i] = *same;
	}
}

/* All are asked about, so that all refusals are told at once; err is the first. */
static int admit_all(struct reset *reset, const struct reset_request *request, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < reset->count; i++) {
		struct reset_result *result = &reset->results[i];

		if (result->with)
			follow(result);
		else if (reset_admit(result, request, &reset->inventory, &result->error) < 0 &&
			 r == 0) {
			*err = result->error;
			r = -1;
		}
	}
	return r;
}

/* --- doing it ----------------------------------------------------------------------------- */

/* A reset that runs. */
struct running {
	struct reset_job job;
	struct worker worker;
};

/* What was written, for whoever wants it named. */
static void note_writes(struct reset_result *result, const struct reset_report *report)
{
	memcpy(result->writes, report->writes, sizeof(result->writes));
	result->n_writes = report->n_writes;
}

static void note_report(struct reset_result *result, const struct reset_report *report)
{
	result->running = false;
	result->done = report->done;
	result->restored = report->restored;
	result->duration_ms = report->duration_ms;
	result->error = report->error;
	note_writes(result, report);
}

static void start(struct running *running, struct reset_result *result,
		  const struct reset_request *request)
{
	int r;

	reset_prepare(&running->job, result, request->method != NULL);
	r = worker_start(&running->worker, reset_work, &running->job);
	if (r < 0)
		error_errno(&result->error, r, "fork", result->dev->address,
			    "cannot start a worker process");
	else
		result->running = true;
}

/* Its worker was killed: what it set is still set. */
static void bury(struct running *running, struct reset_result *result)
{
	enum { PUT_BACK_MS = 10000 };
	struct reset_report report = {.restored = -1};

	worker_wait(&running->worker, 0, &(char){0}, 1);
	result->running = false;
	error_set(&result->error, STATUS_FAILED, 0, "worker-died", result->dev->address,
		  "the process that reset it has died");
	error_remedy(&result->error, "Reset it again.");
	if (worker_run(reset_put_back, &running->job, PUT_BACK_MS, &report, sizeof(report)) < 0)
		return;
	note_writes(result, &report);
	if (report.error.code)
		result->error = report.error;
}

/* The process goes on by itself, so that what it set is put back when the kernel is done. */
static void leave(struct running *running, struct reset_result *result, const char *why)
{
	worker_leave(&running->worker);
	result->running = false;
	error_set(&result->error, STATUS_TIMEOUT, ETIMEDOUT, "timeout", result->dev->address,
		  "the reset did not end: %s", why);
	error_remedy(&result->error,
		     "The kernel goes on with it, and may take minutes over a function that does "
		     "not come back; `vfioctl show %s` tells whether it answers.",
		     result->dev->address);
}

/* Waits at most timeout_ms for the report of one. */
static void hear(struct running *running, struct reset_result *result, int64_t timeout_ms)
{
	enum { ENDING_MS = 1000 };
	struct reset_report report;
	int r = worker_read(&running->worker, timeout_ms, &report, sizeof(report));

	if (r == 0) {
		worker_wait(&running->worker, ENDING_MS, &(char){0}, 1);
		note_report(result, &report);
	} else if (r == -ECHILD) {
		bury(running, result);
	}
}

/* Why to stop waiting, NULL to go on. A Ctrl-C counts when the kernel is not about to end. */
static const char *patience_is_over(int64_t waited_ms, int64_t timeout_ms)
{
	enum { PATIENCE_MS = 2000 };

	if (waited_ms >= timeout_ms)
		return "its time is up";
	return waited_ms >= PATIENCE_MS && interrupts_are_pending() ? "interrupted" : NULL;
}

static void wait_for_all(struct reset *reset, struct running *running,
			 const struct reset_request *request)
{
	enum { SLICE_MS = 200 };
	int64_t since = now_ms();
	size_t left;

	do {
		const char *over = patience_is_over(now_ms() - since, request->timeout_ms);
		int64_t slice = SLICE_MS;

		left = 0;
		for (size_t i = 0; i < reset->count; i++) {
			struct reset_result *result = &reset->results[i];

			if (!result->running)
				continue;
			hear(&running[i], result, slice);
			slice = 0;
			if (result->running && over)
				leave(&running[i], result, over);
			left += result->running;
		}
		if (request->on_wait)
			request->on_wait(reset, now_ms() - since);
	} while (left);
}

/* The error of the command: the first, but for one that left something broken. */
static int sum_up(struct reset *reset, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < reset->count; i++) {
		struct reset_result *result = &reset->results[i];

		if (result->with)
			follow(result);
		if (!result->error.code)
			continue;
		if (r == 0 ||
		    (result->error.status == STATUS_BROKEN && err->status != STATUS_BROKEN))
			*err = result->error;
		r = -1;
	}
	return r;
}

static int reset_all(struct reset *reset, const struct reset_request *request, struct error *err)
{
	scoped_free struct running *running = calloc(reset->count + 1, sizeof(*running));
	struct interrupts interrupts;

	if (!running)
		return error_out_of_memory(err);
	interrupts_block(&interrupts);
	for (size_t i = 0; i < reset->count; i++)
		if (!reset->results[i].with)
			start(&running[i], &reset->results[i], request);
	wait_for_all(reset, running, request);
	interrupts_unblock(&interrupts);
	return sum_up(reset, err);
}

int reset_run(struct reset *ret, const struct reset_request *request, struct error *err)
{
	scoped_fd int lock = -1;

	*ret = (struct reset){0};
	if (!request->dry_run) {
		lock = lock_take(request->timeout_ms, err);
		if (lock < 0)
			return -1;
	}
	if (look(ret, request, err) < 0 || admit_all(ret, request, err) < 0)
		return -1;
	return request->dry_run ? 0 : reset_all(ret, request, err);
}
