/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/environment.h"

/* --- the table ---------------------------------------------------------------------------- */

static bool print_text(FILE *out, const char *text)
{
	return text && fputs(text, out) >= 0;
}

static bool print_number(FILE *out, int number)
{
	return number >= 0 && fprintf(out, "%d", number) > 0;
}

#define VALUE(name, expression)                                                                    \
	static bool print_##name(FILE *out, const struct given *given, size_t i)                   \
	{                                                                                          \
		(void)i;                                                                           \
		return (expression);                                                               \
	}

VALUE(count, print_number(out, (int)given->count))
VALUE(iommu, print_text(out, given->iommu))
VALUE(container, print_text(out, given->container))
VALUE(iommu_fd, print_number(out, given->iommu_fd))
VALUE(address, print_text(out, given->devices[i]->address))
VALUE(driver, print_text(out, given->devices[i]->driver))
VALUE(group, print_number(out, given->devices[i]->iommu_group))
VALUE(cdev, print_text(out, given->devices[i]->cdev))
VALUE(group_node, print_text(out, given->devices[i]->group_node))
VALUE(cdev_fd, print_number(out, given->cdev_fds ? given->cdev_fds[i] : -1))

static bool print_devices(FILE *out, const struct given *given, size_t i)
{
	for (i = 0; i < given->count; i++)
		fprintf(out, "%s%s", i ? " " : "", given->devices[i]->address);
	return true;
}

const struct variable variables[] = {
	{"VFIOCTL_COUNT", "how many devices there are", false, print_count},
	{"VFIOCTL_DEVICES", "their addresses, separated by blanks", false, print_devices},
	{"VFIOCTL_ADDRESS", "address of the device", true, print_address},
	{"VFIOCTL_DRIVER", "VFIO driver that has it", true, print_driver},
	{"VFIOCTL_CDEV", "node of its cdev", true, print_cdev},
	{"VFIOCTL_GROUP", "number of its IOMMU group", true, print_group},
	{"VFIOCTL_GROUP_NODE", "node of that group", true, print_group_node},
	{"VFIOCTL_CDEV_FD", "with --pass-fd, descriptor of its cdev", true, print_cdev_fd},
	{"VFIOCTL_IOMMU", "node of iommufd, which goes with cdevs", false, print_iommu},
	{"VFIOCTL_CONTAINER", "node of the container, which goes with groups", false,
	 print_container},
	{"VFIOCTL_IOMMU_FD", "with --pass-fd, descriptor of one iommufd for all", false,
	 print_iommu_fd},
	{0},
};

/* --- making it ---------------------------------------------------------------------------- */

/* "VFIOCTL_CDEV=x", and "VFIOCTL_CDEV_12=x" of a variable that there is for each device. */
static bool sets(const char *entry, const struct variable *variable)
{
	const char *rest = startswith(entry, variable->name);

	if (rest && variable->each && *rest == '_' && rest[1] != '=')
		rest += 1 + strspn(rest + 1, "0123456789");
	return rest && *rest == '=';
}

static bool is_ours(const char *entry)
{
	for (const struct variable *variable = variables; variable->name; variable++)
		if (sets(entry, variable))
			return true;
	return false;
}

/* "NAME=value", or "NAME_i=value". 1, 0 when there is no value, or -1 when out of memory. */
static int format(char **ret, const struct variable *variable, const struct given *given, size_t i,
		  bool numbered)
{
	scoped_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool has_value;

	if (!out)
		return -1;
	fputs(variable->name, out);
	if (numbered)
		fprintf(out, "_%zu", i);
	fputc('=', out);
	has_value = variable->print(out, given, i);
	if (fclose(out) != 0 || !text)
		return -1;
	if (has_value)
		*ret = take_ptr(text);
	return has_value;
}

static int add(char ***end, const struct variable *variable, const struct given *given, size_t i,
	       bool numbered)
{
	int r = format(*end, variable, given, i, numbered);

	*end += r > 0;
	return r < 0 ? -1 : 0;
}

static int add_all(char ***end, const struct variable *variable, const struct given *given)
{
	int r = variable->each && given->count == 0 ? 0 : add(end, variable, given, 0, false);

	for (size_t i = 0; r == 0 && variable->each && i < given->count; i++)
		r = add(end, variable, given, i, true);
	return r;
}

/* Copies what is no variable of ours. */
static int copy(char ***end, char *const *inherited)
{
	for (; *inherited; inherited++) {
		if (is_ours(*inherited))
			continue;
		**end = strdup(*inherited);
		if (!**end)
			return -1;
		++*end;
	}
	return 0;
}

char **environment_make(char *const *inherited, const struct given *given)
{
	scoped_environment char **environment = NULL;
	char **end;
	size_t room = 1;

	for (size_t i = 0; inherited[i]; i++)
		room++;
	environment =
		calloc(room + ARRAY_SIZE(variables) * (given->count + 1), sizeof(*environment));
	end = environment;
	if (!environment || copy(&end, inherited) < 0)
		return NULL;
	for (const struct variable *variable = variables; variable->name; variable++)
		if (add_all(&end, variable, given) < 0)
			return NULL;
	return take_ptr(environment);
}

void environment_free(char **environment)
{
	for (size_t i = 0; environment && environment[i]; i++)
		free(environment[i]);
	free(environment);
}
