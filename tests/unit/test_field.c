/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/field.h"
#include "cli/render.h"
#include "tests/unit/field.h"
#include "tests/unit/tree.h"

struct thing {
	const char *name;
	int64_t number;
	const char *words[4];
};

static struct value thing_name(const void *record)
{
	return value_string(((const struct thing *)record)->name);
}

static struct value thing_number(const void *record)
{
	return value_number(((const struct thing *)record)->number);
}

static struct value thing_positive(const void *record)
{
	return value_bool(((const struct thing *)record)->number > 0);
}

static struct value thing_word(const void *record, size_t i)
{
	return value_string(((const struct thing *)record)->words[i]);
}

/* The versions of clang-format differ on a macro that is a list in braces. */
/* clang-format off */
#define CELL(word, kind, getter, bits)                                                              \
	{                                                                                          \
		.key = (word), .title = (word), .help = "x", .type = (kind), .get = (getter),      \
		.flags = (bits)                                                                    \
	}
/* clang-format on */

static const struct record_type thing = {
	.name = "thing",
	.fields = (const struct field[]){CELL("name", FIELD_STRING, thing_name, FIELD_DEFAULT),
					 CELL("number", FIELD_NUMBER, thing_number, 0),
					 CELL("id", FIELD_ID, thing_number, FIELD_DEFAULT),
					 CELL("class", FIELD_CLASS, thing_number, 0),
					 CELL("size", FIELD_SIZE, thing_number, 0),
					 CELL("at", FIELD_ADDRESS, thing_number, 0),
					 CELL("positive", FIELD_BOOL, thing_positive, 0),
					 {.key = "words",
					  .title = "WORDS",
					  .type = FIELD_STRINGS,
					  .item = thing_word},
					 {.key = "things",
					  .title = "THINGS",
					  .type = FIELD_RECORDS,
					  .item = thing_word,
					  .child = &thing},
					 {0}},
};

static const struct record_type more = {
	.name = "more",
	.base = &thing,
	.fields = (const struct field[]){CELL("extra", FIELD_STRING, thing_name, 0), {0}},
};

static void expect(const struct thing *record, const char *key, const char *wanted)
{
	scoped_free char *text = field_text(field_find(&thing, key), record);

	assert_string_equal(text, wanted);
}

static void test_texts(void **state)
{
	const struct thing record = {.name = "x\x1b", .number = 0x8086, .words = {"a", "b", NULL}};

	(void)state;
	expect(&record, "name", "x?");
	expect(&record, "number", "32902");
	expect(&record, "id", "8086");
	expect(&record, "class", "008086");
	expect(&record, "at", "0x8086");
	expect(&record, "positive", "yes");
	expect(&record, "words", "a,b");
}

static void test_sizes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {{0, "0 B"},           {1, "1 B"},          {1023, "1023 B"},
		     {1024, "1 KiB"},      {1025, "1025 B"},    {524288, "512 KiB"},
		     {1LL << 40, "1 TiB"}, {3LL << 60, "3 EiB"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(&(struct thing){.number = cases[i].bytes}, "size", cases[i].text);
}

static void test_missing_is_a_dash(void **state)
{
	const struct thing record = {.number = -1};

	(void)state;
	expect(&record, "name", "-");
	expect(&record, "number", "-");
	expect(&record, "id", "-");
	expect(&record, "words", "-");
	expect(&(struct thing){.name = ""}, "name", "-");
}

static void test_long_lists_are_cut(void **state)
{
	char word[3000];
	scoped_free char *text = NULL;
	struct thing record = {.words = {word, word, NULL}};

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	text = field_text(field_find(&thing, "words"), &record);
	assert_true(strlen(text) < 4096);
	assert_string_equal(text + strlen(text) - 3, "...");
}

static void test_fields_of_a_base_come_first(void **state)
{
	size_t n = 0;
	const char *last = "";

	(void)state;
	for_each_field(field, &more)
	{
		if (n++ == 0)
			assert_string_equal(field->key, "name");
		last = field->key;
	}
	assert_int_equal(n, 10);
	assert_string_equal(last, "extra");
	assert_non_null(field_find(&more, "id"));
	assert_null(field_find(&thing, "extra"));
	assert_null(field_find(&more, ""));
}

static void choose(const char *text, size_t count)
{
	struct columns columns;
	struct error err = {0};

	assert_int_equal(columns_parse(&columns, &more, text, &err), 0);
	assert_int_equal(columns.count, count);
}

static void test_columns(void **state)
{
	struct columns columns = {.count = 77};
	struct error err;

	(void)state;
	choose(NULL, 2);
	choose("number,extra", 2);
	choose("number,number", 1);
	choose("+number", 3);
	choose("+name", 2);
	assert_int_equal(columns_parse(&columns, &more, "nmber", &err), -1);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_string_equal(err.remedy, "Did you mean 'number'?");
	assert_int_equal(columns_parse(&columns, &more, "+nmae", &err), -1);
	assert_string_equal(err.remedy, "Did you mean 'name'?");
	assert_int_equal(columns_parse(&columns, &more, "things", &err), -1); /* no column */
	assert_int_equal(columns_parse(&columns, &more, "", &err), -1);
	assert_non_null(strstr(err.remedy, "Columns are: name, number"));
	assert_int_equal(columns_parse(&columns, &more, "name,", &err), -1);
	assert_int_equal(columns.count, 77);
}

/*
 * What the text, or the verb, names is printed however narrow the terminal is; what is default of
 * itself may give way.
 */
static void test_named_columns(void **state)
{
	struct columns columns;
	struct error err;

	(void)state;
	assert_int_equal(columns_parse(&columns, &more, "+id,number", &err), 0);
	assert_int_equal(columns.count, 3);
	assert_false(columns.named[0]);
	assert_true(columns.named[1] && columns.named[2]);
	assert_int_equal(columns_parse_over(&columns, &more, "number,name", NULL, &err), 0);
	assert_string_equal(columns.list[0]->key, "number");
	assert_true(columns.named[0] && columns.named[1]);
	assert_int_equal(columns_parse_over(&columns, &more, "number", "+number,id", &err), 0);
	assert_int_equal(columns.count, 2);
	assert_true(columns.named[0] && columns.named[1]);
	assert_int_equal(columns_parse_over(&columns, &more, "number", "id", &err), 0);
	assert_int_equal(columns.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_missing_is_a_dash),
		cmocka_unit_test(test_long_lists_are_cut),
		cmocka_unit_test(test_fields_of_a_base_come_first),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_named_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
