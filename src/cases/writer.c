/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cases/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/path.h"
#include "check/case_binding.h"

/* Workers ignore signals; one that does not reaches the kernel, and still ends nothing here. */
static void hear(int signal)
{
	(void)signal;
}

static void write_in_child(void *arg, int fd)
{
	const struct case_writer *writer = arg;
	int result;

	signal(SIGINT, hear);
	result = path_write(writer->value, "%s", writer->path);
	if (write(fd, &result, sizeof(result)) < 0)
		return; /* nobody waits for it any more */
}

int case_write_start(struct case_writer *ret, const char *value, const char *fmt, ...)
{
	va_list ap;

	*ret = CASE_WRITER_NONE;
	va_start(ap, fmt);
	vsnprintf(ret->path, sizeof(ret->path), fmt, ap);
	va_end(ap);
	append(ret->value, sizeof(ret->value), "%s", value);
	return worker_start(&ret->worker, write_in_child, ret);
}

int case_unbind_start(struct case_writer *ret, const struct device *dev)
{
	char driver[64];

	*ret = CASE_WRITER_NONE;
	if (!case_driver_of(driver, sizeof(driver), dev->syspath))
		return -ENODEV;
	return case_write_start(ret, dev->address, "/sys/bus/%s/drivers/%s/unbind", dev->bus,
				driver);
}

int case_write_end(struct case_writer *writer, int64_t timeout_ms)
{
	int result;
	int r = worker_wait(&writer->worker, timeout_ms, &result, sizeof(result));

	return r < 0 ? r : result;
}

void case_write_leave(struct case_writer *writer)
{
	worker_abandon(&writer->worker);
}
