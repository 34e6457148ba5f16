// Parameters that a host gives beside the command line: QEMU's fw_cfg and SMBIOS.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Machine } from "../../tools/qemu.ts";
import { type Bed, IMAGE, makeBed, remoteFor, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

const NAME = "opt/org.epiphyte/parameters";
const SECRET = "a secret of some length";
let bed: Bed;

beforeAll(async () => {
  bed = await makeBed("parameters");
});
afterAll(() => bed?.close());

test("a file of fw_cfg and strings of SMBIOS; each is told from where, and no secret", async () => {
  const file = join(bed.folder, "parameters.txt");
  writeFileSync(
    file,
    `# ours\n--remote=${remoteFor(bed.git, "blog.git#main")}\n--hook=/now\n--cert-seed=${SECRET}\n--port=81\n`,
  );
  const vm = await Vm.start({
    git: bed.git,
    remote: "",
    parameters: "--log=debug --port=80",
    machine: {
      extra: [
        ...["-fw_cfg", `name=${NAME},file=${file}`],
        ...["-smbios", "type=11,value=somebody's,value=epiphyte:--hostname=by-smbios,value=epiphyte:--hook=/later"],
      ],
    },
  });
  try {
    await vm.ready();
    expect((await get(vm.port, "/now", {}, "POST")).status).toBe(200);
    const { console } = vm.machine;
    for (const line of [
      "--port is from the command line",
      "--remote is from fw_cfg",
      "--port is from fw_cfg, where it does not count: see above",
      "--hostname is from SMBIOS",
      "--hook is from SMBIOS, where it does not count: see above",
    ])
      expect(console).toContain(line);
    expect(console).not.toContain(SECRET);
  } finally {
    await vm.stop();
  }
});

test("a mistake in them, and a file that is too long, is said with its place", async () => {
  const file = join(bed.folder, "long.txt");
  writeFileSync(file, "# nothing\n".repeat(10_000));
  const machine = new Machine({
    image: IMAGE,
    parameters: "--remote=http://10.0.2.2/a.git",
    memory: 24,
    netdev: "user,id=n0",
    extra: ["-fw_cfg", `name=${NAME},file=${file}`, "-smbios", "type=11,value=epiphyte:--prot=81"],
  });
  try {
    await machine.exit(60_000);
    expect(machine.console).toMatch(/unknown parameter "--prot=81" \(did you mean --port\?\) \(from SMBIOS\)/);
    expect(machine.console).toMatch(
      /parameters cannot be read: fw_cfg .*: it has 100000 bytes; at most 65536 are read/,
    );
  } finally {
    await machine.stop();
  }
});
