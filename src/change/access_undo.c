/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access that was given by a change that failed, or by one for a device that is gone: the same
 * plans, carried out at once, each step whatever became of the one before.
 */
#include "change/access_internal.h"

static int run(const struct plan *plan, struct error *err)
{
	struct error first = {0};

	for (size_t i = 0; i < plan->count; i++) {
		struct error own = {0};

		if (access_step(&plan->steps[i], &own) < 0 && !first.code)
			first = own;
	}
	if (!first.code)
		return 0;
	if (err)
		*err = first;
	return -1;
}

static int give_again(struct plan *plan, const struct device *dev, const struct access *access,
		      struct error *err)
{
	if (access_scheme_giving(plan, dev, access) < 0)
		return error_out_of_memory(err);
	return run(plan, err);
}

static int take_all(struct plan *plan, const struct device *dev, const struct document *doc,
		    const struct access *had, struct error *err)
{
	struct scheme scheme = {.plan = plan, .dev = dev, .doc = doc, .back = true};
	int r = access_scheme_back(&scheme, had, true);

	r = r < 0 ? error_out_of_memory(err) : run(plan, err);
	access_forget(dev);
	return r;
}

/* The claims of both are in the record, so this is one more change of owners. */
static int give_to_earlier(struct plan *plan, const struct device *dev, const struct document *doc,
			   const struct access *had, struct error *err)
{
	struct scheme scheme = {.plan = plan, .dev = dev, .doc = doc, .back = true};
	struct access earlier;

	if (!access_record_read(&earlier, doc, "earlier_"))
		return take_all(plan, dev, doc, had, err);
	if (access_save(dev, &earlier, err) < 0)
		return -1;
	if (access_scheme_drop(&scheme, had, &earlier) < 0)
		return error_out_of_memory(err);
	return give_again(plan, dev, &earlier, err);
}

int access_undo(const struct device *dev, bool giving, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	scoped_document struct document *doc = access_record_load(dev);
	struct access had;

	if (!arena)
		return error_out_of_memory(err);
	if (!doc || !access_record_read(&had, doc, ""))
		return 0;
	return giving ? give_to_earlier(&plan, dev, doc, &had, err)
		      : give_again(&plan, dev, &had, err);
}

int access_drop_stale(const struct device *dev, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	scoped_document struct document *doc = access_record_load_stale(dev);
	struct access had;

	if (!arena)
		return error_out_of_memory(err);
	if (!doc || !access_record_read(&had, doc, ""))
		return 0;
	return take_all(&plan, dev, doc, &had, err);
}
