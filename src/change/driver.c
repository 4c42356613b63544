/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO drivers say which devices they are made for by aliases that begin with "vfio_pci:" where
 * those of native drivers begin with "pci:" (include/linux/mod_devicetable.h). vfio_pci's own
 * matches all, so it is the least specific. Before Linux 5.15 there are no such aliases, and no
 * variants: only vfio_pci. A module's name is not its driver's: vfio_pci registers
 * "vfio-pci".
 */
#include "change/driver.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "host/module.h"
#include "host/vfio_driver.h"

static bool is_registered(const struct device *dev, const char *driver)
{
	return path_exists("/sys/bus/%s/drivers/%s", dev->bus, driver);
}

/* The name under which a module's driver will appear, as far as that is known beforehand. */
static const char *predict_driver(struct arena *arena, const struct device *dev, const char *module)
{
	static const char *const hyphenated[] = {"vfio_pci", "xe_vfio_pci"};
	char name[128];

	if (module_driver_name(name, sizeof(name), module, dev->bus) == 0)
		return arena_strdup(arena, name);
	snprintf(name, sizeof(name), "%s", module);
	for (size_t i = 0; i < ARRAY_SIZE(hyphenated); i++)
		for (char *c = name; streq(module, hyphenated[i]) && *c; c++)
			*c = *c == '_' ? '-' : *c;
	return arena_strdup(arena, name);
}

static int no_vfio_module(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, ENOENT, "no-vfio-driver", dev->address,
		  "this kernel has no VFIO driver for it (module vfio_pci)");
	return error_remedy(err,
			    "Install the kernel's modules, or a kernel with VFIO; `vfioctl mode` "
			    "shows what there is.");
}

/* vfio-pci itself; why is the sentence to give. */
static int choose_generic(struct driver_choice *ret, const struct device *dev, const char *why,
			  struct error *err)
{
	struct driver_choice choice = {.driver = "vfio-pci", .why = why};

	if (!is_registered(dev, choice.driver)) {
		if (module_state("vfio_pci") == MODULE_ABSENT)
			return no_vfio_module(dev, err);
		choice.module = "vfio_pci";
	}
	*ret = choice;
	return 0;
}

/*
 * The best variant that may be loaded. What comes behind vfio_pci is made for no fewer devices, or
 * its aliases cannot be read: the index knows it, the file is missing. False when there is none;
 * *ret_passed then tells why those that there are were passed over, "" when none is made for the
 * device.
 */
static bool choose_variant(struct driver_choice *ret, struct arena *arena, const struct device *dev,
			   const char *const *modules, char *ret_passed, size_t size)
{
	char why[256];
	bool is_behind = false;

	*ret_passed = '\0';
	for (; *modules; modules++) {
		const char *driver = predict_driver(arena, dev, *modules);

		is_behind |= streq(*modules, "vfio_pci");
		if (!driver || streq(*modules, "vfio_pci"))
			continue;
		if (is_registered(dev, driver) || module_may_load(*modules, why, sizeof(why))) {
			if (is_behind)
				continue;
			*ret = (struct driver_choice){
				.driver = driver,
				.module = *modules,
				.is_variant = true,
				.why = arena_printf(arena, "a variant made for this device%s",
						    ret_passed)};
			return true;
		}
		append(ret_passed, size, "; %s is made for it, but %s", *modules, why);
	}
	return false;
}

static int look_up(struct driver_choice *ret, struct arena *arena, const struct device *dev,
		   struct error *err)
{
	const char *ids = dev->modalias ? startswith(dev->modalias, "pci:") : NULL;
	const char *alias = ids ? arena_printf(arena, "vfio_pci:%s", ids) : NULL;
	const char *const *modules = NULL;
	int n = alias ? modules_for_alias(&modules, arena, alias) : 0;
	char passed[512];

	/* Before Linux 5.15 nothing is said of what is made for what. */
	if (n <= 0)
		return choose_generic(ret, dev, "the generic driver", err);
	if (choose_variant(ret, arena, dev, modules, passed, sizeof(passed)))
		return 0;
	return choose_generic(ret, dev,
			      *passed ? arena_printf(arena, "the generic driver%s", passed)
				      : "the generic driver: no variant is made for this device",
			      err);
}

static int choose_automatically(struct driver_choice *ret, struct arena *arena,
				const struct device *dev, struct driver_memo *memo,
				struct error *err)
{
	if (memo && memo->modalias && streq_null(memo->modalias, dev->modalias)) {
		*ret = memo->choice;
		return 0;
	}
	if (look_up(ret, arena, dev, err) < 0)
		return -1;
	if (memo)
		*memo = (struct driver_memo){.modalias = dev->modalias, .choice = *ret};
	return 0;
}

/*
 * Drivers that hand a device to user space or keep it. With driver_override the kernel lets any
 * driver have any device, and one that was written for another crashes on it.
 */
static bool is_driver_name(const char *name)
{
	static const char *const others[] = {"pci-stub", "uio_pci_generic", "igb_uio"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(name, others[i]))
			return true;
	return vfio_is_driver_name(name) && !strchr(name, '/'); /* it becomes part of a path */
}

