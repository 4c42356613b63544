/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iommu_setup() (arch/x86/kernel/pci-dma.c), intel_iommu_setup(), parse_amd_iommu_options() and
 * iommu_set_def_domain_type() (drivers/iommu) in the kernel. Nothing takes iommu=off back, nor
 * amd_iommu=off; intel_iommu=on takes back intel_iommu=off.
 */
#include "rules/iommu_option.h"

/* The next word of a list, in the arena; NULL at the end. */
static const char *next_word(const struct rule_run *run, const char **list)
{
	const char *start = *list + strspn(*list, ",");
	size_t n = strcspn(start, ",");

	*list = start + n;
	return n ? arena_printf(run->arena, "%.*s", (int)n, start) : NULL;
}

/* What holds behind an option: "NAME=WORD" when it says yes, NULL when it says no, else before. */
static const char *judge(const struct rule_run *run, const struct kernel_option *option,
			 const char *yes, const char *no, const char *before)
{
	const char *list = option->value, *word;

	while ((word = next_word(run, &list)))
		if (startswith(word, yes))
			before = arena_printf(run->arena, "%s=%s", option->name, word);
		else if (no && startswith(word, no))
			before = NULL;
	return before;
}

/* The same for an option that is a boolean, as kstrtobool() of the kernel reads it. */
static const char *judge_boolean(const struct rule_run *run, const struct kernel_option *option,
				 const char *before)
{
	char first = option->value[0];
	char letter = first == 'o' || first == 'O' ? option->value[1] : first;

	if (!letter)
		return before;
	if (strchr(letter == first ? "eEyYtT1" : "nN", letter))
		return arena_printf(run->arena, "%s=%s", option->name, option->value);
	return strchr(letter == first ? "dDnNfF0" : "fF", letter) ? NULL : before;
}

const char *iommu_option_passthrough(const struct rule_run *run)
{
	const char *at = run->facts->command_line, *found = NULL;
	struct kernel_option option;

	while (rule_kernel_next(run, &at, &option))
		if (streq(option.name, "iommu"))
			found = judge(run, &option, "pt", "nopt", found);
		else if (streq(option.name, "iommu.passthrough"))
			found = judge_boolean(run, &option, found);
	return found;
}

const char *iommu_option_off(const struct rule_run *run, const char *table)
{
	const char *at = run->facts->command_line, *both = NULL, *intel = NULL, *amd = NULL;
	bool is_intel = !table || streq(table, "DMAR"), is_amd = !table || streq(table, "IVRS");
	struct kernel_option option;

	while (rule_kernel_next(run, &at, &option))
		if (streq(option.name, "iommu"))
			both = judge(run, &option, "off", NULL, both);
		else if (streq(option.name, "intel_iommu"))
			intel = judge(run, &option, "off", "on", intel);
		else if (streq(option.name, "amd_iommu"))
			amd = judge(run, &option, "off", NULL, amd);
	if (both && (is_intel || is_amd))
		return both;
	if (intel && is_intel)
		return intel;
	return is_amd ? amd : NULL;
}

const char *iommu_option_on(const struct rule_run *run)
{
	const char *at = run->facts->command_line, *found = NULL;
	struct kernel_option option;

	while (rule_kernel_next(run, &at, &option))
		if (streq(option.name, "intel_iommu"))
			found = judge(run, &option, "on", "off", found);
	return found;
}
