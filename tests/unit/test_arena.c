/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "tests/unit/tree.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
	scoped_arena struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t size = 1; size < 20; size++) {
		char *p = arena_alloc(arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
}

static void test_full_stays_full(void **state)
{
	scoped_arena struct arena *arena = arena_new(1000);

	(void)state;
	assert_null(arena_alloc(arena, 5000));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_non_null(arena_alloc(arena, 900));
	for (int i = 0; i < 10; i++)
		assert_null(arena_alloc(arena, 900));
	assert_null(arena_alloc(arena, 16));
	assert_null(arena_strdup(arena, "no room"));
	assert_null(arena_printf(arena, "no %s", "room"));
}

static void test_strings(void **state)
{
	scoped_arena struct arena *arena = arena_new(4096);
	const char *text = "vfio";

	(void)state;
	assert_null(arena_strdup(arena, NULL));
	assert_string_equal(arena_strdup(arena, text), "vfio");
	assert_ptr_not_equal(arena_strdup(arena, text), text);
	assert_string_equal(arena_strdup(arena, ""), "");
	assert_string_equal(arena_printf(arena, "/dev/vfio/%d", 12), "/dev/vfio/12");
}

/* What a child leaves in the arena is there for its parent, at the same address. */
static void test_child_hands_over_pointers(void **state)
{
	scoped_arena struct arena *arena = arena_new(4096);
	const char **shared = arena_alloc(arena, sizeof(*shared));
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		*shared = arena_printf(arena, "from %s", "the child");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_non_null(*shared);
	assert_string_equal(*shared, "from the child");
}

static void fill(struct arena *arena, char mark, uint32_t *ok)
{
	for (int i = 0; i < 2000; i++) {
		char *p = arena_alloc(arena, 24);

		memset(p, mark, 24);
		for (int k = 0; k < 24; k++)
			if (p[k] != mark)
				return;
	}
	*ok = 1;
}

/* Two processes at once never get the same piece. */
static void test_processes_do_not_collide(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	uint32_t *ok = arena_alloc(arena, 2 * sizeof(*ok));
	char *first = arena_alloc(arena, 16), *last;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		fill(arena, 'c', &ok[0]);
		_exit(0);
	}
	fill(arena, 'p', &ok[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(ok[0] + ok[1], 2);
	/* 4000 pieces of 24 bytes, 32 with their alignment: none was given twice. */
	last = arena_alloc(arena, 16);
	assert_int_equal(last - first, 16 + 4000 * 32);
}

static void test_free_takes_null(void **state)
{
	(void)state;
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_full_stays_full),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_child_hands_over_pointers),
		cmocka_unit_test(test_processes_do_not_collide),
		cmocka_unit_test(test_free_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
