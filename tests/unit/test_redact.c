/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/redact.h"
#include "tests/unit/tree.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

#define redact_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void expect(struct redactor *redactor, const char *text, const char *clean)
{
	size_t size = 0;
	scoped_free char *out = redact(redactor, text, strlen(text), &size);

	assert_non_null(out);
	assert_string_equal(out, clean);
	assert_int_equal(size, strlen(clean));
}

struct example {
	const char *text, *clean;
};

/* Each by itself, so that what is found is the first one; count of different values in each. */
static void expect_each(const struct example *examples, size_t n, size_t count)
{
	for (size_t i = 0; i < n; i++) {
		struct redactor *redactor = redactor_new(arena);

		assert_non_null(redactor);
		expect(redactor, examples[i].text, examples[i].clean);
		assert_int_equal(redactor_count(redactor), count);
	}
}

/* The name of a file that was read, and what is made of all of it. */
static void expect_file(struct redactor *redactor, const char *name, const char *text,
			const char *clean)
{
	size_t size = 0;
	scoped_free char *out = redact_file(redactor, name, text, strlen(text), &size);

	assert_non_null(out);
	assert_string_equal(out, clean);
	assert_int_equal(size, strlen(clean));
}

static void test_one_value_is_replaced(void **state)
{
	static const struct example examples[] = {
		/* MAC addresses */
		{"52:54:00:12:34:56", "02:00:00:00:00:01"},
		{"52:54:00:12:34:56\n", "02:00:00:00:00:01\n"},
		{"link/ether 52:54:00:AB:cd:56 brd ff:ff:ff:ff:ff:ff",
		 "link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff"},
		{"52-54-00-12-34-56", "02-00-00-00-00-01"},
		{"/net/enx525400123456/mtu", "/net/enx020000000001/mtu"},
		/* InfiniBand has more in front of it */
		{"80:00:02:08:fe:80:00:00:00:00:00:00:0c:42:a1:03:00:11:22:33",
		 "80:00:02:08:fe:80:00:00:00:00:00:00:0c:42:02:00:00:00:00:01"},
		/* behind words */
		{"serial: S4EWNX0R123456", "serial: redacted-1"},
		{"ID_SERIAL=Samsung_S4EWNX0R\nID_BUS=nvme", "ID_SERIAL=redacted-1\nID_BUS=nvme"},
		{"ID_SERIAL_SHORT=S4EW", "ID_SERIAL_SHORT=redacted-1"},
		{"ATTRS{serial}==\"S4EW X\", GOTO=\"x\"",
		 "ATTRS{serial}==\"redacted-1 X\", GOTO=\"x\""},
		{"{\"wwid\": \"eui.0025385b71b0a1c2\", \"a\": 1}",
		 "{\"wwid\": \"redacted-1\", \"a\": 1}"},
		{"machine-id=2c75dd5f1c5b4a6b9c1e6a6b3a5c0a01", "machine-id=redacted-1"},
		{"product_uuid: 2c75dd5f-1c5b-4a6b-9c1e-6a6b3a5c0a01", "product_uuid: redacted-1"},
		{"<serial='x1'/>", "<serial='redacted-1'/>"},
		{"systemd.hostname=host7 quiet", "systemd.hostname=redacted-1 quiet"},
		{"sn=S4EW", "sn=redacted-1"},
		{"<uuid='2c75dd5f'/>", "<uuid='redacted-1'/>"},
		{"password=hunter2", "password=redacted-1"},
		/* addresses without separators */
		{"options x mac=52540011AAcc n=1", "options x mac=020000000001 n=1"},
		{"hwaddr: \"52540011aacc\"", "hwaddr: \"020000000001\""},
		{"mac=0x52540011aacc", "mac=0x020000000001"},
		{"mac=52:54:00:11:aa:cc", "mac=02:00:00:00:00:01"},
		{"wlx525400123456", "wlx020000000001"},
		/* names that say what they are */
		{"InitiatorName=iqn.1994-05.com.example:9f2c", "InitiatorName=redacted-1"},
		{"/nvmet/nqn.2014-08.org.example:host7/x", "/nvmet/redacted-1/x"},
		{"nvme-eui.0025385b71b0a1c2 ", "nvme-redacted-1 "},
	};

	(void)state;
	expect_each(examples, ARRAY_SIZE(examples), 1);
}

