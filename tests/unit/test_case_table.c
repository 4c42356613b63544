/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of the catalogue: what must hold for every row of the real tables.
 */
#include <ctype.h>

#include "check/case.h"
#include "tests/unit/tree.h"

static const struct case_statement *find_statement(const char *code)
{
	for (const struct case_statement *statement = case_statements; statement->code; statement++)
		if (streq_null(statement->code, code))
			return statement;
	return NULL;
}

static size_t gather_cases(const struct test_case **list, size_t size)
{
	size_t n = 0;

	for (const struct test_case *const *table = case_tables; *table; table++)
		for (const struct test_case *test = *table; test->id; test++) {
			assert_true(n < size);
			list[n++] = test;
		}
	return n;
}

/* The paths of the cases of that id among the first n; 0 when there is none. */
static unsigned int paths_of(const struct test_case **list, size_t n, const char *id)
{
	unsigned int paths = 0;

	for (size_t i = 0; i < n; i++)
		if (streq(list[i]->id, id))
			paths |= list[i]->paths;
	return paths;
}

static void rows_are_complete(void **state)
{
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct test_case *test = list[i];

		/* One id may be another function on another way. */
		assert_int_equal(paths_of(list, i, test->id) & test->paths, 0);
		assert_int_equal(strlen(test->id), 3);
		assert_true(isupper((unsigned char)test->id[0]));
		assert_non_null(test->run);
		assert_true(test->paths != 0);
		assert_non_null(test->statement);
		assert_non_null(find_statement(test->statement));
		/* A title fits into a table on 80 columns; a promise is a sentence. */
		assert_in_range(strlen(test->title), 10, 54);
		assert_int_equal(test->promise[strlen(test->promise) - 1], '.');
	}
}

/* Each case it builds on stands before it, and they cover its paths between them. */
static void a_case_comes_after_what_it_builds_on(void **state)
{
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		unsigned int covered = 0;

		for (size_t k = 0; k < ARRAY_SIZE(list[i]->after) && list[i]->after[k]; k++) {
			unsigned int paths = paths_of(list, i, list[i]->after[k]);

			assert_int_not_equal(paths, 0);
			covered |= paths;
		}
		assert_int_equal(covered ? list[i]->paths & ~covered : 0, 0);
	}
}

static void host_cases_need_no_device(void **state)
{
	const unsigned int of_host = CASE_NEEDS_VFIO | CASE_NEEDS_CONTAINER | CASE_NEEDS_IOMMUFD |
				     CASE_NEEDS_KVM | CASE_NEEDS_ROOT | CASE_NEEDS_NO_GROUP |
				     CASE_NEEDS_NO_CDEV | CASE_NEEDS_DUAL | CASE_NEEDS_NO_REMAP;
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (list[i]->paths & CASE_HOST)
			assert_int_equal(list[i]->needs & ~of_host, 0);
}

static void who_touches_others_says_so(void **state)
{
	const unsigned int others =
		CASE_NEEDS_SIBLING | CASE_NEEDS_STRANGER | CASE_NEEDS_PF | CASE_NEEDS_VF;
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (list[i]->needs & others)
			assert_int_not_equal(list[i]->class, CASE_SELF);
}

static void statements_are_told_apart(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct case_statement *s = case_statements; s->code; s++, n++) {
		assert_ptr_equal(find_statement(s->code), s);
		assert_in_range(strlen(s->title), 10, 70);
	}
	assert_true(n > 0);
	assert_null(find_statement("CL99"));
	assert_null(find_statement(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(a_case_comes_after_what_it_builds_on),
		cmocka_unit_test(host_cases_need_no_device),
		cmocka_unit_test(who_touches_others_says_so),
		cmocka_unit_test(statements_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
