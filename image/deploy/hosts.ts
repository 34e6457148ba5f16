// The files for each host. What was run and what was only written from the host's documents stands in README.md.

import { kubernetes, kubevirt, podman } from "./containers.ts";
import { commas, isQuotable, quoted, shell, systemd, xml } from "./forms.ts";
import { at, type Deployment, type HostFile, type Plan, parametersText, QEMU_LINE, script, waysOf } from "./plan.ts";

/** Characters of a command line that the hosts pass on. */
const XEN_LINE = 1000;
/** 2,048, of which Firecracker takes some for its devices. */
const FIRECRACKER_LINE = 1800;
const CLOUD_HYPERVISOR_LINE = 16_000;

export const HOSTS: Readonly<Record<string, (plan: Plan) => Deployment>> = {
  libvirt,
  "libvirt-disk": libvirtDisk,
  systemd: systemdUnit,
  xen,
  firecracker,
  "cloud-hypervisor": cloudHypervisor,
  proxmox,
  bhyve,
  vmm,
  virtualbox,
  kubevirt,
  podman,
  kubernetes,
};

/** The file of parameters beside the others, when there is something for it. */
function initrd({ name }: Plan, file: string): readonly HostFile[] {
  return file === "" ? [] : [{ name: `${name}.txt`, text: file, secret: true }];
}

function domain(plan: Plan, os: string, devices: string): string {
  return `<domain type="kvm">
  <name>${xml(plan.name)}</name>
  <genid/>
  <memory unit="MiB">${plan.memory}</memory>
  <vcpu>1</vcpu>
  <os>
${os}
  </os>
  <features>
    <acpi/>
  </features>
  <cpu mode="host-passthrough"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>restart</on_crash>
  <devices>
${devices}    <interface type="bridge">
      <mac address="${plan.mac}"/>
      <source bridge="${xml(plan.bridge)}"/>
      <model type="virtio"/>
    </interface>
    <serial type="pty"/>
    <console type="pty"/>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
    </rng>
    <memballoon model="none"/>
  </devices>
</domain>
`;
}

function libvirt(plan: Plan): Deployment {
  const { commandLine, file } = waysOf(plan, QEMU_LINE);
  const lines = [
    '    <type arch="x86_64" machine="q35">hvm</type>',
    `    <kernel>${xml(plan.image)}</kernel>`,
    ...(file === "" ? [] : [`    <initrd>${xml(at(plan, "txt"))}</initrd>`]),
    ...(commandLine === "" ? [] : [`    <cmdline>${xml(commandLine)}</cmdline>`]),
  ];
  return {
    files: [{ name: `${plan.name}.xml`, text: domain(plan, lines.join("\n"), "") }, ...initrd(plan, file)],
    steps: [
      `virsh define ${shell(at(plan, "xml"))}`,
      `virsh start ${plan.name}`,
      `virsh autostart ${plan.name}`,
      `virsh shutdown ${plan.name}   # says good-bye and powers off`,
    ],
  };
}

function libvirtDisk(plan: Plan): Deployment {
  const os = '    <type arch="x86_64" machine="q35">hvm</type>\n    <boot dev="hd"/>';
  const disk = `    <disk type="file" device="disk">
      <driver name="qemu" type="raw"/>
      <source file="${xml(at(plan, "img"))}"/>
      <target dev="vda" bus="virtio"/>
      <readonly/>
    </disk>
`;
  return {
    files: [{ name: `${plan.name}.xml`, text: domain(plan, os, disk) }],
    disk: "raw",
    steps: [`virsh define ${shell(at(plan, "xml"))}`, `virsh start ${plan.name}`],
  };
}

/** A unit for one machine on a TAP of its own; several stand beside each other. */
function systemdUnit(plan: Plan): Deployment {
  const { commandLine, file } = waysOf(plan, QEMU_LINE);
  const socket = `/run/${plan.name}.monitor`;
  const words = [
    ...["/usr/bin/qemu-system-x86_64", "-accel", "kvm", "-M", "q35", "-cpu", "host", "-m", String(plan.memory)],
    ...["-nodefaults", "-display", "none", "-serial", "stdio", "-monitor", `unix:${commas(socket)},server=on,wait=off`],
    ...["-kernel", plan.image],
    ...(commandLine === "" ? [] : ["-append", commandLine]),
    ...(file === "" ? [] : ["-initrd", at(plan, "txt")]),
    ...["-netdev", `tap,id=n0,ifname=${plan.tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=n0,mac=${plan.mac}`, "-device", "virtio-rng-pci"],
  ];
  const text = `[Unit]
Description=Epiphyte: ${plan.name}
Wants=network-online.target
After=network-online.target

[Service]
ExecStartPre=-/usr/sbin/ip tuntap add dev ${plan.tap} mode tap
ExecStartPre=/usr/sbin/ip link set dev ${plan.tap} master ${systemd(plan.bridge)} up
ExecStart=${words.map(systemd).join(" \\\n  ")}
ExecStop=/bin/sh -c "echo system_powerdown | /usr/bin/socat - UNIX-CONNECT:${socket}; sleep 8"
ExecStopPost=-/usr/sbin/ip link delete dev ${plan.tap}
Restart=always
RestartSec=2
NoNewPrivileges=yes
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;
  return {
    files: [{ name: `${plan.name}.service`, text }, ...initrd(plan, file)],
    steps: [
      `install -m 644 ${shell(at(plan, "service"))} /etc/systemd/system/`,
      `systemctl enable --now ${plan.name}   # wants qemu-system-x86, socat, and the bridge ${plan.bridge}`,
    ],
  };
}