static void test_what_identifies_nothing_stays(void **state)
{
	static const struct example examples[] = {
		{"", ""},
		/* addresses of functions, times, and octets that are too few or go on */
		{"0000:01:00.0 10000:81:00.0", "0000:01:00.0 10000:81:00.0"},
		{"12:34:56", "12:34:56"},
		{"52:54:00:12:34", "52:54:00:12:34"},
		{"52:54:00:12:34:5", "52:54:00:12:34:5"},
		{"52:54:00:12:34:56x", "52:54:00:12:34:56x"},
		{"x52:54:00:12:34:56", "x52:54:00:12:34:56"},
		{"52:54:00:12:34:56:", "52:54:00:12:34:56:"},
		{"52:54:00-12:34:56", "52:54:00-12:34:56"},
		{"525400123456", "525400123456"},
		{"mac=5254001234", "mac=5254001234"},
		{"mac=525400123456x", "mac=525400123456x"},
		{"mac=000000000000", "mac=000000000000"},
		{"mac80211 machine=525400123456", "mac80211 machine=525400123456"},
		{"iqn.", "iqn."},
		{"iqn.example.org:a", "iqn.example.org:a"},
		{"eui.com", "eui.com"},
		/* nobody's */
		{"00:00:00:00:00:00", "00:00:00:00:00:00"},
		{"FF:ff:FF:ff:FF:ff", "FF:ff:FF:ff:FF:ff"},
		/* names of interfaces that have no address in them */
		{"enx52540012345", "enx52540012345"},
		{"enx5254001234567", "enx5254001234567"},
		{"enx52540012345G", "enx52540012345G"},
		{"enp1s0f0", "enp1s0f0"},
		/* a mediated device is named by its UUID */
		{"2c75dd5f-1c5b-4a6b-9c1e-6a6b3a5c0a01", "2c75dd5f-1c5b-4a6b-9c1e-6a6b3a5c0a01"},
		/* words that have no value, or are part of others */
		{"serial", "serial"},
		{"serial=", "serial="},
		{"serial=\"\"", "serial=\"\""},
		{"serial:\nnext", "serial:\nnext"},
		{"the serial number", "the serial number"},
		{"serial8250: ttyS0", "serial8250: ttyS0"},
		{"serial_core=m", "serial_core=m"},
		{"myserial=7", "myserial=7"},
	};

	(void)state;
	expect_each(examples, ARRAY_SIZE(examples), 0);
}

/* In several texts, in whatever form they stand there. */
static void test_equal_values_stay_equal(void **state)
{
	struct redactor *redactor = redactor_new(arena);

	(void)state;
	expect(redactor, "52:54:00:12:34:56 52:54:00:12:34:57 52:54:00:12:34:56",
	       "02:00:00:00:00:01 02:00:00:00:00:02 02:00:00:00:00:01");
	expect(redactor, "enx525400123457 52-54-00-12-34-56 52:54:00:AA:bb:CC 52:54:00:aa:BB:cc",
	       "enx020000000002 02-00-00-00-00-01 02:00:00:00:00:03 02:00:00:00:00:03");
	expect(redactor, "serial=A\nwwid=B\nuniq=A\nserial=a",
	       "serial=redacted-1\nwwid=redacted-2\nuniq=redacted-1\nserial=redacted-3");
	expect_file(redactor, "serial", "B\n", "redacted-2\n");
	expect(redactor, "mac=525400123456", "mac=020000000001");
	/* Behind a word it is a serial, whatever it looks like. */
	expect(redactor, "serial=52:54:00:12:34:56", "serial=redacted-4");
	assert_int_equal(redactor_count(redactor), 3 + 4);
}

static void test_many_addresses(void **state)
{
	struct redactor *redactor = redactor_new(arena);
	char text[32];

	(void)state;
	for (unsigned int i = 1; i <= 0x123; i++) {
		size_t size;
		scoped_free char *out = NULL;

		snprintf(text, sizeof(text), "52:54:00:00:%02x:%02x", i >> 8, i & 255);
		out = redact(redactor, text, strlen(text), &size);
		assert_non_null(out);
		snprintf(text, sizeof(text), "02:00:00:00:%02x:%02x", i >> 8, i & 255);
		assert_string_equal(out, text);
	}
}

