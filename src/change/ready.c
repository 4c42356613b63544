/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/ready.h"

#include "base/path.h"
#include "change/admit.h"
#include "change/decide.h"
#include "change/sriov.h"
#include "host/vfio_driver.h"

/*
 * A switch of which nothing is known yet: before VFIO is loaded, which a dry run does not do. Its
 * value may stand on the kernel's command line or in modprobe.d.
 */
static bool vfio_is_to_come(void)
{
	return !path_exists("/sys/class/vfio-dev") && !path_exists("/sys/class/vfio");
}

static bool noiommu_is_enabled(void)
{
	char value[8] = "N";

	path_read(value, sizeof(value), "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	return *value == 'Y';
}

/* Without an IOMMU the kernel's answer would be a bare EINVAL. Of a VF to come its PF tells. */
static int check_iommu(const struct change *change, const struct change_result *result,
		       struct error *err)
{
	const struct device *dev = result->from.absent
					   ? inventory_find(&change->before, result->before->physfn)
					   : result->before;

	if (!dev || dev->iommu_group >= 0 || vfio_is_to_come() ||
	    !vfio_is_driver_name(result->choice.driver) || noiommu_is_enabled())
		return 0;
	error_set(err, STATUS_UNSUPPORTED, 0, "no-iommu", dev->address,
		  "it has no IOMMU group: no IOMMU guards its DMA");
	return error_remedy(err,
			    "Switch the IOMMU on in the firmware, and with intel_iommu=on where "
			    "that is needed; `vfioctl mode` shows what the kernel has.");
}

static bool goes_to_native(const struct change_result *result)
{
	return !result->choice.driver &&
	       (result->to.any_driver ||
		(result->to.driver && !vfio_is_driver_name(result->to.driver)));
}

/* Of many functions of one kind only the first has to look through modules. */
static int make_native_ready(struct change *change, struct change_result *result,
			     const struct bystander_scope *scope, int64_t timeout_ms)
{
	const struct device *dev = result->before;

	if (change->native_modalias && streq_null(change->native_modalias, dev->modalias))
		return 0;
	if (driver_make_native_ready(change->arena, dev, result->to.driver, scope, timeout_ms,
				     &result->error) < 0)
		return -1;
	change->native_modalias = dev->modalias;
	return 0;
}

static int make_driver_ready(struct change *change, struct change_result *result,
			     int64_t timeout_ms)
{
	struct bystander_scope scope = {
		.inventory = &change->before, .is_moving = change_takes_along, .arg = change};
	struct error *err = &result->error;

	if (goes_to_native(result))
		return make_native_ready(change, result, &scope, timeout_ms);
	if (!result->choice.driver)
		return 0;
	if (driver_make_ready(&result->choice, change->arena, result->before, &scope, timeout_ms,
			      err) < 0 ||
	    check_iommu(change, result, err) < 0)
		return -1;
	result->to.driver = result->to.override = result->choice.driver;
	return 0;
}

int ready_drivers(struct change *change, const struct change_request *request, struct error *err)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (result_is_fine(result) && result_is_moving(result) &&
		    make_driver_ready(change, result, request->dry_run ? 0 : request->timeout_ms) <
			    0 &&
		    !request->keep_going)
			return change_first_error(change, err);
	}
	sriov_spread_errors(change);
	return 0;
}