/* By the name of a driver, or of its module: vfio_pci is taken for vfio-pci. */
static int choose_named(struct driver_choice *ret, struct arena *arena, const struct device *dev,
			const char *wanted, struct error *err)
{
	char module[128];

	if (!is_driver_name(wanted)) {
		error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
			  "--driver: '%s' is not a driver that hands devices to user space",
			  wanted);
		return error_remedy(err, "Name a VFIO driver such as vfio-pci, or auto; pci-stub "
					 "and the uio drivers are taken too.");
	}
	module_normalise(module, sizeof(module), wanted);
	*ret = (struct driver_choice){
		.driver = streq(module, wanted) ? predict_driver(arena, dev, module)
						: arena_strdup(arena, wanted),
		.module = arena_strdup(arena, module),
		.why = "asked for by --driver",
	};
	return ret->driver && ret->module ? 0 : error_out_of_memory(err);
}

int driver_choose(struct driver_choice *ret, struct arena *arena, const struct device *dev,
		  const char *wanted, struct driver_memo *memo, struct error *err)
{
	struct driver_choice choice = {0};
	int r = wanted && !streq(wanted, "auto")
			? choose_named(&choice, arena, dev, wanted, err)
			: choose_automatically(&choice, arena, dev, memo, err);

	if (r < 0)
		return -1;
	if (is_registered(dev, choice.driver))
		choice.module = NULL;
	*ret = choice;
	return 0;
}

struct load {
	const char *module;
	int64_t timeout_ms;
};

struct load_report {
	int r;
	struct error err;
};

static void load_in_worker(void *arg, int fd)
{
	struct load *load = arg;
	struct load_report report = {0};

	report.r = module_load(load->module, &report.err);
	/* The code is a literal, at the same address in the parent. */
	(void)!write(fd, &report, sizeof(report));
}

static int load(const char *module, int64_t timeout_ms, struct error *err)
{
	struct load job = {.module = module};
	struct load_report report;
	int r = worker_run(load_in_worker, &job, timeout_ms, &report, sizeof(report));

	if (r == -ETIMEDOUT)
		return error_set(
			err, STATUS_TIMEOUT, ETIMEDOUT, "module-load", module,
			"loading the module did not end in time; the kernel log may say why");
	if (r < 0)
		return error_errno(err, r, "module-load", module, "cannot load the module");
	if (report.r < 0)
		*err = report.err;
	return report.r;
}

static int check_loadable(const char *module, struct error *err)
{
	if (module_state(module) != MODULE_ABSENT)
		return 0;
	error_set(err, STATUS_UNSUPPORTED, ENOENT, "module-absent", module,
		  "this kernel has no such module");
	return error_remedy(err, "`vfioctl mode` shows the modules there are.");
}

/* Under which name the module registered a driver; false when it is not loaded, or has none. */
static bool find_registered(struct driver_choice *choice, struct arena *arena,
			    const struct device *dev)
{
	char name[128];

	if (is_registered(dev, choice->driver))
		return true;
	if (module_driver_name(name, sizeof(name), choice->module, dev->bus) < 0)
		return false;
	choice->driver = arena_strdup(arena, name);
	return choice->driver != NULL;
}

static int load_module(struct driver_choice *choice, struct arena *arena, const struct device *dev,
		       int64_t timeout_ms, struct error *err)
{
	if (timeout_ms == 0)
		return check_loadable(choice->module, err);
	if (load(choice->module, timeout_ms, err) < 0)
		return -1;
	if (find_registered(choice, arena, dev))
		return 0;
	return error_set(err, STATUS_UNSUPPORTED, ENOENT, "no-such-driver", dev->address,
			 "module %s is loaded but registers no driver for the %s bus",
			 choice->module, dev->bus);
}

/* A variant that was not asked for by name, and could not be loaded: vfio-pci does, too. */
static int fall_back(struct driver_choice *choice, struct arena *arena, const struct device *dev,
		     struct error *err)
{
	const char *why = arena_printf(
		arena, "the generic driver; %s is made for it, but cannot be loaded: %s",
		choice->module, err->message);

	*err = (struct error){0};
	return choose_generic(choice, dev, why ? why : "the generic driver", err);
}

int driver_make_ready(struct driver_choice *choice, struct arena *arena, const struct device *dev,
		      const struct bystander_scope *scope, int64_t timeout_ms, struct error *err)
{
	if (!choice->module || find_registered(choice, arena, dev))
		return 0;
	if (bystanders_check(scope, choice->module, choice->driver, err) < 0)
		return -1;
	if (load_module(choice, arena, dev, timeout_ms, err) == 0)
		return 0;
	/* One that hangs may take hold of the device yet. */
	if (!choice->is_variant || err->status == STATUS_TIMEOUT ||
	    fall_back(choice, arena, dev, err) < 0)
		return -1;
	return driver_make_ready(choice, arena, dev, scope, timeout_ms, err);
}

/*
 * udev loaded it when the device appeared; a device that appeared with a VFIO driver may have had
 * no such moment. Several modules may be made for a device: udev loads them all.
 */
int driver_make_native_ready(struct arena *arena, const struct device *dev, const char *driver,
			     const struct bystander_scope *scope, int64_t timeout_ms,
			     struct error *err)
{
	const char *const *modules;
	char why[256];

	if (timeout_ms == 0 || !dev->modalias || (driver && is_registered(dev, driver)) ||
	    modules_for_alias(&modules, arena, dev->modalias) <= 0)
		return 0;
	for (; *modules; modules++) {
		if (module_state(*modules) != MODULE_LOADABLE ||
		    !module_may_load(*modules, why, sizeof(why)))
			continue;
		if (bystanders_check(scope, *modules, *modules, err) < 0 ||
		    load(*modules, timeout_ms, err) < 0)
			return -1;
	}
	return 0;
}
