import { describe, expect, test } from "vitest";
import type { Client } from "../../../stack/base/path.ts";
import { EventQueue, LINE_LENGTH, LINE_LIMIT } from "../../../stack/host/event-queue.ts";
import {
  EVENT_ACCESS,
  EVENT_BODY,
  EVENT_CLOSED,
  EVENT_NONE,
  EVENT_NOTICE,
  EVENT_REQUEST,
} from "../../../stack/host/events.ts";

/** The exchange of the nth generation in this record. */
function id(record: number, generation: number): number {
  return generation * 65_536 + record;
}

function drain(queue: EventQueue): string[] {
  const told: string[] = [];
  for (let kind = queue.next(); kind !== EVENT_NONE; kind = queue.next()) {
    if (kind === EVENT_REQUEST) queue.requests.charge();
    told.push(kind === EVENT_ACCESS || kind === EVENT_NOTICE ? `${kind} ${queue.text}` : `${kind} ${queue.handle}`);
  }
  return told;
}

describe("events for the edge", () => {
  test("a closing is told, however many requests came and went while nobody looked", () => {
    const queue = new EventQueue();
    for (let i = 0; i < 20_000; i++) {
      queue.requests.request(id(i % 100, i), 1 as Client);
      if (i % 2 === 0) queue.requests.cancelled(id(i % 100, i), false);
      queue.tell(`line ${i}`);
    }
    queue.push(EVENT_CLOSED, 77, 1, "");
    expect(queue.dropped).toBe(20_000 - LINE_LIMIT);
    const told = drain(queue);
    expect(told[0]).toBe(`${EVENT_CLOSED} 77`);
    // One of the last generation in each record that is not over: the odd ones.
    expect(told.filter((line) => line.startsWith(`${EVENT_REQUEST} `))).toHaveLength(50);
    expect(told.at(-1)).toBe(`${EVENT_ACCESS} line ${LINE_LIMIT - 1}`);
    expect(queue.length).toBe(0);
  });

  test("lines are cut, and the next ones told when there is room again", () => {
    const queue = new EventQueue();
    for (let i = 0; i < LINE_LIMIT; i++) queue.tell("x".repeat(LINE_LENGTH + i));
    queue.next();
    expect(queue.text).toHaveLength(LINE_LENGTH);
    queue.tell("last");
    queue.tell("lost");
    expect(queue.dropped).toBe(1);
    expect(drain(queue).at(-1)).toBe(`${EVENT_ACCESS} last`);
  });
});

describe("requests", () => {
  test("come in turn from each address, whatever one of them asks", () => {
    const { requests } = new EventQueue();
    for (let i = 0; i < 5; i++) requests.request(i, 3 as Client);
    const order: number[] = [];
    const take = (): void => {
      expect(requests.next()).toBe(EVENT_REQUEST);
      requests.charge();
      order.push(requests.exchange);
    };
    take();
    take();
    requests.request(5, 4 as Client);
    requests.request(6, 4 as Client);
    for (let i = 0; i < 5; i++) take();
    expect(order).toEqual([0, 1, 5, 2, 6, 3, 4]);
    expect(requests.next()).toBe(EVENT_NONE);
  });

  test("that the table has answered meanwhile cost their address nothing", () => {
    const { requests } = new EventQueue();
    requests.request(0, 3 as Client);
    requests.next();
    requests.request(1, 3 as Client);
    requests.request(2, 4 as Client);
    requests.next();
    expect(requests.exchange).toBe(1);
  });

  test("that end while their body is read are told of it before all others", () => {
    const { requests } = new EventQueue();
    requests.request(0, 3 as Client);
    requests.request(1, 3 as Client);
    requests.next();
    requests.cancelled(0, true);
    // Its record has a new exchange already.
    requests.request(id(0, 1), 3 as Client);
    expect(requests.length).toBe(3);
    expect([requests.next(), requests.exchange]).toEqual([EVENT_BODY, 0]);
    expect([requests.next(), requests.exchange]).toEqual([EVENT_REQUEST, 1]);
    expect([requests.next(), requests.exchange]).toEqual([EVENT_REQUEST, id(0, 1)]);
    expect(requests.next()).toBe(EVENT_NONE);
  });
});
