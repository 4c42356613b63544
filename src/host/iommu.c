/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/iommu.h"

#include <errno.h>

#include "base/path.h"

/* Of a line of reserved_regions such as "0x00000000fee00000 0x00000000feefffff msi". */
static bool read_line(struct iommu_reserved *ret, struct arena *arena, char *line)
{
	const char *words[3];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = strsep(&line, " ");
		if (!words[i])
			return false;
	}
	ret->type = arena_strdup(arena, words[2]);
	return ret->type && parse_number(words[0], 16, UINT64_MAX, &ret->first) == 0 &&
	       parse_number(words[1], 16, UINT64_MAX, &ret->last) == 0;
}

int iommu_reserved_read(const struct iommu_reserved **ret, struct arena *arena, const char *syspath)
{
	char text[PATH_ATTR_MAX], *rest = text, *line;
	ssize_t size = path_read(text, sizeof(text), "%s/iommu_group/reserved_regions", syspath);
	struct iommu_reserved *list;
	int n = 0;

	if (size < 0)
		return (int)size;
	/* No line that can be read is shorter than this. */
	list = arena_alloc(arena, (strlen(text) / strlen("0 0 x\n") + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")) && *line)
		if (!read_line(&list[n++], arena, line))
			return -EPROTO;
	*ret = list;
	return n;
}

static int read_intel(struct iommu_registers *ret, const char *syspath)
{
	static const char *const names[] = {"cap", "ecap"};
	uint64_t values[2];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char text[32];
		ssize_t n =
			path_read(text, sizeof(text), "%s/iommu/intel-iommu/%s", syspath, names[i]);

		if (n < 0)
			return (int)n;
		if (parse_number(text, 16, UINT64_MAX, &values[i]) < 0)
			return -EPROTO;
	}
	*ret = (struct iommu_registers){IOMMU_INTEL, values[0], values[1]};
	return 0;
}

/* "efr:efr2"; older kernels tell the first alone. */
static int read_amd(struct iommu_registers *ret, const char *syspath)
{
	char text[64], *rest = text;
	ssize_t n = path_read(text, sizeof(text), "%s/iommu/amd-iommu/features", syspath);
	uint64_t first, second = 0;

	if (n < 0)
		return (int)n;
	if (parse_number(strsep(&rest, ":"), 16, UINT64_MAX, &first) < 0 ||
	    (rest && parse_number(rest, 16, UINT64_MAX, &second) < 0))
		return -EPROTO;
	*ret = (struct iommu_registers){IOMMU_AMD, first, second};
	return 0;
}

int iommu_registers_read(struct iommu_registers *ret, const char *syspath)
{
	int r = read_intel(ret, syspath);

	return r == -ENOENT ? read_amd(ret, syspath) : r;
}
