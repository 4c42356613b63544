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

LIBRARIES := libkmod libudev json-c smartcols mount libmnl

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
LIB_LDFLAGS = $(eval LIB_LDFLAGS := $$(shell $(PKG_CONFIG) --libs $(LIBRARIES)))$(LIB_LDFLAGS)

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

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libvfioctl.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $^ \
		$(LIB_LDFLAGS) -lcmocka

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(UNIT_TESTS:=.d)
-include tests/lab/lab.mk

.DELETE_ON_ERROR:
.PHONY: all clean
