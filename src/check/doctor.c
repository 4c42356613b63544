/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/doctor.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>

#include "host/steps.h"

/* How long one rule may look at one object. */
enum { RULE_DEADLINE_MS = DEVICE_DEADLINE_MS };

/* --- which rules -------------------------------------------------------------------------- */

/* The next word of a list between commas, in buf; false at its end. */
static bool next_word(char *buf, size_t size, const char **list)
{
	size_t n = strcspn(*list, ",");

	if (!**list)
		return false;
	snprintf(buf, size, "%.*s", (int)n, *list);
	*list += n + ((*list)[n] == ',');
	return true;
}

static bool is_in(const char *globs, const char *id)
{
	char glob[128];

	while (next_word(glob, sizeof(glob), &globs))
		if (fnmatch(glob, id, 0) == 0)
			return true;
	return false;
}

bool doctor_wants(const struct doctor_request *request, const struct rule *rule)
{
	return (!request->only || fnmatch(request->only, rule->id, 0) == 0) &&
	       (!request->ignore || !is_in(request->ignore, rule->id));
}

static bool fits_any(const struct doctor_request *request, const char *glob)
{
	const struct rule *rule;

	for (size_t i = 0; (rule = rule_at(request->tables, i)); i++)
		if (fnmatch(glob, rule->id, 0) == 0)
			return true;
	return false;
}

bool doctor_unknown_glob(const struct doctor_request *request, char *buf, size_t size)
{
	const char *rest = request->ignore ? request->ignore : "";

	if (request->only && !fits_any(request, request->only)) {
		snprintf(buf, size, "%s", request->only);
		return true;
	}
	while (next_word(buf, size, &rest))
		if (!fits_any(request, buf))
			return true;
	return false;
}

/* --- running ------------------------------------------------------------------------------ */

struct jobs {
	struct rule_run *list; /* in memory shared with the worker that runs them */
	size_t count;
};

static bool is_first_of_group(const struct doctor_report *report, size_t i)
{
	int group = report->named.devices[i].iommu_group;

	for (size_t k = 0; k < i; k++)
		if (report->named.devices[k].iommu_group == group)
			return false;
	return group >= 0;
}

static void add_job(struct jobs *jobs, struct doctor_report *report, const struct rule *rule,
		    const struct device *dev)
{
	struct rule_run *run = &jobs->list[jobs->count++];

	*run = (struct rule_run){
		.rule = rule,
		.facts = report->facts,
		.arena = report->arena,
		.device = dev,
		.group = dev ? dev->iommu_group : -1,
		.end = &run->first,
	};
}

static void add_jobs(struct jobs *jobs, struct doctor_report *report, const struct rule *rule)
{
	if (rule->scope == RULE_HOST)
		add_job(jobs, report, rule, NULL);
	for (size_t i = 0; i < report->named.count && rule->scope != RULE_HOST; i++)
		if (rule->scope == RULE_DEVICE || is_first_of_group(report, i))
			add_job(jobs, report, rule, &report->named.devices[i]);
}

static void run_job(void *arg, size_t i)
{
	struct rule_run *run = &((struct jobs *)arg)->list[i];

	if (run->rule->scope == RULE_DEVICE && run->device->state != DEVICE_OK &&
	    !run->rule->when_locked)
		rule_unknown(run, run->device->syspath, "the device does not answer");
	else
		run->rule->check(run);
}

static void give_up_job(void *arg, size_t i)
{
	struct rule_run *run = &((struct jobs *)arg)->list[i];

	rule_unknown(run, run->device ? run->device->syspath : "/", "it did not answer in time");
}

static int run_rules(struct jobs *jobs, struct doctor_report *report,
		     const struct doctor_request *request, struct error *err)
{
	const struct rule *rule;
	size_t n_rules = 0;

	while (rule_at(request->tables, n_rules))
		n_rules++;
	jobs->list = arena_alloc(report->arena,
				 n_rules * (report->named.count + 1) * sizeof(*jobs->list));
	if (!jobs->list)
		return error_out_of_memory(err);
	for (size_t i = 0; (rule = rule_at(request->tables, i)); i++)
		if (doctor_wants(request, rule))
			add_jobs(jobs, report, rule);
	return steps_run(
		&(struct steps){
			.count = jobs->count,
			.deadline_ms = RULE_DEADLINE_MS,
			.arg = jobs,
			.run = run_job,
			.given_up = give_up_job,
		},
		err);
}

