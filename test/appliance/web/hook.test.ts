import { describe, expect, it } from "vitest";
import type { Problem } from "../../../appliance/content/problem.ts";
import { toHex } from "../../../appliance/hex.ts";
import { MAX_TOLD_PROBLEMS, type UpdateOutcome, Webhook, wantsPlainText } from "../../../appliance/web/hook.ts";
import { bodyOf, headerOf, request, settle, textOf, VirtualPlatform } from "../../support/virtual-platform.ts";

const COMMIT = "c".repeat(40);
const PROBLEMS: readonly Problem[] = [
  { path: "p/a.md", reason: "its header is not YAML (x)", skipped: false },
  { path: "p/b.md", reason: 'draft: "perhaps" is neither true nor false', skipped: true, hides: true },
  { path: "p/c", reason: "has no header", skipped: true },
];
const UNCHANGED: UpdateOutcome = { kind: "unchanged", commit: COMMIT, summary: "2 posts", problems: [] };

class Bench {
  readonly platform = new VirtualPlatform();
  readonly refused: string[] = [];
  runs = 0;
  readonly hook: Webhook;
  constructor(outcome: UpdateOutcome, secret?: string) {
    this.hook = new Webhook({
      secret,
      platform: this.platform,
      update: async () => {
        this.runs++;
        return outcome;
      },
      commit: () => (outcome.kind === "failed" ? undefined : outcome.commit),
      onRefused: ({ target }, reason) => this.refused.push(`${target} ${reason}`),
    });
  }
  async call(headers: Readonly<Record<string, string>> = {}, body: Uint8Array = new Uint8Array(0)) {
    const read = body.length === 0 ? bodyOf() : bodyOf(body);
    const response = await this.hook.handle(
      request("/push", { method: "POST", headers: Object.entries(headers), read }),
    );
    return {
      status: response.status,
      commit: headerOf(response, "x-commit"),
      type: headerOf(response, "content-type"),
      text: textOf(response),
    };
  }
}

const signed = (platform: VirtualPlatform, body: Uint8Array): Record<string, string> => {
  const hmac = platform.hmacSha256(platform.utf8Encode("key"));
  hmac.update(body);
  return { "x-gitea-signature": toHex(hmac.digest()) };
};

