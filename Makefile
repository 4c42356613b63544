# SPDX-License-Identifier: GPL-2.0-or-later
# `make` builds build/vfioctl. BUILD=DIR puts all output elsewhere, V=1 shows the commands,
# SANITIZE=1 builds with the address and undefined behaviour sanitizers.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

CC         ?= cc
PKG_CONFIG ?= pkg-config
Q          := $(if $(V),,@)
say         = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

LIBRARIES := libkmod libudev json-c smartcols mount libmnl libacl

CPPFLAGS += -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -Isrc -I.
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
CFLAGS   ?= -O2 -g
HARDEN   := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
ifdef SANITIZE
HARDEN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
else
LDFLAGS  += -pie -Wl,-z,relro,-z,now
endif
ALL_CFLAGS = -std=gnu17 $(WARNINGS) $(HARDEN) $(CFLAGS) $(LIB_CFLAGS)

# Asked only when something is built, so that `make lab` works before the libraries are there.
LIB_CFLAGS  = $(eval LIB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(LIB_CFLAGS)
LIB_LDFLAGS = $(eval LIB_LDFLAGS := $$(shell $(PKG_CONFIG) --libs $(filter-out libkmod mount,$(LIBRARIES))))$(LIB_LDFLAGS)

LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/*/*.c)))
CLI_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cli/*.c)))
UNIT_TESTS  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

all: $(BUILD)/vfioctl

$(BUILD)/vfioctl: $(CLI_OBJECTS) $(BUILD)/libvfioctl.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIB_LDFLAGS)

$(BUILD)/libvfioctl.a: $(LIB_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(BUILD)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What unit tests take from the program: all but main().
$(BUILD)/libcli.a: $(filter-out $(BUILD)/cli/main.o,$(CLI_OBJECTS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libcli.a $(BUILD)/libvfioctl.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ \
		$(filter %.c %.a,$^) $(LIB_LDFLAGS) -lcmocka

# --- fuzzing --------------------------------------------------------------------------------
#
# A fuzzer is its own file and the library, with workers that do their work in place. With FUZZ=1, which wants
# clang, libFuzzer drives it; else seeds_main.c, which gives it each of its seeds once.

FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60
FUZZ_FILES   := tests/fuzz/support.c tests/fuzz/inline_worker.c
ifdef FUZZ
HARDEN       += -fsanitize=fuzzer-no-link
FUZZ_DRIVER  := -fsanitize=fuzzer
else
FUZZ_FILES   += tests/fuzz/seeds_main.c
endif

fuzzers: $(FUZZERS)

$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_FILES) tests/fuzz/fuzz.h \
		$(BUILD)/libcli.a $(BUILD)/libvfioctl.a
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(FUZZ_DRIVER) $(LDFLAGS) -o $@ \
		$(filter %.c %.o %.a,$^) $(LIB_LDFLAGS)

# --- installing -----------------------------------------------------------------------------

BINDIR  ?= $(PREFIX)/sbin
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
SCDOC   ?= scdoc
INSTALL ?= install

MAN_PAGES := $(patsubst man/%.scd,$(BUILD)/man/%,$(sort $(wildcard man/*.scd)))
SCHEMAS   := $(sort $(wildcard cli/schema/*.json))

man: $(MAN_PAGES)

$(BUILD)/man/%: man/%.scd
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && $(SCDOC) < $< > $@

install: all man
	$(INSTALL) -D -m 755 $(BUILD)/vfioctl $(DESTDIR)$(BINDIR)/vfioctl
	$(Q)for page in $(MAN_PAGES); do \
		$(INSTALL) -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	$(Q)for schema in $(SCHEMAS); do \
		$(INSTALL) -D -m 644 $$schema $(DESTDIR)$(DATADIR)/vfioctl/schema/$${schema##*/}; done
	$(INSTALL) -D -m 644 completions/vfioctl.bash \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/vfioctl
	$(INSTALL) -D -m 644 completions/vfioctl.zsh $(DESTDIR)$(DATADIR)/zsh/site-functions/_vfioctl
	$(INSTALL) -D -m 644 completions/vfioctl.fish \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/vfioctl.fish

