# SPDX-License-Identifier: GPL-2.0-or-later
# The last file of a machine that ran the catalogue.

load conformance

@test "the results are those of the table" {
	table_holds
}
