import { describe, expect, it } from "vitest";
import { FwCfg, MOST_FW_CFG_FILES } from "../../drivers/fw-cfg.ts";
import { fakeFwCfg } from "../support/fake-fw-cfg.ts";
import { FakeHal } from "../support/fake-hal.ts";

describe("QEMU's firmware configuration", () => {
  it("has files by name", () => {
    const hal = fakeFwCfg({ "etc/acpi/rsdp": "RSD PTR ", "opt/org.epiphyte/parameters": "--port=81" });
    const fwCfg = new FwCfg(hal);
    const [file] = fwCfg.named("opt/org.epiphyte/parameters");
    expect(file?.size).toBe(9);
    expect(String.fromCharCode(...fwCfg.read(file!, 9))).toBe("--port=81");
    // Each reading begins anew.
    expect(String.fromCharCode(...fwCfg.read(file!, 6))).toBe("--port");
    expect(fwCfg.named("opt/org.epiphyte/param")).toEqual([]);
  });

  it("is not there on a machine whose ports answer nothing, or something else", () => {
    expect(new FwCfg(new FakeHal()).named("")).toEqual([]);
    expect(new FwCfg(fakeFwCfg({ a: "b" }, "BHYV")).named("a")).toEqual([]);
  });

  it("may have more files than are looked at", () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < MOST_FW_CFG_FILES + 10; i++) files[`opt/${i}`] = "";
    const fwCfg = new FwCfg(fakeFwCfg(files));
    expect(fwCfg.named(`opt/${MOST_FW_CFG_FILES - 1}`)).toHaveLength(1);
    expect(fwCfg.named(`opt/${MOST_FW_CFG_FILES}`)).toEqual([]);
  });
});