/* --- sorting ------------------------------------------------------------------------------ */

/* The host comes first, then groups, then devices as they were named. */
static int compare_objects(const struct finding *a, const struct finding *b)
{
	if (a->rule->scope != b->rule->scope)
		return a->rule->scope < b->rule->scope ? -1 : 1;
	if (a->rule->scope == RULE_DEVICE && a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->group < b->group ? -1 : a->group > b->group;
}

/* What an object's findings are sorted by. */
struct sortable {
	const struct finding *finding;
	enum rule_severity worst; /* of the object */
	size_t place;             /* in which the rules told it */
};

static int compare(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;
	int objects = compare_objects(a->finding, b->finding);

	if (objects && a->worst != b->worst)
		return a->worst > b->worst ? -1 : 1;
	if (objects)
		return objects;
	if (a->finding->rule->severity != b->finding->rule->severity)
		return a->finding->rule->severity > b->finding->rule->severity ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int compare_by_object(const void *left, const void *right)
{
	const struct sortable *a = left, *b = right;
	int objects = compare_objects(a->finding, b->finding);

	return objects ? objects : a->place < b->place ? -1 : a->place > b->place;
}

/* Those of one object stand together. */
static void fill_worst(struct sortable *list, size_t count)
{
	size_t end;

	for (size_t start = 0; start < count; start = end) {
		enum rule_severity worst = RULE_INFO;

		for (end = start;
		     end < count && compare_objects(list[start].finding, list[end].finding) == 0;
		     end++)
			if (list[end].finding->rule->severity > worst)
				worst = list[end].finding->rule->severity;
		for (size_t i = start; i < end; i++)
			list[i].worst = worst;
	}
}

static int sort(struct doctor_report *report)
{
	scoped_free struct sortable *list = calloc(report->n_findings + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < report->n_findings; i++)
		list[i] = (struct sortable){.finding = report->findings[i], .place = i};
	qsort(list, report->n_findings, sizeof(*list), compare_by_object);
	fill_worst(list, report->n_findings);
	qsort(list, report->n_findings, sizeof(*list), compare);
	for (size_t i = 0; i < report->n_findings; i++)
		report->findings[i] = list[i].finding;
	return 0;
}

static size_t count_findings(const struct jobs *jobs)
{
	size_t count = 0;

	for (size_t i = 0; i < jobs->count; i++)
		for (const struct finding *f = jobs->list[i].first; f; f = f->next)
			count++;
	return count;
}

/* A rule may come by the same file several times: that it cannot look there is said once. */
static bool is_new(const struct finding *f, const struct finding *first)
{
	while (first != f && !(first->unknown && streq_null(first->file, f->file) &&
			       streq_null(first->value, f->value)))
		first = first->next;
	return first == f;
}

static int collect(struct doctor_report *report, const struct jobs *jobs)
{
	size_t size = (count_findings(jobs) + 1) * sizeof(*report->findings);

	report->findings = arena_alloc(report->arena, size);
	report->unknown = arena_alloc(report->arena, size);
	if (!report->findings || !report->unknown)
		return -ENOMEM;
	for (size_t i = 0; i < jobs->count; i++)
		for (const struct finding *f = jobs->list[i].first; f; f = f->next) {
			if (f->unknown) {
				if (is_new(f, jobs->list[i].first))
					report->unknown[report->n_unknown++] = f;
				continue;
			}
			report->findings[report->n_findings++] = f;
			report->counts[f->rule->severity]++;
		}
	return sort(report);
}

/* --- answers ------------------------------------------------------------------------------ */

static bool concerns(const struct finding *finding, const struct device *dev, unsigned int purpose)
{
	if (!(finding->rule->blocks & purpose))
		return false;
	switch (finding->rule->scope) {
	case RULE_HOST:
		return true;
	case RULE_GROUP:
		return finding->group == dev->iommu_group;
	case RULE_DEVICE:
		return finding->device == dev;
	}
	return false;
}

/* One command may mend several things: it is to be given once. */
static bool is_listed(const struct finding *const *list, size_t count,
		      const struct finding *finding)
{
	for (size_t i = 0; i < count && finding->remedy && !finding->rule->step_tells; i++)
		if (streq_null(list[i]->remedy, finding->remedy))
			return true;
	return false;
}

static size_t pick(const struct finding **ret, const struct finding *const *list, size_t count,
		   const struct device *dev, unsigned int purpose)
{
	size_t n = 0;

	for (int stage = STAGE_FIRMWARE; stage <= STAGE_PROGRAM; stage++)
		for (size_t i = 0; i < count; i++)
			if ((int)list[i]->rule->stage == stage && concerns(list[i], dev, purpose) &&
			    !is_listed(ret, n, list[i]) &&
			    !(list[i]->unknown && list[i]->rule->may_be_unseen))
				ret[n++] = list[i];
	return n;
}

/* Of the ways that the device offers; libvirt's daemon opens either. */
static unsigned int open_ways(const struct doctor_report *report, const struct device *dev,
			      unsigned int purpose)
{
	const struct reach *reach = report->facts->reach;

	if (!device_is_vfio(dev))
		return 0;
	if (!(purpose & PURPOSE_OWN_NODES) || !reach)
		return dev->modes;
	return reach[dev - report->named.devices].ways;
}

/* "yes", and by which of two ways when the other one is closed. */
static const char *answer_word(const struct doctor_answer *answer)
{
	if (answer->ready == ANSWER_UNKNOWN)
		return "as far as could be seen";
	if (answer->ready == ANSWER_NO)
		return "no";
	if (answer->modes == answer->device->modes)
		return "yes";
	return answer->modes == MODE_GROUP  ? "yes, through the group alone"
	       : answer->modes == MODE_CDEV ? "yes, through the cdev alone"
					    : "yes";
}

static int answer(struct doctor_answer *ret, struct doctor_report *report,
		  const struct rule_purpose *purpose, const struct device *dev)
{
	const struct account *user = report->facts->user;
	struct doctor_answer answer = {
		.device = dev,
		.purpose = purpose->name,
		.user = account_word(report->arena, user),
		.modes = open_ways(report, dev, purpose->bit),
		.steps = arena_alloc(report->arena,
				     (report->n_findings + 1) * sizeof(*answer.steps)),
		.unseen = arena_alloc(report->arena,
				      (report->n_unknown + 1) * sizeof(*answer.unseen)),
	};

	if (!answer.steps || !answer.unseen)
		return -ENOMEM;
	answer.n_steps =
		pick(answer.steps, report->findings, report->n_findings, dev, purpose->bit);
	answer.n_unseen =
		pick(answer.unseen, report->unknown, report->n_unknown, dev, purpose->bit);
	answer.ready = answer.n_steps ? ANSWER_NO : answer.n_unseen ? ANSWER_UNKNOWN : ANSWER_YES;
	answer.sentence = arena_printf(report->arena, "%s can %s %s: %s", answer.user,
				       purpose->what, dev->address, answer_word(&answer));
	*ret = answer;
	return 0;
}

/* Whether all is well a part of the rules cannot tell. */
static int give_answers(struct doctor_report *report, const struct doctor_request *request)
{
	const struct rule_purpose *purpose = request->purpose;

	if (!purpose || request->only)
		return 0;
	report->answers =
		arena_alloc(report->arena, (report->named.count + 1) * sizeof(*report->answers));
	if (!report->answers)
		return -ENOMEM;
	for (size_t i = 0; i < report->named.count; i++)
		if (answer(&report->answers[report->n_answers++], report, purpose,
			   &report->named.devices[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* --- all ---------------------------------------------------------------------------------- */

static int examine(struct doctor_report *report, const struct doctor_request *request,
		   struct error *err)
{
	struct jobs jobs = {0};

	if (doctor_gather(report, request, err) < 0 || run_rules(&jobs, report, request, err) < 0)
		return -1;
	if (collect(report, &jobs) < 0 || give_answers(report, request) < 0)
		return error_out_of_memory(err);
	return 0;
}

int doctor_run(struct doctor_report *ret, const struct doctor_request *request, struct error *err)
{
	*ret = (struct doctor_report){0};
	if (examine(ret, request, err) == 0)
		return 0;
	doctor_report_free(ret);
	return -1;
}

void doctor_report_free(struct doctor_report *report)
{
	for (size_t i = 0; report->usages && i < report->named.count; i++)
		usages_free(&report->usages[i]);
	free(report->usages);
	inventory_free(&report->named);
	inventory_free(&report->machine);
	arena_free(report->arena);
	*report = (struct doctor_report){0};
}
