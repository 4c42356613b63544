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

enum { PIECES = 100000 };

/* Takes pieces, each marked as its own; true when all of them still are at the end. */
static bool take_pieces(struct arena *arena, int mark, _Atomic int *present)
{
	static int *mine[PIECES];

	++*present; /* both begin together, so that they really meet */
	while (*present < 2)
		;
	for (int i = 0; i < PIECES; i++) {
		mine[i] = arena_alloc(arena, sizeof(int));
		*mine[i] = mark;
	}
	++*present;
	while (*present < 4)
		;
	for (int i = 0; i < PIECES; i++)
		if (*mine[i] != mark)
			return false;
	return true;
}

/* Two processes at once never get the same piece. */
static void test_processes_do_not_collide(void **state)
{
	scoped_arena struct arena *arena = arena_new(3 * PIECES * 16);
	_Atomic int *present = arena_alloc(arena, sizeof(*present));
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(take_pieces(arena, 1, present) ? 0 : 1);
	assert_true(take_pieces(arena, 2, present));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
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
