# stanzadrill: `make run` and `make test` each work as the only command on a fresh machine.
#
#   make            build build/stanzadrill and build/librouter.a
#   make run        install what is missing, build, play every scenario
#   make test       install what is missing, then all checks; the last line is "N passed, N failed" (also: make check)
#   make test-live  install the real servers that are missing, then play the scenarios on them; the last line is the same
#   make cover      line and branch coverage of each folder; fails below COVER_MIN % of the branches of router/
#   make bench      lines "bench NAME VALUE UNIT"
#   make fuzz       each fuzz target for FUZZ_SECONDS
#   make golden-accept   rewrite the golden traces on purpose
#   make deb        install what is missing, then make Debian packages in $(BUILD)/deb
#   make install, make uninstall, make clean
#
# Variables: CC, BUILD_CC (makes what runs during the build; CC), CFLAGS, LDFLAGS, BUILD (folder of all output), PREFIX,
# DESTDIR, V=1 (show commands), JOBS (builds that make test starts side by side), SERVERS (of tests/live/plan, for make
# test-live; all), WITH_CLANG=1 (make test installs and needs clang too), WITH_BROWSER=1 (it installs and needs a browser
# too, which then opens the HTML report).

VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
BUILD_CC ?= $(CC)
CFLAGS ?= -O2 -g
BUILD ?= build
PREFIX ?= /usr/local
COVER_MIN ?= 95
FUZZ_SECONDS ?= 20
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

OBJCOPY ?= objcopy

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
LANGUAGE := -std=c11 -D_POSIX_C_SOURCE=200809L -pthread
LIBS = $(shell pkg-config --libs libstrophe jansson expat libidn 2>/dev/null || echo -lstrophe -ljansson -lexpat -lidn)
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null || echo -lcheck)

ifeq ($(V)$(findstring s,$(firstword -$(MAKEFLAGS))),)
say = @printf '  %-5s %s\n' $(1) '$(patsubst $(BUILD)/%,%,$(2))';
endif

# ---------------------------------------------------------------------------------------------- what is built ----

GEN := $(BUILD)/gen
OBJ := $(BUILD)/obj

