import { describe, expect, it } from "vitest";
import { canopyEntryId, isUuid, NAMESPACE_DNS, NAMESPACE_URL, uuid5 } from "../../../appliance/content/uuid.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

const hash = new VirtualPlatform();

describe("name-based UUIDs", () => {
  it("are those of RFC 9562, appendix A.4", () => {
    expect(uuid5(hash, NAMESPACE_DNS, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });
  it("differ by namespace and name", () => {
    expect(uuid5(hash, NAMESPACE_URL, "www.example.com")).not.toBe(uuid5(hash, NAMESPACE_DNS, "www.example.com"));
    expect(isUuid(uuid5(hash, NAMESPACE_URL, "é"))).toBe(true);
  });
  it("make the ids of Canopy's feed from the date and the blog's uuid", () => {
    const blog = "981361ca-e71d-4997-a52c-baeee78e4156";
    const stamp = uuid5(hash, NAMESPACE_DNS, "2016-05-12T13:00:51-00:00");
    expect(canopyEntryId(hash, blog, { seconds: 1_463_058_051, offsetMinutes: 60 })).toBe(uuid5(hash, stamp, blog));
  });
});
