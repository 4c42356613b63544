/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach_record.h"

#include "cli/probe_record.h"
#include "host/reach.h"

#define NEED(name, expression)                                                                     \
	static struct value need_##name(const void *record)                                        \
	{                                                                                          \
		const struct reach_need *need = record;                                            \
                                                                                                   \
		return (expression);                                                               \
	}

NEED(way, value_string(need->way))
NEED(object, value_string(need->object))
NEED(met, value_answer(need->met))
NEED(cause, value_string(need->cause))
NEED(remedy, value_string(need->remedy))

static const struct record_type need_record = {
	.name = "user_need",
	.fields = (const struct field[]){{.key = "way",
					  .title = "WAY",
					  .type = FIELD_STRING,
					  .get = need_way,
					  .help = "cdev or group; both when it is not said"},
					 {.key = "object",
					  .title = "OBJECT",
					  .type = FIELD_STRING,
					  .get = need_object,
					  .help = "node, the device itself, or memlock"},
					 {.key = "met",
					  .title = "MET",
					  .type = FIELD_BOOL,
					  .get = need_met,
					  .help = "it is as the user needs it"},
					 {.key = "cause",
					  .title = "CAUSE",
					  .type = FIELD_STRING,
					  .get = need_cause,
					  .help = "why it is not, or why that is not known"},
					 {.key = "remedy",
					  .title = "REMEDY",
					  .type = FIELD_STRING,
					  .get = need_remedy,
					  .help = "how to change that"},
					 {0}},
};

#define REACH(name, expression)                                                                    \
	static struct value reach_##name(const void *record)                                       \
	{                                                                                          \
		const struct reach *reach = record;                                                \
                                                                                                   \
		return (expression);                                                               \
	}

/* Bytes; unlimited and unknown are none. */
static struct value limit(int64_t bytes)
{
	return bytes == MEMLOCK_UNLIMITED ? VALUE_UNKNOWN : value_number(bytes);
}

static struct value is_limited(const struct memlock *memlock)
{
	if (memlock->exempt || memlock->soft == MEMLOCK_UNLIMITED)
		return value_bool(false);
	return memlock->soft < 0 ? VALUE_UNKNOWN : value_bool(true);
}

REACH(name, value_string(reach->account.name))
REACH(uid, value_number((int64_t)reach->account.uid))
REACH(may_use, value_answer(reach->allowed))
REACH(memlock_limited, is_limited(&reach->memlock))
REACH(memlock_soft, limit(reach->memlock.soft))
REACH(memlock_hard, limit(reach->memlock.hard))
REACH(memlock_source, value_string(reach->memlock.source))

static struct value reach_need_item(const void *record, size_t i)
{
	const struct reach *reach = record;

	return value_record(i < reach->n_needs ? &reach->needs[i] : NULL);
}

const struct record_type reach_record_type = {
	.name = "user",
	.fields =
		(const struct field[]){
			{.key = "name",
			 .title = "NAME",
			 .type = FIELD_STRING,
			 .get = reach_name,
			 .help = "name of the user"},
			{.key = "uid",
			 .title = "UID",
			 .type = FIELD_NUMBER,
			 .get = reach_uid,
			 .help = "number of the user"},
			{.key = "may_use",
			 .title = "MAY-USE",
			 .type = FIELD_BOOL,
			 .get = reach_may_use,
			 .help = "one way or another all nodes may be opened"},
			{.key = "memlock_limited",
			 .title = "MEMLOCK-LIMITED",
			 .type = FIELD_BOOL,
			 .get = reach_memlock_limited,
			 .help = "locked memory, which is what DMA can reach, is limited"},
			{.key = "memlock_soft",
			 .title = "MEMLOCK-SOFT",
			 .type = FIELD_SIZE,
			 .get = reach_memlock_soft,
			 .help = "the limit, in bytes"},
			{.key = "memlock_hard",
			 .title = "MEMLOCK-HARD",
			 .type = FIELD_SIZE,
			 .get = reach_memlock_hard,
			 .help = "how far the user can raise it, in bytes"},
			{.key = "memlock_source",
			 .title = "MEMLOCK-SOURCE",
			 .type = FIELD_STRING,
			 .get = reach_memlock_source,
			 .help = "where that is configured: a file, or this process"},
			{.key = "needs",
			 .title = "NEEDS",
			 .type = FIELD_RECORDS,
			 .item = reach_need_item,
			 .child = &need_record,
			 .help = "what the user needs, and what is missing of it"},
			{0}},
};
