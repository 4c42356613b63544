/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal is told while a change waits: standard error is one here.
 */
#include <pty.h>

#include "cli/change_output.h"
#include "tests/unit/tree.h"

static int terminal, saved;

static int setup(void **state)
{
	struct termios raw;
	int slave;

	(void)state;
	assert_int_equal(openpty(&terminal, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	saved = dup(STDERR_FILENO);
	assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
	close(slave);
	message_setup(&(struct options){0});
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(terminal);
	return 0;
}

/* What came to the terminal since the last time: all in front of a mark of our own. */
static const char *told(void)
{
	static char text[1024];
	size_t n = 0;

	fflush(stderr);
	assert_int_equal(write(STDERR_FILENO, "$", 1), 1);
	do {
		assert_int_equal(read(terminal, &text[n], 1), 1);
		assert_true(n < sizeof(text));
	} while (text[n++] != '$');
	text[n - 1] = '\0';
	return text;
}

static const struct device device = {.address = "0000:01:00.0"};

static void test_a_line_comes_and_goes(void **state)
{
	const struct step step = {.kind = STEP_UNBIND, .dev = &device};

	(void)state;
	change_tell_wait(&step, 900);
	assert_string_equal(told(), "");
	change_tell_wait(&step, 1900);
	assert_string_equal(told(), "\r\033[Kvfioctl: 0000:01:00.0: "
				    "waiting for its driver to let go, 1 s");
	change_tell_wait(&step, 2000);
	assert_non_null(strstr(told(), "go, 2 s"));
	change_tell_wait(NULL, 0);
	assert_string_equal(told(), "\r\033[K");
	change_tell_wait(NULL, 0);
	assert_string_equal(told(), "");
}

/* What stays is not written behind what goes. */
static void test_a_message_takes_its_place(void **state)
{
	const struct step step = {.kind = STEP_OVERRIDE, .dev = &device};

	(void)state;
	change_tell_wait(&step, 3000);
	assert_string_equal(told(), "\r\033[Kvfioctl: 0000:01:00.0: changing it, 3 s");
	message_warning("it is hot");
	assert_string_equal(told(), "\r\033[Kvfioctl: warning: it is hot\n");
	message_warning("it is hot");
	assert_string_equal(told(), "vfioctl: warning: it is hot\n");
}

static void test_who_wants_none(void **state)
{
	const struct step step = {.kind = STEP_BIND, .dev = &device};
	const struct options options[] = {{.quiet = true}, {.json = true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		message_setup(&options[i]);
		change_tell_wait(&step, 3000);
		assert_string_equal(told(), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_line_comes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_message_takes_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_wants_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