static void test_a_file_by_its_name(void **state)
{
	static const struct {
		const char *name, *text, *clean;
	} files[] = {
		{"serial", "S4EW NX 0R\n", "redacted-1\n"},
		{"product_uuid", "2c75dd5f-1c5b-4a6b-9c1e-6a6b3a5c0a01\n", "redacted-1\n"},
		{"WWID", "eui.0025", "redacted-1"},
		{"nguid", "x \n\n", "redacted-1 \n\n"},
		{"serial", "", ""},
		{"serial", "\n", "\n"},
		{"address", "52:54:00:12:34:56\n", "02:00:00:00:00:01\n"},
		{"model", "SAMSUNG MZ\n", "SAMSUNG MZ\n"},
		{"serials", "S4EW\n", "S4EW\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		expect_file(redactor_new(arena), files[i].name, files[i].text, files[i].clean);
}

/* What is asked for here stays, and numbers; all else may be anybody's. */
static void test_the_command_line(void **state)
{
	static const struct example lines[] = {
		{"quiet intel_iommu=on iommu=pt vfio-pci.ids=8086:10d3,10de:1eb8 nox2apic\n",
		 "quiet intel_iommu=on iommu=pt vfio-pci.ids=8086:10d3,10de:1eb8 nox2apic\n"},
		{"iommu.passthrough=1 modprobe.blacklist=nouveau pci=realloc",
		 "iommu.passthrough=1 modprobe.blacklist=nouveau pci=realloc"},
		{"hugepages=1024 hugepagesz=1G isolcpus=2-5,8 console=ttyS0,115200n8 a=off",
		 "hugepages=1024 hugepagesz=1G isolcpus=2-5,8 console=ttyS0,115200n8 a=off"},
		{"ip=10.0.0.7::10.0.0.1 nfsroot=10.0.0.1:/srv/host7 quiet",
		 "ip=redacted-1 nfsroot=redacted-2 quiet"},
		{"root=UUID=2c75dd5f resume=UUID=2c75dd5f rd.luks.name=77=root",
		 "root=redacted-1 resume=redacted-1 rd.luks.name=redacted-2"},
		{"netroot=iscsi:bob:hunter2@10.0.0.1::3260::iqn.2003-01.org.example:x",
		 "netroot=redacted-1"},
		{"rd.iscsi.password=12345 pin=1", "rd.iscsi.password=redacted-1 pin=redacted-2"},
		{"systemd.setenv=\"A=b c\" \"b=c d\" x",
		 "systemd.setenv=redacted-1 \"b=redacted-2 x"},
		{"n=123456", "n=redacted-1"},
		{"ifname=lan:52:54:00:12:34:56", "ifname=lan:02:00:00:00:00:01"},
		{"a= =b =", "a= =redacted-1 ="},
		{"a -- --addr 10.0.0.7 iommu=pt", "a -- --addr redacted-1 iommu=pt"},
		{"", ""},
		{" \n", " \n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		expect_file(redactor_new(arena), "/proc/cmdline", lines[i].text, lines[i].clean);
}

static void test_logs_and_accounts(void **state)
{
	static const char log[] = "/var/log/kern.log", accounts[] = "/etc/passwd";
	struct redactor *redactor = redactor_new(arena);

	(void)state;
	expect_file(redactor, log,
		    "Nov  1 03:05:00 host7 kernel: avc:  denied\n"
		    "2026-11-30T03:05:00.123456+01:00 host7 kernel: x\n"
		    "type=AVC msg=audit(1.2:3): avc:  denied\n",
		    "Nov  1 03:05:00 redacted-1 kernel: avc:  denied\n"
		    "2026-11-30T03:05:00.123456+01:00 redacted-1 kernel: x\n"
		    "type=AVC msg=audit(1.2:3): avc:  denied\n");
	expect_file(redactor, log,
		    "profile=\"libvirt-2c75dd5f-1c5b-4a6b-9c1e-6a6b3a5c0a01\" serial=A\nNov",
		    "profile=\"libvirt-redacted-2\" serial=redacted-3\nNov");
	expect_file(redactor, accounts, "sn:x:1000:1000:::\n", "sn:x:1000:1000:::\n");
}

/* Only size bytes are looked at, whatever is behind them. */
static void test_the_end_of_text(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *clean;
	} cuts[] = {
		{"52:54:00:12:34:56", 16, "52:54:00:12:34:5"},
		{"52:54:00:12:34:567", 17, "02:00:00:00:00:01"},
		{"enx5254001234567", 15, "enx020000000001"},
		{"serial=ABC", 9, "serial=redacted-1"},
		{"serial=A", 7, "serial="},
		{"serial=A", 6, "serial"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		size_t size;
		scoped_free char *out =
			redact(redactor_new(arena), cuts[i].text, cuts[i].size, &size);

		assert_string_equal(out, cuts[i].clean);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		redact_test(test_one_value_is_replaced),
		redact_test(test_what_identifies_nothing_stays),
		redact_test(test_equal_values_stay_equal),
		redact_test(test_many_addresses),
		redact_test(test_a_file_by_its_name),
		redact_test(test_the_command_line),
		redact_test(test_logs_and_accounts),
		redact_test(test_the_end_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
