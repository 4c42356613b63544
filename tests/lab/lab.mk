# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's targets, included by the top Makefile. tests/lab/README.md tells what the lab is.

LAB := tests/lab/lab

lab:
	$(Q)tests/lab/deps lab
	$(Q)$(LAB) build

# A prompt inside the machine: make lab-shell LAB_OPTIONS='--kernel cdev-only'
lab-shell:
	$(Q)tests/lab/deps lab
	$(Q)$(LAB) shell $(LAB_OPTIONS)

# The suites: all of tests/lab/suites, or make lab-check SUITES='lab test'
lab-check:
	$(Q)tests/lab/deps lab
	$(Q)$(LAB) check $(LAB_OPTIONS) $(SUITES)

lab-clean:
	$(Q)$(LAB) clean

# What vfioctl does, on a machine that has something to give away.
demo:
	$(Q)tests/lab/deps lab
	$(Q)$(LAB) run --topology minimal -- tests/lab/demo

.PHONY: lab lab-shell lab-check lab-clean demo