# --- checking -------------------------------------------------------------------------------

# The JSON Schemas are printed by the program from its field tables, and kept in the repository.
DOCUMENTS := list show mode bind restore sriov test cases doctor rules reset recover snapshot topology error

schema: $(BUILD)/vfioctl
	$(Q)mkdir -p cli/schema && for name in $(DOCUMENTS); do \
		$(BUILD)/vfioctl help --schema $$name > cli/schema/vfioctl.$$name-1.json; done

# The picture in README.md: a part of a captured machine, with the bonds that there are.
PICTURED := 01:00.0 02:00.0 03:00.0 04:00.0 07:01.0

picture: $(BUILD)/vfioctl
	$(Q)tests/data/expand-all $(BUILD)/trees && mkdir -p doc && \
		$(BUILD)/vfioctl topology --sysroot $(BUILD)/trees/both -o doc/topology.svg $(PICTURED)

unit-tests: $(UNIT_TESTS)

# The compiler's opinion of all code, without objects: of the files that changed, or all when a header did.
C_FILES := $(sort $(wildcard src/*/*.c cli/*.c tests/unit/*.c))

warnings: $(BUILD)/warnings
$(BUILD)/warnings: $(C_FILES) $(wildcard src/*/*.h cli/*.h tests/unit/*.h)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fsyntax-only \
		$(if $(filter %.h,$?),$(C_FILES),$(filter %.c,$?)) && touch $@

# What is for every commit: lint, unit tests, CLI tests and the lab's main suite. STAGES='lint unit cli'
# leaves the lab out.
check:
	$(Q)tests/lab/deps build check lab
	$(Q)MAKE=$(MAKE) tests/check $(STAGES)

# What takes longer: the lint's self-test, and all suites of the main machine.
check-suites:
	$(Q)tests/lab/deps build check lab
	$(Q)MAKE=$(MAKE) tests/check suites

# The matrix of hosts: other kernels, no IOMMU, another IOMMU, and the catalogue on each of them.
check-matrix:
	$(Q)tests/lab/deps build check lab
	$(Q)MAKE=$(MAKE) tests/check matrix

# Every system call that matters fails, and is killed in, on the way of two devices there and back:
# make check-faults FAULTS='--seconds 600', FAULTS=--all for every error at every call (hours).
check-faults:
	$(Q)tests/lab/deps lab
	$(Q)tests/lab/lab run --timeout 86400 -- tests/lab/sweep $(FAULTS)

# 1000 cycles of bind and restore, many at once, devices removed meanwhile: make check-soak SOAK='--cycles 100'
check-soak:
	$(Q)tests/lab/deps lab
	$(Q)tests/lab/lab run --timeout 86400 -- tests/lab/soak $(SOAK)

# Ratios against other tools and the kernel's floor, measured in the lab.
bench:
	$(Q)tests/lab/deps build check lab
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/bench

# Each fuzzer for FUZZ_SECONDS, on from its seeds and from what earlier runs found: make check-fuzz FUZZ_SECONDS=600
check-fuzz:
	$(Q)tests/lab/deps build check
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SANITIZE=1 FUZZ=1 CFLAGS='-O1 -g \
		-Wno-gnu-variable-sized-type-not-at-end' fuzzers
	$(Q)tests/fuzz/run build/fuzz/tests $(FUZZ_SECONDS)

# What is printed for captured machines is right from now on: read the diff.
golden:
	$(Q)tests/lab/deps build check
	$(Q)$(MAKE) --no-print-directory $(BUILD)/vfioctl
	$(Q)tests/data/expand-all build/trees
	$(Q)VFIOCTL=$(BUILD)/vfioctl UPDATE=1 bats tests/cli/golden.bats tests/cli/golden_many.bats
	$(Q)git diff --stat tests/data/golden

format:
	$(Q)clang-format -i $(wildcard src/*/*.[ch] cli/*.[ch] tests/*/*.[ch])

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(UNIT_TESTS:=.d)
-include tests/lab/lab.mk

.DELETE_ON_ERROR:
.PHONY: all clean man install schema picture unit-tests warnings check check-suites check-matrix check-faults \
	check-soak check-fuzz fuzzers bench golden format
