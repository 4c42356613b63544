/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"
#include "cli/reset_output.h"

#define ERROR(name, expression)                                                                    \
	static struct value error_##name(const void *record)                                       \
	{                                                                                          \
		const struct error *err = record;                                                  \
                                                                                                   \
		return (expression);                                                               \
	}

static struct value text_or_unknown(const char *text)
{
	return value_string(text && *text ? text : NULL);
}

ERROR(code, text_or_unknown(err->code))
ERROR(message, value_string(err->message))
ERROR(device, text_or_unknown(err->device))
ERROR(errno_name, value_string(err->errnum ? errno_name(err->errnum) : NULL))
ERROR(next_step, text_or_unknown(err->remedy))

const struct record_type error_record = {
	.name = "error",
	.fields = (const struct field[]){{.key = "code",
					  .title = "CODE",
					  .type = FIELD_STRING,
					  .get = error_code,
					  .help = "stable word for the kind of error"},
					 {.key = "message",
					  .title = "MESSAGE",
					  .type = FIELD_STRING,
					  .get = error_message,
					  .help = "what went wrong, for people"},
					 {.key = "device",
					  .title = "DEVICE",
					  .type = FIELD_STRING,
					  .get = error_device,
					  .help = "device, module or path that it is about"},
					 {.key = "errno",
					  .title = "ERRNO",
					  .type = FIELD_STRING,
					  .get = error_errno_name,
					  .help = "name of the kernel's error, as EBUSY"},
					 {.key = "remedy",
					  .title = "REMEDY",
					  .type = FIELD_STRING,
					  .get = error_next_step,
					  .help = "what to do next"},
					 {0}},
};

static struct value report_error(const void *record)
{
	return value_record(((const struct error_report *)record)->err);
}

static struct value report_result(const void *record, size_t i)
{
	const struct change *change = ((const struct error_report *)record)->change;

	return change ? change_result_item(change, i) : VALUE_UNKNOWN;
}

static struct value report_reset(const void *record, size_t i)
{
	const struct reset *reset = ((const struct error_report *)record)->reset;

	return reset ? reset_result_item(reset, i) : VALUE_UNKNOWN;
}

const struct record_type error_document = {
	.name = "error",
	.fields =
		(const struct field[]){
			{.key = "error",
			 .title = "ERROR",
			 .type = FIELD_RECORD,
			 .get = report_error,
			 .child = &error_record,
			 .help = "what went wrong"},
			{.key = "results",
			 .title = "RESULTS",
			 .type = FIELD_RECORDS,
			 .item = report_result,
			 .child = &change_result_record,
			 .help = "of a command that changes devices: what became of each"},
			{.key = "resets",
			 .title = "RESETS",
			 .type = FIELD_RECORDS,
			 .item = report_reset,
			 .child = &reset_result_record,
			 .help = "of reset: what became of each device"},
			{0}},
};
