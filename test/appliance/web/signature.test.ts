import { describe, expect, it } from "vitest";
import { toHex } from "../../../appliance/hex.ts";
import { checkSignature } from "../../../appliance/web/signature.ts";
import { bodyOf, request, VirtualPlatform } from "../../support/virtual-platform.ts";

const platform = new VirtualPlatform();
const SECRET = "key";
const BODY = platform.utf8Encode('{"ref":"refs/heads/main"}');
const HEX = toHex(hmac(SECRET, BODY));

function hmac(secret: string, ...pieces: readonly Uint8Array[]): Uint8Array {
  const made = platform.hmacSha256(platform.utf8Encode(secret));
  for (const piece of pieces) made.update(piece);
  return made.digest();
}

async function check(headers: Readonly<Record<string, string>>, secret = SECRET, body = BODY): Promise<string> {
  const halves = [body.subarray(0, 5), body.subarray(5)].filter((half) => half.length > 0);
  const hook = request("/push", { method: "POST", headers: Object.entries(headers), read: bodyOf(...halves) });
  const signature = await checkSignature(hook, secret, platform);
  return signature.kind === "wrong" ? `wrong ${signature.header}` : signature.kind;
}

describe("the signature of a webhook", () => {
  const good: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    GitHub: { "x-hub-signature": "sha1=0000", "x-hub-signature-256": `sha256=${HEX}` },
    "GitHub in capitals": { "x-hub-signature-256": `sha256=${HEX.toUpperCase()}` },
    Bitbucket: { "x-hub-signature": `sha256=${HEX}` },
    Gitea: { "x-gitea-signature": HEX },
    Forgejo: { "x-forgejo-signature": HEX },
    Gogs: { "x-gogs-signature": HEX },
    GitLab: { "x-gitlab-token": "key" },
  };
  for (const [forge, headers] of Object.entries(good))
    it(`is good as ${forge} sends it`, async () => {
      expect(await check(headers)).toBe("good");
    });

  it("is good when one of several is, as while a forge changes its secret", async () => {
    expect(await check({ "x-gitlab-token": "old", "x-gitea-signature": HEX })).toBe("good");
    expect(await check({ "x-gitea-signature": "00", "x-hub-signature": `sha256=${HEX}` })).toBe("good");
  });

  it("is of GitHub's published example", async () => {
    // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    const header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const body = platform.utf8Encode("Hello, World!");
    expect(await check({ "x-hub-signature-256": header }, "It's a Secret to Everybody", body)).toBe("good");
  });

  it("is of the published example of Standard Webhooks", async () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and its libraries' tests
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1a,xxx v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const body = platform.utf8Encode('{"test": 2432232314}');
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(await check(headers, secret, body)).toBe("good");
    expect(await check({ ...headers, "webhook-id": "msg_other" }, secret, body)).toBe("wrong Webhook-Signature");
    expect(await check({ ...headers, "webhook-timestamp": "1614265331" }, secret, body)).toBe(
      "wrong Webhook-Signature",
    );
    expect(await check(headers, secret, BODY)).toBe("wrong Webhook-Signature");
  });

  it("of Standard Webhooks takes a secret that is plain text", async () => {
    const signed = hmac(SECRET, platform.utf8Encode("1.2."), BODY);
    const header = `v1,${btoa(String.fromCharCode(...signed))}`;
    expect(await check({ "webhook-id": "1", "webhook-timestamp": "2", "webhook-signature": header })).toBe("good");
  });

  it("names the header that does not fit", async () => {
    expect(await check({ "x-hub-signature-256": `sha256=${HEX.slice(0, -1)}x` })).toBe("wrong X-Hub-Signature-256");
    expect(await check({ "x-hub-signature-256": HEX })).toBe("wrong X-Hub-Signature-256");
    expect(await check({ "x-hub-signature": "sha1=00" })).toBe("wrong X-Hub-Signature");
    expect(await check({ "x-forgejo-signature": "" })).toBe("wrong X-Forgejo-Signature");
    expect(await check({ "x-gitlab-token": "kez" })).toBe("wrong X-Gitlab-Token");
    expect(await check({ "x-gitlab-token": "key " })).toBe("wrong X-Gitlab-Token");
    expect(await check({ "x-gitea-signature": HEX }, "other")).toBe("wrong X-Gitea-Signature");
    expect(await check({ "x-gitea-signature": HEX }, SECRET, new Uint8Array(0))).toBe("wrong X-Gitea-Signature");
  });

  it("is missing when there is no header for it, and then no body is read", async () => {
    let read = 0;
    const hook = request("/push", {
      headers: [["x-other", HEX]],
      read: async () => {
        read++;
        return { ok: true, value: undefined };
      },
    });
    expect(await checkSignature(hook, SECRET, platform)).toEqual({ kind: "missing" });
    expect(read).toBe(0);
  });

  it("is none when the peer goes away within the body", async () => {
    const hook = request("/push", {
      headers: [["x-gitea-signature", HEX]],
      read: async () => ({ ok: false, error: "gone" }),
    });
    expect(await checkSignature(hook, SECRET, platform)).toEqual({ kind: "gone" });
  });
});
