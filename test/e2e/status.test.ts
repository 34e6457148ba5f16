// What load balancers and operators ask a machine: /-/ready before and after there is a site, /-/status for those that
// --admin names, and 404 for everybody else.

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Bed, HOST_AS_SEEN_BY_GUEST, makeBed, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

let bed: Bed;
let vm: Vm | undefined;

beforeAll(async () => {
  bed = await makeBed("status");
});
afterEach(() => vm?.stop());
afterAll(() => bed?.close());

test("a machine that serves is ready, and tells its operator what it is at", async () => {
  vm = await Vm.start({ git: bed.git, parameters: `--admin=${HOST_AS_SEEN_BY_GUEST}/32` });
  await vm.ready();
  expect((await get(vm.port, "/-/ready")).status).toBe(200);
  const answer = await get(vm.port, "/-/status");
  expect(answer.status).toBe(200);
  const status = JSON.parse(answer.text) as Record<string, unknown>;
  expect(status["commit"]).toMatch(/^[0-9a-f]{40}$/);
  expect(answer.text).toContain("10.0.2.15");
  expect(status["dropped"]).toBeTypeOf("object");
});

test("strangers are not told that there is a status", async () => {
  vm = await Vm.start({ git: bed.git, parameters: "--admin=192.0.2.0/24" });
  await vm.ready();
  expect((await get(vm.port, "/-/status")).status).toBe(404);
  expect((await get(vm.port, "/-/ready")).status).toBe(200);
});

test("without a site it is not ready, says when to ask again, and not where it fetches from", async () => {
  vm = await Vm.start({ git: bed.git, remote: "nowhere.git" });
  await vm.until("/-/ready", 503);
  const answer = await get(vm.port, "/-/ready");
  expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
  expect(answer.text).not.toContain("nowhere");
});
