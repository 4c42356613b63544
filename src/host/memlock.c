/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/memlock.h"

#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/path.h"

enum { FILE_MAX = 1 << 20, MAX_FILES = 256 };

/* Calls line for every line of a file, comments cut off. */
static void each_line(const char *path, void (*line)(void *arg, char *text), void *arg)
{
	scoped_free char *text = NULL;
	char *rest, *one;

	if (!path_is_file("%s", path) || path_read_all(&text, FILE_MAX, "%s", path) < 0)
		return;
	rest = text;
	while ((one = strsep(&rest, "\n"))) {
		one[strcspn(one, MEMLOCK_COMMENT)] = '\0';
		line(arg, one);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_configuration(const char *name)
{
	size_t n = strlen(name);

	return *name != '.' && n > strlen(".conf") && streq(name + n - strlen(".conf"), ".conf");
}

/* Calls file for every *.conf of a directory, by name. */
static void each_file(const char *directory, void (*file)(void *arg, const char *path), void *arg)
{
	scoped_dir DIR *dir = path_opendir("%s", directory);
	char *names[MAX_FILES] = {NULL};
	size_t count = 0;
	const char *name;

	while (dir && count < MAX_FILES && (name = path_next(dir)))
		if (is_configuration(name) && (names[count] = strdup(name)))
			count++;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		file(arg, path);
		free(names[i]);
	}
}

/* --- limits.conf(5) ----------------------------------------------------------------------- */

/* Whom a line is about; a line about fewer people is not undone by one about more. */
enum rank { RANK_USER, RANK_GROUP, RANK_ALL, RANK_NONE };

struct pam {
	struct arena *arena;
	const struct account *account;
	const char *path; /* of the file that is read */
	struct memlock found;
	enum rank soft_rank, hard_rank;
};

/* "1000:1999", "1000:" for all from there on, ":1000" for that one. */
static bool is_in_range(const char *range, id_t id)
{
	char low[16];
	const char *colon = strchr(range, ':');
	uint64_t first = 0, last = UINT32_MAX;

	if (!colon || (size_t)(colon - range) >= sizeof(low))
		return false;
	snprintf(low, sizeof(low), "%.*s", (int)(colon - range), range);
	if (!*low && !colon[1])
		return false;
	if ((*low && parse_number(low, 10, UINT32_MAX, &first) < 0) ||
	    (colon[1] && parse_number(colon + 1, 10, UINT32_MAX, &last) < 0))
		return false;
	return id <= last && id >= (*low ? first : last);
}

static bool is_group_domain(const struct account *account, const char *domain)
{
	gid_t gid;

	for (size_t i = 0; i < account->n_groups; i++)
		if (is_in_range(domain, account->groups[i]))
			return true;
	return !strchr(domain, ':') && account_group(&gid, domain, NULL) == 0 &&
	       account_is_in(account, gid);
}

static enum rank rank_of(const struct account *account, const char *domain)
{
	if (streq_null(account->name, domain) || is_in_range(domain, account->uid))
		return RANK_USER;
	if (*domain == '@')
		return is_group_domain(account, domain + 1) ? RANK_GROUP : RANK_NONE;
	return streq(domain, "*") ? RANK_ALL : RANK_NONE;
}

static bool parse_limit(int64_t *ret, const char *text)
{
	uint64_t kibibytes;

	if (streq(text, "unlimited") || streq(text, "infinity") || streq(text, "-1")) {
		*ret = MEMLOCK_UNLIMITED;
		return true;
	}
	if (parse_number(text, 10, INT64_MAX / 1024, &kibibytes) < 0)
		return false;
	*ret = (int64_t)kibibytes * 1024;
	return true;
}

static void set_limit(int64_t *limit, enum rank *rank, int64_t value, enum rank from)
{
	if (from > *rank)
		return;
	*limit = value;
	*rank = from;
}

/* The words of a line; false when it is about another limit. */
static bool parse_line(char domain[static 256], char type[static 16], char value[static 32],
		       const char *text)
{
	char item[32];

	return sscanf(text, "%255s %15s %31s %31s", domain, type, item, value) == 4 &&
	       streq(item, "memlock");
}

bool memlock_is_in_limits(const char *text)
{
	char domain[256], type[16], value[32];

	return parse_line(domain, type, value, text);
}

static void read_limit(void *arg, char *text)
{
	struct pam *pam = arg;
	char domain[256], type[16], value[32];
	enum rank rank;
	int64_t limit;

	if (!parse_line(domain, type, value, text) || !parse_limit(&limit, value))
		return;
	rank = rank_of(pam->account, domain);
	if (rank == RANK_NONE)
		return;
	if (streq(type, "soft") || streq(type, "-"))
		set_limit(&pam->found.soft, &pam->soft_rank, limit, rank);
	if (streq(type, "hard") || streq(type, "-"))
		set_limit(&pam->found.hard, &pam->hard_rank, limit, rank);
	pam->found.source = arena_strdup(pam->arena, pam->path);
}

static void read_limits(void *arg, const char *path)
{
	struct pam *pam = arg;

	pam->path = path;
	each_line(path, read_limit, pam);
}

static bool read_pam(struct memlock *ret, struct arena *arena, const struct account *account)
{
	struct pam pam = {
		.arena = arena,
		.account = account,
		.found = {.soft = -1, .hard = -1},
		.soft_rank = RANK_ALL,
		.hard_rank = RANK_ALL,
	};

	read_limits(&pam, "/etc/security/limits.conf");
	each_file("/etc/security/limits.d", read_limits, &pam);
	if (!pam.found.source)
		return false;
	if (pam.found.hard >= 0 && pam.found.soft > pam.found.hard)
		pam.found.soft = pam.found.hard;
	*ret = pam.found;
	return true;
}

/* --- systemd-system.conf(5) --------------------------------------------------------------- */

struct manager {
	struct arena *arena;
	const char *path;
	struct memlock found;
};

/* "8M", "infinity", in bytes. */
static bool parse_size(int64_t *ret, const char *text)
{
	static const char units[] = "KMGTPE";
	char number[32];
	size_t n = strspn(text, "0123456789");
	const char *unit = text[n] ? strchr(units, text[n]) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;
	uint64_t value;

	if (streq(text, "infinity")) {
		*ret = MEMLOCK_UNLIMITED;
		return true;
	}
	if (n == 0 || n >= sizeof(number) || (text[n] && (!unit || text[n + 1])))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)n, text);
	if (parse_number(number, 10, (uint64_t)INT64_MAX >> shift, &value) < 0)
		return false;
	*ret = (int64_t)(value << shift);
	return true;
}

