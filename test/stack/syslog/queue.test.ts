import { describe, expect, test } from "vitest";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { MessageQueue, OWN_BYTES, QUEUE_BYTES } from "../../../stack/syslog/queue.ts";

function put(queue: MessageQueue, text: string, own = true): boolean {
  const bytes = latin1Bytes(`..${text}`);
  return queue.put(bytes, 2, text.length, own);
}

function taken(queue: MessageQueue): string {
  if (!queue.take()) return "";
  let text = "";
  for (let i = 0; i < queue.length; i++) text += String.fromCharCode(queue.sending[i]!);
  return text;
}

describe("messages on their way to a collector", () => {
  test("have their length before them", () => {
    const queue = new MessageQueue();
    put(queue, "<30>1 - a");
    put(queue, "x".repeat(123));
    expect(taken(queue)).toBe(`9 <30>1 - a123 ${"x".repeat(123)}`);
  });

  test("are sent again until they have arrived, and others wait behind them", () => {
    const queue = new MessageQueue();
    put(queue, "one");
    expect(taken(queue)).toBe("3 one");
    put(queue, "two");
    put(queue, "three");
    expect(taken(queue)).toBe("3 one");
    queue.arrived();
    expect(taken(queue)).toBe("3 two5 three");
    queue.arrived();
    expect(taken(queue)).toBe("");
    expect(queue.held).toBe(0);
  });

  test("have a bound; what does not fit is counted, and the machine's own have room when those of strangers have none", () => {
    const queue = new MessageQueue();
    const line = "y".repeat(1000);
    let fitted = 0;
    while (put(queue, line, false)) fitted++;
    expect(fitted).toBe(Math.floor((QUEUE_BYTES - OWN_BYTES) / 1005));
    expect(queue.dropped).toBe(1);
    let own = 0;
    while (put(queue, line, true)) own++;
    expect(own).toBeGreaterThan(OWN_BYTES / 1005 - 2);
    expect(queue.dropped).toBe(2);
    expect(queue.held).toBeLessThanOrEqual(QUEUE_BYTES);
    // The other buffer is free meanwhile.
    queue.take();
    expect(put(queue, line, false)).toBe(true);
    expect(queue.held).toBeLessThanOrEqual(2 * QUEUE_BYTES);
  });
});