describe("the webhook", () => {
  it("tells the commit that is served, and every problem of the repository, to whom has signed", async () => {
    const b = new Bench({ kind: "updated", commit: COMMIT, summary: "2 posts, 1 page", problems: PROBLEMS }, "key");
    const body = b.platform.utf8Encode("{}");
    const { status, commit, type, text } = await b.call(signed(b.platform, body), body);
    expect([status, commit, type]).toEqual([200, COMMIT, "application/json"]);
    expect(JSON.parse(text)).toEqual({
      commit: COMMIT,
      updated: true,
      site: "2 posts, 1 page",
      problems: PROBLEMS.map(({ path, reason, skipped }) => ({ path, reason, leftOut: skipped })),
    });
  });

  it("does not name to everybody what an author hides", async () => {
    const b = new Bench({ kind: "unchanged", commit: COMMIT, summary: "2 posts", problems: PROBLEMS });
    const { text } = await b.call();
    expect(JSON.parse(text)).toEqual({
      commit: COMMIT,
      updated: false,
      site: "2 posts",
      problems: [
        { path: "p/a.md", reason: "its header is not YAML (x)", leftOut: false },
        { path: "p/c", reason: "has no header", leftOut: true },
      ],
      hiddenProblems: 1,
    });
  });

  it("says the same in plain lines to a terminal", async () => {
    const b = new Bench({ kind: "updated", commit: COMMIT, summary: "2 posts, 1 page", problems: PROBLEMS });
    const { type, text } = await b.call({ "user-agent": "curl/8.5.0", accept: "*/*" });
    expect(type).toBe("text/plain; charset=utf-8");
    expect(text).toBe(
      "updated: 2 posts, 1 page, commit cccccccc\n" +
        "p/a.md: its header is not YAML (x)\n" +
        "p/c: has no header (left out)\n" +
        "1 left out by their headers: the log names them, and so does a signed hook\n",
    );
  });

  it("answers plainly when asked so, or to curl and wget that take anything", () => {
    const wants = (headers: Readonly<Record<string, string>>): boolean =>
      wantsPlainText(request("/push", { headers: Object.entries(headers) }));
    expect(wants({ accept: "text/plain" })).toBe(true);
    expect(wants({ accept: "*/*", "user-agent": "Wget/1.21" })).toBe(true);
    expect(wants({ "user-agent": "curl/8.5.0" })).toBe(true);
    expect(wants({ accept: "application/json", "user-agent": "curl/8.5.0" })).toBe(false);
    expect(wants({ accept: "*/*", "user-agent": "GitHub-Hookshot/044aadd" })).toBe(false);
    expect(wants({})).toBe(false);
  });

  it("names no more problems than anybody reads", async () => {
    const problems = Array.from({ length: MAX_TOLD_PROBLEMS + 7 }, (_, i) => ({
      path: `p/${i}`,
      reason: "r",
      skipped: false,
    }));
    const b = new Bench({ kind: "updated", commit: COMMIT, summary: "s", problems });
    const json = JSON.parse((await b.call()).text);
    expect([json.problems.length, json.moreProblems]).toEqual([MAX_TOLD_PROBLEMS, 7]);
    await b.platform.advance(2000);
    expect((await b.call({ accept: "text/plain" })).text).toContain("\nand 7 more like these\n");
  });

  it("answers 502 with the reason when it failed, and what is still served", async () => {
    const b = new Bench({ kind: "failed", reason: "it is down", commit: COMMIT });
    const { status, text } = await b.call();
    expect([status, JSON.parse(text)]).toEqual([502, { error: "it is down", commit: COMMIT }]);
    await b.platform.advance(2000);
    const plain = await b.call({ accept: "text/plain" });
    expect(plain.text).toBe(`it is down\ncommit ${COMMIT} is still shown; the machine goes on trying\n`);
  });

  it("takes signed hooks only, when there is a secret, and says what is wrong with others", async () => {
    const b = new Bench(UNCHANGED, "key");
    const body = b.platform.utf8Encode("body");
    expect((await b.call(signed(b.platform, body), body)).status).toBe(200);
    expect(b.runs).toBe(1);
    const wrong = await b.call(signed(b.platform, body), b.platform.utf8Encode("other"));
    expect([wrong.status, JSON.parse(wrong.text)]).toEqual([
      403,
      { error: "this hook was refused: X-Gitea-Signature does not fit the secret (--hook-secret) and the body" },
    ]);
    const missing = await b.call({ accept: "text/plain" }, body);
    expect(missing.status).toBe(403);
    expect(missing.text).toMatch(/it has no signature: none of X-Hub-Signature-256, .*, Webhook-Signature\n$/);
    const sourcehut = await b.call(
      { "x-payload-signature": "AAAA", "x-payload-nonce": "1", "x-webhook-event": "repo:post-update" },
      body,
    );
    expect([sourcehut.status, sourcehut.text]).toEqual([403, expect.stringContaining("--hook=/push/")]);
    expect(b.runs).toBe(1);
    expect(b.refused).toHaveLength(3);
    expect(b.refused[0]).toContain("X-Gitea-Signature does not fit");
  });

  it("answers a forge that only tries it out, without looking for news", async () => {
    const b = new Bench(UNCHANGED);
    expect(JSON.parse((await b.call({ "x-github-event": "ping" })).text)).toEqual({ ping: true, commit: COMMIT });
    expect((await b.call({ "x-event-key": "diagnostics:ping", accept: "text/plain" })).text).toBe(
      `the webhook works; commit ${COMMIT} is shown\n`,
    );
    const none = new Bench({ kind: "failed", reason: "down", commit: undefined });
    expect(JSON.parse((await none.call({ "x-github-event": "ping" })).text)).toEqual({ ping: true, commit: null });
    const secret = new Bench(UNCHANGED, "key");
    expect((await secret.call({ "x-github-event": "ping" })).status).toBe(403);
    expect([b.runs, none.runs, secret.runs]).toEqual([0, 0, 0]);
  });

  it("looks for news once a second at most when anybody may call it", async () => {
    const b = new Bench(UNCHANGED);
    const answers: number[] = [];
    // Eight loops that call again as soon as they are answered.
    const loop = async (): Promise<void> => {
      for (;;) {
        const { status } = await b.call();
        answers.push(status);
        await b.platform.sleep(1);
      }
    };
    for (let i = 0; i < 8; i++) void loop();
    await b.platform.advance(6000);
    expect(b.runs).toBeGreaterThan(5);
    expect(b.runs).toBeLessThan(9);
    expect(answers.length).toBeGreaterThanOrEqual(8 * 6);
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  it("is not slowed down when it is signed", async () => {
    const b = new Bench(UNCHANGED, "key");
    for (let i = 0; i < 10; i++) await b.call({ "x-gitlab-token": "key" });
    expect(b.runs).toBe(10);
    await settle();
  });
});
