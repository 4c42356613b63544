/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option.h"
#include "tests/unit/tree.h"

static const struct option_spec own[] = {
	OPTION("driver", 0, OPTION_STRING, "NAME", "x", driver),
	OPTION("timeout", 0, OPTION_NUMBER, "SECONDS", "x", timeout_s),
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "x", dry_run),
	{0},
};

static struct options opts;
static struct error err;

static unsigned int verb = VERB_ANY;

#define parse(...)                                                                                 \
	parse_words(ARRAY_SIZE(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})

static int parse_words(size_t n, const char **words)
{
	static char storage[16][64];
	static char *argv[17];

	argv[0] = strcpy(storage[0], "bind");
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = strcpy(storage[i + 1], words[i]);
	argv[n + 1] = NULL;
	opts = (struct options){.timeout_s = 130};
	err = (struct error){0};
	return options_parse(&opts, (int)n + 1, argv, own, verb, &err);
}

static void test_all_types(void **state)
{
	(void)state;
	assert_int_equal(parse("-J", "--driver", "vfio-pci", "-vv", "--timeout=5", "--dry-run",
			       "-o", "a,b", "03:00.0"),
			 0);
	assert_true(opts.json);
	assert_true(opts.dry_run);
	assert_false(opts.quiet);
	assert_int_equal(opts.verbose, 2);
	assert_int_equal(opts.timeout_s, 5);
	assert_string_equal(opts.driver, "vfio-pci");
	assert_string_equal(opts.output, "a,b");
	assert_int_equal(opts.n_args, 1);
	assert_string_equal(opts.args[0], "03:00.0");
}

static void test_options_between_operands(void **state)
{
	(void)state;
	assert_int_equal(parse("03:00.0", "--json", "-", "--", "--dry-run"), 0);
	assert_true(opts.json);
	assert_false(opts.dry_run);
	assert_int_equal(opts.n_args, 3);
	assert_string_equal(opts.args[0], "03:00.0");
	assert_string_equal(opts.args[1], "-");
	assert_string_equal(opts.args[2], "--dry-run");
	assert_int_equal(opts.timeout_s, 130); /* a default is kept */
}

static void refuse(const char *code, const char *message, const char *remedy)
{
	assert_int_equal(err.status, STATUS_USAGE);
	assert_string_equal(err.code, code);
	assert_string_equal(err.message, message);
	assert_string_equal(err.remedy, remedy);
}

static void test_mistakes(void **state)
{
	(void)state;
	assert_int_equal(parse("--jsn"), -1);
	refuse("unknown-option", "there is no option --jsn", "Did you mean --json?");
	assert_int_equal(parse("--completely-different"), -1);
	refuse("unknown-option", "there is no option --completely-different",
	       "--help lists the options.");
	assert_int_equal(parse("-x"), -1);
	refuse("unknown-option", "there is no option -x", "--help lists the options.");
	assert_int_equal(parse("-Jx"), -1);
	refuse("unknown-option", "there is no option -x", "--help lists the options.");
	assert_int_equal(parse("--timeout"), -1);
	refuse("bad-option", "--timeout wants an argument", "");
	assert_int_equal(parse("-o"), -1);
	refuse("bad-option", "-o wants an argument", "");
	assert_int_equal(parse("--dry-run=yes"), -1);
	refuse("bad-option", "--dry-run=yes takes no argument", "");
}

static void test_refused_with_the_reason(void **state)
{
	(void)state;
	verb = VERB_PRINTS | VERB_TELLS;
	assert_int_equal(parse("--json", "-nrqv", "--help", "--driver", "x"), 0);
	assert_int_equal(parse("--sysroot", "/"), -1);
	refuse("bad-option", "--sysroot is not for bind: a captured tree can only be looked at",
	       "");
	assert_int_equal(parse("-n", "-o", "a"), -1);
	refuse("bad-option", "--output is not for bind: it has no columns to choose from", "");
	verb = 0;
	assert_int_equal(parse("--help", "--version", "--driver", "x"), 0);
	assert_int_equal(parse("-J"), -1);
	refuse("bad-option", "--json is not for bind: it prints no JSON", "");
	/* What is refused is not proposed either. */
	assert_int_equal(parse("--jsn"), -1);
	refuse("unknown-option", "there is no option --jsn", "--help lists the options.");
	verb = VERB_ANY;
}

/* A refusal is a sentence only with its reason. */
static void test_rows_are_complete(void **state)
{
	(void)state;
	for (const struct option_spec *spec = common_options; spec->name; spec++) {
		assert_non_null(spec->help);
		assert_int_equal(spec->verbs == 0, spec->refusal == NULL);
		assert_true(option_is_taken(spec, VERB_ANY));
	}
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {"x", "-1", "1.5", "", " 1", "99999999999", "0x10"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse("--timeout", bad[i]), -1);
		assert_string_equal(err.code, "bad-option");
	}
	assert_int_equal(parse("--timeout", "0"), 0);
	assert_int_equal(opts.timeout_s, 0);
}

static void test_failure_leaves_the_options_alone(void **state)
{
	(void)state;
	assert_int_equal(parse("--json", "--timeout", "x"), -1);
	assert_false(opts.json);
	assert_int_equal(opts.timeout_s, 130);
}

static void test_a_program_behind_dashes(void **state)
{
	char *with[] = {"run", "03:00.0", "--dry-run", "--", "ls", "-l", "--", "x", NULL};
	char *without[] = {"run", "03:00.0", "ls", NULL};
	char *nothing[] = {"run", "--", NULL};

	(void)state;
	opts = (struct options){0};
	assert_int_equal(options_split(&opts, 8, with), 3);
	assert_ptr_equal(opts.program, with + 4);
	err = (struct error){0};
	assert_int_equal(options_parse(&opts, 3, with, own, VERB_TELLS, &err), 0);
	assert_true(opts.dry_run);
	assert_int_equal(opts.n_args, 1);
	assert_ptr_equal(opts.program, with + 4);
	assert_int_equal(options_split(&opts, 3, without), 3);
	assert_null(opts.program);
	assert_int_equal(options_split(&opts, 2, nothing), 1);
	assert_null(*opts.program);
}

static void test_nearest_word(void **state)
{
	static const char *const words[] = {"list",    "show", "mode", "bind",
					    "restore", "test", "help", NULL};
	static const struct {
		const char *word, *near;
	} cases[] = {
		{"lst", "list"},      {"lsit", "list"}, {"shwo", "show"},  {"restor", "restore"},
		{"re", "restore"},    {"bnd", "bind"},  {"modes", "mode"}, {"tset", "test"},
		{"completely", NULL}, {"", NULL},       {"l", NULL},       {"restoer", "restore"},
		{"liste", "list"},    {"hlp", "help"},  {"LSIT", "list"},  {"ehlp", "help"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *near = nearest_word(cases[i].word, words);

		if (!streq_null(near, cases[i].near))
			fail_msg("%s: %s instead of %s", cases[i].word, near, cases[i].near);
	}
	assert_null(nearest_word("a-word-that-is-longer-than-any-row-of-the-table", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_types),
		cmocka_unit_test(test_options_between_operands),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_refused_with_the_reason),
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_failure_leaves_the_options_alone),
		cmocka_unit_test(test_a_program_behind_dashes),
		cmocka_unit_test(test_nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
