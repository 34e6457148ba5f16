import { describe, expect, it } from "vitest";
import { coalesce, makeHook, type UpdateOutcome } from "../../../appliance/web/hook.ts";
import { hmacSha256 } from "../../../image/hmac.ts";
import { bodyOf, headerOf, request, settle, textOf, VirtualPlatform } from "../../support/virtual-platform.ts";

const platform = new VirtualPlatform();
const COMMIT = "c".repeat(40);

function hookFor(outcome: UpdateOutcome, secret?: string) {
  const refused: string[] = [];
  let runs = 0;
  const hook = makeHook({
    secret,
    platform,
    update: async () => {
      runs++;
      return outcome;
    },
    onRefused: (refusal) => refused.push(refusal.target),
  });
  return { hook, refused, runs: () => runs };
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("the webhook", () => {
  it("tells the commit that is served", async () => {
    const { hook } = hookFor({ kind: "updated", commit: COMMIT, summary: "2 posts" });
    const response = await hook(request("/push", { method: "POST" }));
    expect([response.status, headerOf(response, "x-commit")]).toEqual([200, COMMIT]);
    expect(JSON.parse(textOf(response))).toEqual({ commit: COMMIT, updated: true, site: "2 posts" });
  });

  it("says so when nothing has changed", async () => {
    const { hook } = hookFor({ kind: "unchanged", commit: COMMIT });
    expect(JSON.parse(textOf(await hook(request("/push"))))).toEqual({ commit: COMMIT, updated: false });
  });

  it("answers 502 with the reason when it failed, and what is still served", async () => {
    const { hook } = hookFor({ kind: "failed", reason: "it is down", commit: COMMIT });
    const response = await hook(request("/push"));
    expect(response.status).toBe(502);
    expect(JSON.parse(textOf(response))).toEqual({ error: "it is down", commit: COMMIT });
  });

  it("takes signed hooks only, when there is a secret", async () => {
    const { hook, refused, runs } = hookFor({ kind: "unchanged", commit: COMMIT }, "key");
    const body = platform.utf8Encode('{"ref":"refs/heads/main"}');
    const good = hexOf(hmacSha256(platform.utf8Encode("key"), body));
    const status = async (name: string, value: string) =>
      (
        await hook(
          request("/push", { method: "POST", read: bodyOf(body.slice(0, 5), body.slice(5)), headers: [[name, value]] }),
        )
      ).status;
    expect(await status("x-hub-signature-256", `sha256=${good}`)).toBe(200);
    expect(await status("x-hub-signature-256", `sha256=${good.toUpperCase()}`)).toBe(200);
    expect(await status("x-gitea-signature", good)).toBe(200);
    expect(await status("x-gitlab-token", "key")).toBe(200);
    expect(runs()).toBe(4);
    expect(await status("x-hub-signature-256", `sha256=${good.slice(0, -1)}0`)).toBe(403);
    expect(await status("x-hub-signature-256", good.slice(2))).toBe(403);
    expect(await status("x-gitlab-token", "kez")).toBe(403);
    expect(await status("x-other", "")).toBe(403);
    expect(runs()).toBe(4);
    expect(refused).toHaveLength(4);
  });

  it("knows GitHub's published example", async () => {
    // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    const { hook } = hookFor({ kind: "unchanged", commit: COMMIT }, "It's a Secret to Everybody");
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const response = await hook(
      request("/push", {
        read: bodyOf(platform.utf8Encode("Hello, World!")),
        headers: [["x-hub-signature-256", signature]],
      }),
    );
    expect(response.status).toBe(200);
  });
});

describe("coalescing", () => {
  it("runs one at a time, and one more for all that came meanwhile", async () => {
    const finish: ((value: number) => void)[] = [];
    const run = coalesce(() => new Promise<number>((resolve) => finish.push(resolve)));
    const first = run();
    const rest = [run(), run(), run()];
    await settle();
    expect(finish).toHaveLength(1);
    finish[0]!(1);
    expect(await first).toBe(1);
    await settle();
    expect(finish).toHaveLength(2);
    const late = run();
    finish[1]!(2);
    expect(await Promise.all(rest)).toEqual([2, 2, 2]);
    await settle();
    expect(finish).toHaveLength(3);
    finish[2]!(3);
    expect(await late).toBe(3);
    const again = run();
    finish[3]!(4);
    expect(await again).toBe(4);
  });

  it("goes on after a failure", async () => {
    let runs = 0;
    const run = coalesce(async () => {
      if (++runs === 1) throw new Error("first");
      return runs;
    });
    const first = run();
    const second = run();
    let failed = "";
    await first.catch((cause: Error) => {
      failed = cause.message;
    });
    expect(failed).toBe("first");
    expect(await second).toBe(2);
  });
});
