# SPDX-License-Identifier: GPL-2.0-or-later
# The hand of the machine: devices that QEMU puts into the free slot behind rp8 and takes out again, as
# somebody does who pulls one card and puts in another. Topology "default".
# shellcheck shell=bash

slot=0000:09:00.0

# machine COMMAND [JSON]: one command to QEMU's monitor; fails when QEMU does.
machine() {
	python3 - "$1" "${2:-{\}}" <<-'END'
		import json, os, sys
		port = os.fdopen(os.open("/dev/virtio-ports/lab.monitor", os.O_RDWR), "r+b", buffering=0)
		def tell(command, arguments, number):
		    port.write(json.dumps({"execute": command, "arguments": arguments, "id": number}).encode() + b"\n")
		    for line in iter(port.readline, b""):
		        said = json.loads(line)
		        if said.get("id") == number:
		            return said
		tell("qmp_capabilities", {}, 1) # an error when it was said before
		said = tell(sys.argv[1], json.loads(sys.argv[2]), os.getpid())
		if "error" in said:
		    sys.exit(f"{sys.argv[1]}: {said['error']['desc']}")
	END
}

# plug KIND: puts an nvme or an e1000e into the slot, and waits for its driver.
plug() {
	local property=
	[ "$1" != nvme ] || property=', "serial": "lab-hot"'
	eventually machine device_add "{\"driver\": \"$1\", \"id\": \"hot\", \"bus\": \"rp8\"$property}"
	eventually has_driver $slot "$1"
	udevadm settle
}

# pull: takes what is in the slot out of it, and waits until it is gone.
pull() {
	machine device_del '{"id": "hot"}'
	eventually test ! -e $pci/$slot
}

# The slot is empty again.
empty_slot() {
	[ ! -e $pci/$slot ] || pull
}