router_c := $(sort $(wildcard router/*.c))
sim_c := $(sort $(wildcard sim/script/*.c sim/world/*.c sim/drill/*.c sim/live/*.c))
reports_c := $(sort $(wildcard reports/*.c))
cli_c := $(sort $(wildcard sim/cli/*.c))
tests_c := $(sort $(wildcard tests/*.c))
bench_c := $(sort $(wildcard tests/bench/*.c))
fuzz_c := $(sort $(wildcard tests/fuzz/*.c))
live_c := $(sort $(wildcard tests/live/*.c))
tools_c := $(sort $(wildcard tests/tools/*.c))
profiles := $(sort $(wildcard router/profiles/*.profile))

public_names := router jid stanza policy

objects = $(patsubst %.c,$(OBJ)/%.o,$(1))
gen_o := $(GEN)/profiles.o $(GEN)/rule_table.o
router_o := $(call objects,$(router_c)) $(gen_o)
sim_o := $(call objects,$(sim_c) $(reports_c))
all_c := $(router_c) $(sim_c) $(reports_c) $(cli_c) $(tests_c) $(bench_c) $(fuzz_c) $(live_c) $(tools_c)

all: $(BUILD)/stanzadrill $(BUILD)/librouter.a

# One object in which only the names of router.h can be seen from outside.
$(BUILD)/librouter.a: $(router_o) $(BUILD)/sources Makefile
	$(call say,AR,$@) $(LD) -r -o $(BUILD)/router.o $(router_o) && \
	$(OBJCOPY) --wildcard $(public_names:%=--keep-global-symbol='%_*') $(BUILD)/router.o && \
	rm -f $@ && $(AR) rcs $@ $(BUILD)/router.o

$(BUILD)/stanzadrill: $(call objects,$(cli_c)) $(sim_o) $(BUILD)/librouter.a
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS) $(LDLIBS)

$(BUILD)/unittests: $(call objects,$(tests_c)) $(sim_o) $(BUILD)/librouter.a
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(CHECK_LIBS) $(LIBS) $(LDLIBS)

$(BUILD)/bench: $(call objects,$(bench_c)) $(sim_o) $(BUILD)/librouter.a
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(LIBS) $(LDLIBS)

$(BUILD)/fuzz-%: $(OBJ)/tests/fuzz/%.o $(sim_o) $(BUILD)/librouter.a
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -pthread -o $@ $^ $(LIBS) $(LDLIBS)

# Tests that need real servers: live-NAME of tests/live/NAME.c.
$(BUILD)/live-%: $(OBJ)/tests/live/%.o $(sim_o) $(BUILD)/librouter.a
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(CHECK_LIBS) $(LIBS) $(LDLIBS)

# Programs that the check scripts need: tool-NAME of tests/tools/NAME.c.
$(BUILD)/tool-%: $(OBJ)/tests/tools/%.o
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# Each folder sees only what it may include: a wrong include does not build.
$(OBJ)/router/%.o: include = -Irouter -Irouter/include
$(OBJ)/sim/script/%.o: include = -Isim/script
$(OBJ)/sim/world/%.o: include = -Isim/world -Irouter/include
$(OBJ)/sim/drill/%.o: include = -Isim/drill -Isim/world -Isim/script -Irouter/include
$(OBJ)/sim/live/%.o: include = -Isim/live -Isim/world -Irouter/include
$(OBJ)/reports/%.o: include = -Ireports
public := -Irouter/include -Isim/script -Isim/world -Isim/drill -Ireports -Isim/live
$(OBJ)/sim/cli/%.o: include = -Isim/cli $(public) -DSTANZADRILL_VERSION='"$(VERSION)"' \
  -DSTANZADRILL_SHARE='"$(PREFIX)/share/stanzadrill"'
# The one that looks there: for the lessons.
$(OBJ)/sim/cli/lesson.o: $(BUILD)/prefix
$(OBJ)/tests/%.o: include = $(public) -I$(GEN)
# The parts of sim/live are tested one by one too.
$(OBJ)/tests/test_live_%.o: include = -Isim/live -Isim/world -Irouter/include -Isim/script -Isim/drill
$(OBJ)/tests/live/%.o: include = -Isim/live -Isim/world -Irouter/include

compile = $(CC) $(LANGUAGE) $(WARNINGS) $(CFLAGS) $(include) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.c $(BUILD)/flags | $(BUILD)/tools
	@mkdir -p $(@D)
	$(call say,CC,$<) $(compile)

$(OBJ)/tests/main.o: $(GEN)/suites.h

$(gen_o): include = -Irouter -Irouter/include
$(gen_o): %.o: %.c $(BUILD)/flags | $(BUILD)/tools
	$(call say,CC,$<) $(compile)

# The texts of router/profiles as string literals: rfc6121 first, the others by name.
$(GEN)/profiles.c: $(profiles) $(BUILD)/sources
	@mkdir -p $(@D)
	$(call say,GEN,$@) { echo '#include "profile.h"'; echo; echo '#include <stddef.h>'; echo; \
	  echo 'const struct router_profile_text router_profile_texts[] = {'; \
	  for f in $(filter %/rfc6121.profile,$(profiles)) $(filter-out %/rfc6121.profile,$(profiles)); do \
	    echo "    {\"$$(basename $$f .profile)\", \"\""; \
	    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/     "/' -e 's/$$/\\n"/' $$f || exit 1; \
	    echo '    },'; \
	  done; \
	  echo '    {NULL, NULL}'; echo '};'; } > $@.new && mv $@.new $@

# The look-up from a class of input to its row, written by a program that runs here and not where the library will: its
# compiler is BUILD_CC, and it takes none of CFLAGS.
$(GEN)/rule_table.c: $(GEN)/make-rule_table
	$(call say,GEN,$@) $< > $@.new && mv $@.new $@

$(GEN)/make-rule_table: router/make/rule_table.c router/rules.c router/rules.h router/include/router.h \
  $(wildcard router/*.def) $(BUILD)/flags | $(BUILD)/tools
	@mkdir -p $(@D)
	$(call say,CC,$<) $(BUILD_CC) $(LANGUAGE) $(WARNINGS) -Irouter/include -o $@ $(filter %.c,$^)

# tests/test_NAME.c defines NAME_suite().
$(GEN)/suites.h: $(BUILD)/sources
	@mkdir -p $(@D)
	$(call say,GEN,$@) for f in $(notdir $(filter tests/test_%,$(tests_c))); do echo "SUITE($$f)"; done | \
	  sed -e 's/(test_/(/' -e 's/\.c)/)/' > $@

# These change only when their text does, so that other flags and a removed file lead to a new build.
text_flags = $(CC) $(BUILD_CC) $(LANGUAGE) $(WARNINGS) $(CFLAGS) $(VERSION)
text_prefix = $(PREFIX)
text_sources = $(LDFLAGS) $(LDLIBS) $(all_c) $(profiles)
$(BUILD)/flags $(BUILD)/sources $(BUILD)/prefix: always
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(text_$(@F)))' > $@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# A build without the compiler or a library says what is missing instead of failing in the middle.
$(BUILD)/tools: tests/install-deps.sh
	@mkdir -p $(@D)
	@CC='$(CC)' sh tests/install-deps.sh --check build
	@touch $@

-include $(patsubst %.o,%.d,$(call objects,$(all_c)) $(gen_o))

# ----------------------------------------------------------------------------------------------- what is done ----

# The scripts start their own builds, with other flags and folders, so they do not share this make's jobs.
sub = MAKEFLAGS= MFLAGS= MAKE='$(MAKE)' CC='$(CC)' CFLAGS='$(CFLAGS)' BUILD='$(BUILD)' JOBS='$(JOBS)'

run:
	@CC='$(CC)' sh tests/install-deps.sh --stamp $(BUILD)/deps build
	@$(MAKE) --no-print-directory all
	$(BUILD)/stanzadrill run scenarios

test check:
	@CC='$(CC)' sh tests/install-deps.sh --stamp $(BUILD)/deps build test $(if $(WITH_CLANG),clang) $(if $(WITH_BROWSER),browser)
	@$(sub) WITH_CLANG='$(WITH_CLANG)' WITH_BROWSER='$(WITH_BROWSER)' sh tests/run.sh

test-live:
	@CC='$(CC)' sh tests/install-deps.sh --stamp $(BUILD)/deps build $(if $(strip $(SERVERS)),$(SERVERS:%=live-%),test live)
	@$(sub) sh tests/test-live.sh $(SERVERS)

cover:
	@CC=gcc sh tests/install-deps.sh --stamp $(BUILD)/deps build test cover
	@$(sub) COVER_MIN='$(COVER_MIN)' sh tests/cover.sh

bench: $(if $(bench_c),$(BUILD)/bench)
	@$(if $(bench_c),$(BUILD)/bench scenarios,echo 'tests/bench holds no benchmark' >&2; exit 1)

fuzz:
	@CC=clang sh tests/install-deps.sh --stamp $(BUILD)/deps build fuzz
	@$(sub) FUZZ_SECONDS='$(FUZZ_SECONDS)' sh tests/fuzz.sh $(basename $(notdir $(fuzz_c)))

golden-accept: all
	BUILD='$(BUILD)' sh tests/golden.sh --accept

root := $(DESTDIR)$(PREFIX)
share := $(root)/share/stanzadrill
installed := bin/stanzadrill lib/librouter.a lib/pkgconfig/librouter.pc include/router.h \
  share/bash-completion/completions/stanzadrill share/zsh/site-functions/_stanzadrill

# Manual pages are made of what the program says about itself.
$(BUILD)/man: $(BUILD)/stanzadrill sim/packaging/man.sh
	$(call say,MAN,$@) rm -rf $@ && sh sim/packaging/man.sh $(BUILD)/stanzadrill $@

install: all $(BUILD)/man
	mkdir -p $(patsubst %/,'$(root)/%',$(sort $(dir $(installed)))) '$(root)/share/man/man1' '$(share)'
	install -m 755 $(BUILD)/stanzadrill '$(root)/bin/stanzadrill'
	install -m 644 $(BUILD)/librouter.a '$(root)/lib/librouter.a'
	install -m 644 router/include/router.h '$(root)/include/router.h'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' sim/packaging/librouter.pc.in \
	  >'$(root)/lib/pkgconfig/librouter.pc'
	install -m 644 sim/packaging/completion.bash '$(root)/share/bash-completion/completions/stanzadrill'
	install -m 644 sim/packaging/completion.zsh '$(root)/share/zsh/site-functions/_stanzadrill'
	install -m 644 $(BUILD)/man/*.1 '$(root)/share/man/man1'
	share=$$(cd '$(share)' && pwd) && copy='for f; do mkdir -p "$$0/$${f%/*}" && install -m 644 "$$f" "$$0/$$f" || exit 1; done' && \
	(cd scenarios && find . -type f \( -name '*.scs' -o -name '*.known' -o -name '*.md' \) \
	  -exec sh -c "$$copy" "$$share/scenarios" {} +) && \
	(cd sim/packaging && find vim vscode ci -type f -exec sh -c "$$copy" "$$share" {} +)

uninstall:
	rm -f $(installed:%='$(root)/%') '$(root)'/share/man/man1/stanzadrill.1 '$(root)'/share/man/man1/stanzadrill-*.1
	rm -rf '$(share)/scenarios' '$(share)/vim' '$(share)/vscode' '$(share)/ci'
	-rmdir '$(share)' 2>/dev/null

# A Debian package of the program, and one of the library.
deb:
	@CC='$(CC)' sh tests/install-deps.sh --stamp $(BUILD)/deps build deb
	@$(MAKE) --no-print-directory all
	@$(sub) VERSION='$(VERSION)' sh sim/packaging/deb/build.sh

clean:
	rm -rf '$(BUILD)'

always:
.PHONY: all run test check test-live cover bench fuzz golden-accept install uninstall deb clean always
.DELETE_ON_ERROR:
.SECONDARY:
