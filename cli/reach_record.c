/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reach_record.h"

#include "cli/probe_record.h"
#include "host/reach.h"

#define NEED(name, expression) GETTER(need_##name, struct reach_need, need, expression)

NEED(way, value_string(need->way))
NEED(object, value_string(need->object))
NEED(met, value_answer(need->met))
NEED(cause, value_string(need->cause))
NEED(remedy, value_string(need->remedy))

static const struct field need_fields[] = {
	ROW(STRING, "way", "WAY", need_way, "cdev or group; both when it is not said"),
	ROW(STRING, "object", "OBJECT", need_object, "node, the device itself, or memlock"),
	ROW(BOOL, "met", "MET", need_met, "it is as the user needs it"),
	ROW(STRING, "cause", "CAUSE", need_cause, "why it is not, or why that is not known",
	    .flags = FIELD_WRAP),
	ROW(STRING, "remedy", "REMEDY", need_remedy, "how to change that", .flags = FIELD_WRAP),
	{0},
};

static const struct record_type need_record = {
	.name = "user_need",
	.fields = need_fields,
};

#define REACH(name, expression) GETTER(reach_##name, struct reach, reach, expression)

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
REACH(may_use, value_answer(reach->usable))
REACH(memlock_limited, is_limited(&reach->memlock))
REACH(memlock_soft, limit(reach->memlock.soft))
REACH(memlock_hard, limit(reach->memlock.hard))
REACH(memlock_source, value_string(reach->memlock.source))

static struct value reach_need_item(const void *record, size_t i)
{
	const struct reach *reach = record;

	return value_record(i < reach->n_needs ? &reach->needs[i] : NULL);
}

static const struct field reach_record_type_fields[] = {
	ROW(STRING, "name", "NAME", reach_name, "name of the user"),
	ROW(NUMBER, "uid", "UID", reach_uid, "number of the user"),
	ROW(BOOL, "may_use", "MAY-USE", reach_may_use,
	    "one way or another all nodes may be opened; unknown where little memory may be "
	    "locked"),
	ROW(BOOL, "memlock_limited", "MEMLOCK-LIMITED", reach_memlock_limited,
	    "locked memory, which is what DMA can reach, is limited"),
	ROW(SIZE, "memlock_soft", "MEMLOCK-SOFT", reach_memlock_soft, "the limit, in bytes"),
	ROW(SIZE, "memlock_hard", "MEMLOCK-HARD", reach_memlock_hard,
	    "how far the user can raise it, in bytes"),
	ROW(STRING, "memlock_source", "MEMLOCK-SOURCE", reach_memlock_source,
	    "where that is configured: a file, or this process"),
	ROW_RECORDS("needs", "NEEDS", reach_need_item, &need_record,
		    "what the user needs, and what is missing of it"),
	{0},
};

const struct record_type reach_record_type = {
	.name = "user",
	.fields = reach_record_type_fields,
};
