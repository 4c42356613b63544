/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"
#include "cli/reset_output.h"

#define ERROR(name, expression) GETTER(error_##name, struct error, err, expression)

static struct value text_or_unknown(const char *text)
{
	return value_string(text && *text ? text : NULL);
}

ERROR(code, text_or_unknown(err->code))
ERROR(message, value_string(err->message))
ERROR(device, text_or_unknown(err->device))
ERROR(errno_name, value_string(err->errnum ? errno_name(err->errnum) : NULL))
ERROR(next_step, text_or_unknown(err->remedy))

static const struct field error_fields[] = {
	ROW(STRING, "code", "CODE", error_code, "stable word for the kind of error"),
	ROW(STRING, "message", "MESSAGE", error_message, "what went wrong, for people"),
	ROW(STRING, "device", "DEVICE", error_device, "device, module or path that it is about"),
	ROW(STRING, "errno", "ERRNO", error_errno_name, "name of the kernel's error, as EBUSY"),
	ROW(STRING, "remedy", "REMEDY", error_next_step, "what to do next"),
	{0},
};

const struct record_type error_record = {
	.name = "error",
	.fields = error_fields,
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

static const struct field error_document_fields[] = {
	ROW_RECORD("error", "ERROR", report_error, &error_record, "what went wrong"),
	ROW_RECORDS("results", "RESULTS", report_result, &change_result_record,
		    "of a command that changes devices: what became of each"),
	ROW_RECORDS("resets", "RESETS", report_reset, &reset_result_record,
		    "of reset: what became of each device"),
	{0},
};

const struct record_type error_document = {
	.name = "error",
	.fields = error_document_fields,
};