static bool parse_setting(char value[static 64], const char *text)
{
	return sscanf(text, " DefaultLimitMEMLOCK = %63s", value) == 1;
}

bool memlock_is_in_settings(const char *text)
{
	char value[64];

	return parse_setting(value, text);
}

static void read_setting(void *arg, char *text)
{
	struct manager *manager = arg;
	char value[64];
	char *hard;
	struct memlock found = {.soft = -1, .hard = -1};

	if (!parse_setting(value, text))
		return;
	hard = strchr(value, ':');
	if (hard)
		*hard++ = '\0';
	if (!parse_size(&found.soft, value) || !parse_size(&found.hard, hard ? hard : value))
		return;
	found.source = arena_strdup(manager->arena, manager->path);
	manager->found = found;
}

static void read_settings(void *arg, const char *path)
{
	struct manager *manager = arg;

	manager->path = path;
	each_line(path, read_setting, manager);
}

static bool read_systemd(struct memlock *ret, struct arena *arena)
{
	static const char *const roots[] = {"/usr/lib/systemd", "/run/systemd", "/etc/systemd"};
	struct manager manager = {.arena = arena};
	char path[64];

	/* One main file, and what lies beside it in every place. */
	for (size_t i = ARRAY_SIZE(roots); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/system.conf", roots[i]);
		if (!path_exists("%s", path))
			continue;
		read_settings(&manager, path);
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		snprintf(path, sizeof(path), "%s/system.conf.d", roots[i]);
		each_file(path, read_settings, &manager);
	}
	if (!manager.found.source)
		return false;
	*ret = manager.found;
	return true;
}

/* --- all ---------------------------------------------------------------------------------- */

static int64_t from_kernel(rlim_t limit)
{
	return limit == RLIM_INFINITY || limit > INT64_MAX ? MEMLOCK_UNLIMITED : (int64_t)limit;
}

static bool read_own(struct memlock *ret, const struct account *account)
{
	struct rlimit limit;

	if (!path_is_live() || account->uid != getuid() || getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return false;
	*ret = (struct memlock){
		.soft = from_kernel(limit.rlim_cur),
		.hard = from_kernel(limit.rlim_max),
		.source = "this process",
	};
	return true;
}

void memlock_of(struct memlock *ret, struct arena *arena, const struct account *account)
{
	struct memlock memlock = {.soft = -1, .hard = -1};

	if (!read_own(&memlock, account) && !read_pam(&memlock, arena, account))
		read_systemd(&memlock, arena);
	memlock.exempt = account->uid == 0;
	*ret = memlock;
}

bool memlock_is_low(const struct memlock *memlock)
{
	return !memlock->exempt && memlock->soft < INT64_C(1) << 30;
}
