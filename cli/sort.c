/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/sort.h"

#include "host/inventory_index.h"

/* A device with what it is sorted by. */
struct keyed {
	struct device device;
	const struct field *field;
	size_t place;
	char *text; /* of what is no number */
};

static bool is_number(const struct field *field)
{
	return field->type == FIELD_NUMBER || field->type == FIELD_ID ||
	       field->type == FIELD_CLASS || field->type == FIELD_SIZE ||
	       field->type == FIELD_ADDRESS;
}

static int compare_numbers(const struct keyed *left, const struct keyed *right)
{
	struct value a = left->field->get(&left->device), b = right->field->get(&right->device);

	if (a.known != b.known)
		return a.known ? -1 : 1;
	return a.known ? (a.number > b.number) - (a.number < b.number) : 0;
}

static int compare_texts(const struct keyed *left, const struct keyed *right)
{
	bool a = left->text && !streq(left->text, "-"), b = right->text && !streq(right->text, "-");

	if (a != b)
		return a ? -1 : 1;
	return a ? strverscmp(left->text, right->text) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;
	int order =
		is_number(left->field) ? compare_numbers(left, right) : compare_texts(left, right);

	return order ? order : (left->place > right->place) - (left->place < right->place);
}

void inventory_sort(struct inventory *inventory, const struct field *field)
{
	scoped_free struct keyed *list = calloc(inventory->count + 1, sizeof(*list));

	if (!list)
		abort();
	for (size_t i = 0; i < inventory->count; i++)
		list[i] = (struct keyed){
			.device = inventory->devices[i],
			.field = field,
			.place = i,
			.text = is_number(field) ? NULL
						 : field_text(field, &inventory->devices[i])};
	qsort(list, inventory->count, sizeof(*list), compare);
	for (size_t i = 0; i < inventory->count; i++) {
		inventory->devices[i] = list[i].device;
		free(list[i].text);
	}
	inventory_index(inventory);
}
