/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a device node has effects of its own, and a path may lead elsewhere the next time: so the
 * library is led to the file by the name that /proc has for an O_PATH descriptor.
 */
#include <acl/libacl.h>
#include <errno.h>
#include <stdio.h>
#include <sys/acl.h>

#include "base/path_internal.h"

static void free_acl(acl_t *acl)
{
	if (*acl)
		acl_free(*acl);
}
#define scoped_acl __attribute__((cleanup(free_acl)))

struct descriptor_name {
	char text[64];
};

static struct descriptor_name name_of(int fd)
{
	struct descriptor_name name;

	snprintf(name.text, sizeof(name.text), "/proc/self/fd/%d", fd);
	return name;
}

static const struct {
	acl_tag_t tag;
	enum path_acl_kind kind;
} kinds[] = {
	{ACL_USER_OBJ, PATH_ACL_OWNER},
	{ACL_USER, PATH_ACL_USER},
	{ACL_GROUP_OBJ, PATH_ACL_OWNING_GROUP},
	{ACL_GROUP, PATH_ACL_GROUP},
	{ACL_MASK, PATH_ACL_MASK},
	{ACL_OTHER, PATH_ACL_OTHERS},
};

static const struct {
	acl_perm_t ours;
	int theirs;
} permission_bits[] = {{ACL_READ, R_OK}, {ACL_WRITE, W_OK}, {ACL_EXECUTE, X_OK}};

static int read_permissions(acl_entry_t entry)
{
	acl_permset_t set;
	int permissions = 0;

	if (acl_get_permset(entry, &set) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(permission_bits); i++)
		if (acl_get_perm(set, permission_bits[i].ours) > 0)
			permissions |= permission_bits[i].theirs;
	return permissions;
}

static int write_permissions(acl_entry_t entry, int permissions)
{
	acl_permset_t set;

	if (acl_get_permset(entry, &set) < 0 || acl_clear_perms(set) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(permission_bits); i++)
		if (permissions & permission_bits[i].theirs &&
		    acl_add_perm(set, permission_bits[i].ours) < 0)
			return -errno;
	return acl_set_permset(entry, set) < 0 ? -errno : 0;
}

static struct path_acl_entry read_entry(acl_entry_t entry)
{
	struct path_acl_entry found = {
		.kind = PATH_ACL_OTHERS,
		.id = (id_t)-1,
		.permissions = read_permissions(entry),
	};
	acl_tag_t tag = ACL_UNDEFINED_TAG;
	void *id;

	acl_get_tag_type(entry, &tag);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].tag == tag)
			found.kind = kinds[i].kind;
	id = acl_get_qualifier(entry);
	if (id) {
		found.id = *(const id_t *)id;
		acl_free(id);
	}
	return found;
}

static acl_entry_t next_entry(acl_t acl, acl_entry_t after)
{
	acl_entry_t entry;

	return acl_get_entry(acl, after ? ACL_NEXT_ENTRY : ACL_FIRST_ENTRY, &entry) == 1 ? entry
											 : NULL;
}

/* The library does this for a file that has no list, and not where there can be none. */
static acl_t get_list(int fd)
{
	acl_t acl = acl_get_file(name_of(fd).text, ACL_TYPE_ACCESS);
	struct stat st;

	if (!acl && errno == EOPNOTSUPP && fstat(fd, &st) == 0)
		acl = acl_from_mode(st.st_mode);
	return acl;
}

ssize_t path_acl_read(struct path_acl_entry *ret, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = path_open_at_root(path, O_PATH, 0);
	scoped_acl acl_t acl = NULL;
	size_t count = 0;

	if (fd < 0)
		return fd;
	acl = get_list(fd);
	if (!acl)
		return -errno;
	for (acl_entry_t entry = NULL; (entry = next_entry(acl, entry));) {
		if (count == size)
			return -EOVERFLOW;
		ret[count++] = read_entry(entry);
	}
	return (ssize_t)count;
}

/* --- changing ----------------------------------------------------------------------------- */

static acl_entry_t find_entry(acl_t acl, enum path_acl_kind kind, id_t id)
{
	for (acl_entry_t entry = NULL; (entry = next_entry(acl, entry));) {
		struct path_acl_entry found = read_entry(entry);

		if (found.kind == kind && found.id == id)
			return entry;
	}
	return NULL;
}

static int put_entry(acl_t *acl, enum path_acl_kind kind, id_t id, int permissions)
{
	acl_entry_t entry = find_entry(*acl, kind, id);

	if (!entry && (acl_create_entry(acl, &entry) < 0 ||
		       acl_set_tag_type(entry, kind == PATH_ACL_USER ? ACL_USER : ACL_GROUP) < 0 ||
		       acl_set_qualifier(entry, &id) < 0))
		return -errno;
	return write_permissions(entry, permissions);
}

static bool is_named(acl_t acl)
{
	for (acl_entry_t entry = NULL; (entry = next_entry(acl, entry));) {
		enum path_acl_kind kind = read_entry(entry).kind;

		if (kind == PATH_ACL_USER || kind == PATH_ACL_GROUP)
			return true;
	}
	return false;
}

/* A list that names nobody is only a mode: its mask would hide what the group had. */
static int drop_entry(acl_t acl, enum path_acl_kind kind, id_t id)
{
	acl_entry_t entry = find_entry(acl, kind, id);

	if (entry && acl_delete_entry(acl, entry) < 0)
		return -errno;
	if (is_named(acl))
		return 0;
	entry = find_entry(acl, PATH_ACL_MASK, (id_t)-1);
	return entry && acl_delete_entry(acl, entry) < 0 ? -errno : 0;
}

int path_acl_set(enum path_acl_kind kind, id_t id, int permissions, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = -1;
	scoped_acl acl_t acl = NULL;
	int r;

	if (!path_is_live())
		return -EXDEV;
	fd = path_open_at_root(path, O_PATH, 0);
	if (fd < 0)
		return fd;
	acl = get_list(fd);
	if (!acl)
		return -errno;
	r = permissions ? put_entry(&acl, kind, id, permissions) : drop_entry(acl, kind, id);
	if (r == 0 && is_named(acl) && acl_calc_mask(&acl) < 0)
		r = -errno;
	if (r == 0 && acl_set_file(name_of(fd).text, ACL_TYPE_ACCESS, acl) < 0)
		r = -errno;
	return r;
}
