/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is saved about one device: for restore, and of whom it was given to. */
#include "change/access_internal.h"
#include "change/binding.h"
#include "tests/unit/state.h"

static void test_a_record_keeps_what_was_first(void **state)
{
	struct device dev = devices[0];
	struct binding got;
	bool kept;

	(void)state;
	assert_int_equal(binding_load(&got, arena, &dev, &err), 0);
	dev.n_vfs = 2;
	assert_int_equal(binding_save(&dev, false, &kept, &err), 0);
	assert_false(kept);
	dev.n_vfs = 0;
	dev.driver = "vfio-pci";
	dev.is_vfio = true;
	dev.driver_override = "vfio-pci";
	assert_int_equal(binding_save(&dev, false, &kept, &err), 0);
	assert_int_equal(binding_load(&got, arena, &dev, &err), 1);
	assert_string_equal(got.driver, "nvme");
	assert_null(got.override);
	assert_int_equal(got.vfs, 2);
	binding_forget(&dev);
	assert_int_equal(binding_load(&got, arena, &dev, &err), 0);
}

/* With its override, but not its driver, of a bind that was killed. */
static void test_a_record_of_a_device_left_half_way(void **state)
{
	struct device dev = devices[0];
	struct binding got;
	bool kept;

	(void)state;
	assert_int_equal(binding_save(&dev, false, &kept, &err), 0);
	dev.driver_override = "vfio-pci";
	assert_int_equal(binding_save(&dev, true, &kept, &err), 0);
	assert_true(kept);
	assert_int_equal(binding_load(&got, arena, &dev, &err), 1);
	assert_null(got.override);
	assert_int_equal(binding_save(&dev, false, &kept, &err), 0);
	assert_int_equal(binding_load(&got, arena, &dev, &err), 1);
	assert_string_equal(got.override, "vfio-pci");
}

/* The device was pulled out, and another one has its address. */
static void test_a_record_of_another_device_is_stale(void **state)
{
	struct device dev = devices[0], other = devices[0];
	struct binding got;
	bool kept;

	(void)state;
	other.device_id++;
	assert_false(binding_is_stale(&other));
	assert_int_equal(binding_save(&dev, false, &kept, &err), 0);
	assert_int_equal(access_save(&dev, &(struct access){1000, 0, 0600}, &err), 0);
	assert_false(binding_is_stale(&dev) || access_is_stale(&dev));
	assert_true(binding_is_stale(&other) && access_is_stale(&other));
	assert_int_equal(binding_load(&got, arena, &other, &err), 0);
	binding_forget(&other);
	access_forget(&other);
	assert_false(binding_is_stale(&other) || access_is_stale(&other));
}

/* --- records of grants --------------------------------------------------------------------- */

/* Who had it for a while, or half-way, is nobody that it is given back to. */
static void test_to_whom_it_was_given_before(void **state)
{
	const struct access given[] = {{1000, 0, 0600}, {1001, 0, 0600}, {1002, 0, 0600}};
	const struct device *dev = &devices[0];
	struct access earlier;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		scoped_document struct document *doc = NULL;

		assert_int_equal(access_save(dev, &given[i], &err), 0);
		assert_true(access_is_unfinished(dev));
		doc = access_record_load(dev);
		assert_non_null(doc);
		assert_int_equal(access_record_read(&earlier, doc, "earlier_"), i > 0);
		if (i > 0)
			assert_int_equal(earlier.uid, 1000);
		if (i == 0)
			access_settle(dev);
	}
	access_forget(dev);
	assert_false(access_load(NULL, dev));
}

/* A VF that is to be made is known by less: by its address, and the ids that its PF tells. */
static void test_of_a_vf_to_come(void **state)
{
	struct device vf = devices[0], to_come;

	(void)state;
	vf.physfn = devices[1].address;
	vf.subvendor_id = 0x1af4;
	assert_int_equal(access_save(&vf, &(struct access){1000, 0, 0600}, &err), 0);
	to_come = vf;
	to_come.subvendor_id = to_come.subdevice_id = -1;
	assert_true(access_load(NULL, &to_come));
	to_come.device_id = 0x11;
	assert_false(access_load(NULL, &to_come));
	access_forget(&vf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		state_test(test_a_record_keeps_what_was_first),
		state_test(test_a_record_of_a_device_left_half_way),
		state_test(test_a_record_of_another_device_is_stale),
		state_test(test_to_whom_it_was_given_before),
		state_test(test_of_a_vf_to_come),
	};

	return run_state_tests(tests);
}