function xen(plan: Plan): Deployment {
  const ways = waysOf(plan, XEN_LINE);
  // What xl's strings cannot hold goes into the file with the rest.
  const { commandLine, file } = isQuotable(ways.commandLine) ? ways : waysOf(plan, -1);
  const text = [
    `name=${quoted(plan.name)}`,
    'type="pvh"',
    `kernel=${quoted(plan.image)}`,
    ...(file === "" ? [] : [`ramdisk=${quoted(at(plan, "txt"))}`]),
    ...(commandLine === "" ? [] : [`extra=${quoted(commandLine)}`]),
    `memory=${plan.memory}`,
    "vcpus=1",
    `vif=[${quoted(`mac=${plan.mac},bridge=${plan.bridge}`)}]`,
    'on_reboot="restart"',
    'on_crash="restart"',
    "",
  ].join("\n");
  return {
    files: [{ name: `${plan.name}.cfg`, text }, ...initrd(plan, file)],
    steps: [`xl create ${shell(at(plan, "cfg"))}`, `xl shutdown ${plan.name}`],
  };
}

function firecracker(plan: Plan): Deployment {
  const { commandLine, file } = waysOf(plan, FIRECRACKER_LINE);
  const config = {
    "boot-source": {
      kernel_image_path: plan.image,
      boot_args: commandLine,
      ...(file === "" ? {} : { initrd_path: at(plan, "txt") }),
    },
    drives: [],
    "machine-config": { vcpu_count: 1, mem_size_mib: plan.memory },
    "network-interfaces": [{ iface_id: "net0", guest_mac: plan.mac, host_dev_name: plan.tap }],
  };
  return {
    files: [{ name: `${plan.name}.json`, text: `${JSON.stringify(config, undefined, 2)}\n` }, ...initrd(plan, file)],
    steps: [...tapLines(plan), `firecracker --no-api --config-file ${shell(at(plan, "json"))}`],
  };
}

function cloudHypervisor(plan: Plan): Deployment {
  const { commandLine, file } = waysOf(plan, CLOUD_HYPERVISOR_LINE);
  const words = [
    ...["cloud-hypervisor", "--cpus", "boot=1", "--memory", `size=${plan.memory}M`, "--kernel", plan.image],
    ...(commandLine === "" ? [] : ["--cmdline", commandLine]),
    ...(file === "" ? [] : ["--initramfs", at(plan, "txt")]),
    ...["--net", `tap=${plan.tap},mac=${plan.mac}`, "--console", "off", "--serial", "tty"],
  ];
  return {
    files: [script(plan, [...tapLines(plan), words.map(shell).join(" ")]), ...initrd(plan, file)],
    steps: run(plan),
  };
}

function tapLines({ tap, bridge }: Plan): string[] {
  return [`ip tuntap add dev ${tap} mode tap`, `ip link set dev ${tap} master ${shell(bridge)} up`];
}

function run(plan: Plan): string[] {
  return [`sh ${shell(at(plan, "sh"))}`];
}

function proxmox(plan: Plan): Deployment {
  const name = shell(plan.name);
  return {
    files: [
      script(plan, [
        "# usage: NAME.sh VMID STORAGE, on the Proxmox host",
        'vmid="$1" storage="$2"',
        `qm create "$vmid" --name ${name} --memory ${plan.memory} --cores 1 --machine q35 --ostype other \\`,
        `  --net0 virtio=${plan.mac},bridge=${shell(plan.bridge)} --serial0 socket --rng0 source=/dev/urandom`,
        `qm set "$vmid" --virtio0 "$storage:0,import-from=${at(plan, "qcow2")}" --boot order=virtio0`,
        'qm start "$vmid"',
      ]),
    ],
    disk: "qcow2",
    steps: [`sh ${shell(at(plan, "sh"))} 100 local-lvm`],
  };
}

function bhyve(plan: Plan): Deployment {
  const words = [
    ...["bhyve", "-c", "1", "-m", `${Math.max(plan.memory, 128)}M`, "-A", "-H", "-P"],
    ...["-s", "0,hostbridge", "-s", `1,virtio-blk,${at(plan, "img")},ro`],
    ...["-s", `2,virtio-net,${plan.tap},mac=${plan.mac}`, "-s", "3,virtio-rnd", "-s", "31,lpc", "-l", "com1,stdio"],
    ...["-l", "bootrom,/usr/local/share/uefi-firmware/BHYVE_UEFI.fd", plan.name],
  ];
  return {
    files: [
      script(plan, [
        `ifconfig tap create name ${plan.tap}`,
        `ifconfig ${shell(plan.bridge)} addm ${plan.tap}`,
        words.map(shell).join(" "),
      ]),
    ],
    disk: "raw",
    steps: run(plan),
  };
}

function vmm(plan: Plan): Deployment {
  const text = `switch "epiphyte" {
	interface ${plan.bridge}
}
vm ${quoted(plan.name)} {
	enable
	memory ${plan.memory}M
	disk ${quoted(at(plan, "img"))} format raw
	interface {
		switch "epiphyte"
		lladdr ${plan.mac}
	}
}
`;
  return {
    files: [{ name: `${plan.name}.conf`, text }],
    disk: "raw",
    steps: [`cat ${shell(at(plan, "conf"))} >> /etc/vm.conf`, "rcctl restart vmd"],
  };
}

function virtualbox(plan: Plan): Deployment {
  return {
    files: [],
    disk: "ova",
    steps: [
      `VBoxManage import ${shell(at(plan, "ova"))} --vsys 0 --vmname ${plan.name}`,
      `VBoxManage modifyvm ${plan.name} --nic1 bridged --bridgeadapter1 ${shell(plan.bridge)} --nictype1 virtio`,
      `VBoxManage startvm ${plan.name} --type headless`,
    ],
  };
}

/** What the disk's EPIPHYTE.TXT says. */
export function diskText({ words, text }: Plan): string {
  return parametersText(words, text);
}
