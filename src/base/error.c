/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>

static void fill(struct error *err, enum status status, int errnum, const char *code,
		 const char *device, const char *fmt, va_list ap)
{
	*err = (struct error){
		.status = status, .errnum = errnum < 0 ? -errnum : errnum, .code = code};
	snprintf(err->device, sizeof(err->device), "%s", device ? device : "");
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
}

int error_set(struct error *err, enum status status, int errnum, const char *code,
	      const char *device, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, status, errnum, code, device, fmt, ap);
	va_end(ap);
	return -1;
}

int error_remedy(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(err->remedy, sizeof(err->remedy), fmt, ap);
	va_end(ap);
	return -1;
}

int error_errno(struct error *err, int errnum, const char *code, const char *device,
		const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	if (errnum < 0)
		errnum = -errnum;
	va_start(ap, fmt);
	fill(err, errnum == EACCES || errnum == EPERM ? STATUS_PERMISSION : STATUS_FAILED, errnum,
	     code, device, fmt, ap);
	va_end(ap);
	append(err->message, sizeof(err->message), ": %s (%s)", strerror(errnum),
	       errno_name(errnum));
	return -1;
}

int error_out_of_memory(struct error *err)
{
	return error_set(err, STATUS_FAILED, ENOMEM, "out-of-memory", NULL, "out of memory");
}
