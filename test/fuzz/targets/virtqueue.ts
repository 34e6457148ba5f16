import { FAULT_NONE, Notifier, Virtqueue } from "../../../drivers/virtio/queue.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { check, join, Script, same, type Target } from "../target.ts";

class Counting extends Notifier {
  count = 0;
  override notify(): void {
    this.count++;
  }
}

/**
 * A queue of eight whose device writes what the script says: used elements, indices, wishes. What the queue gives out
 * is what the device was given and has not returned, once; after a fault nothing.
 */
export const virtqueue: Target = {
  name: "virtqueue",
  limit: 300,
  work: 4_000_000,
  words: [add(2, 1), add(1, 0), [1], used(0, 5), used(7, 0), [3], [4], [5, 2], [6, 0, 3], used(0, 0xffff)],
  seeds: () => [
    join(add(2, 1), [1], used(0, 5), [3]),
    join(add(1, 0), add(3, 2), [1], used(0, 100), used(1, 0), [3], [1], [3]),
    join(add(1, 1), [1], used(0, 0), used(0, 0), [3]),
    join(add(1, 0), [1], [6, 1, 0], [3]),
    join(add(1, 0), used(0, 1), [3]),
    join(add(2, 0), [1], used(0, 999), [3], [7], add(1, 1), [1], used(0, 0), [3]),
  ],
  run: (bytes) => {
    for (const eventIndex of [false, true]) drive(new Script(bytes), eventIndex);
  },
};

function add(count: number, readable: number): number[] {
  return [0, count, readable, 40];
}
function used(id: number, length: number): number[] {
  return [2, id, length >> 8, length & 255];
}

interface Chain {
  readonly count: number;
  readonly writable: number;
  state: "added" | "given";
}

function drive(script: Script, eventIndex: boolean): void {
  const hal = new FakeHal();
  const notifier = new Counting();
  const queue = new Virtqueue(hal, 8);
  queue.prepare(eventIndex);
  queue.attach(0, notifier);
  let chains = new Map<number, Chain>();
  let [token, index, elements] = [0, 0, 0];
  while (!script.ended) {
    switch (script.u8() % 8) {
      case 0: {
        const count = 1 + (script.u8() % 4);
        const readable = script.u8() % (count + 1);
        const length = script.u8();
        for (let i = 0; i < count; i++) {
          queue.segmentAddress[i] = 0x1_0000_0000 + 4096 * i;
          queue.segmentLength[i] = length + i;
        }
        const room = queue.free >= count;
        same(queue.add(count, readable, ++token), room, "whether a chain of this length has room");
        let writable = 0;
        for (let i = readable; i < count; i++) writable += length + i;
        if (room) chains.set(token, { count, writable, state: "added" });
        break;
      }
      case 1:
        queue.publish();
        for (const chain of chains.values()) chain.state = "given";
        break;
      case 2: {
        const at = queue.usedAddress + 4 + 8 * (elements++ % queue.size);
        hal.dmaWrite(at, 4, script.u8());
        hal.dmaWrite(at + 4, 4, script.u16());
        index = (index + 1) & 0xffff;
        hal.dmaWrite(queue.usedAddress + 2, 2, index);
        break;
      }
      case 3:
        take(queue, chains);
        break;
      case 4:
        queue.disarm();
        break;
      case 5:
        queue.arm(script.u8());
        break;
      case 6:
        index = (index + script.u16()) & 0xffff;
        hal.dmaWrite(queue.usedAddress + 2, 2, index);
        // What a device says of notifications.
        hal.dmaWrite(queue.usedAddress, 2, index & 1);
        hal.dmaWrite(queue.usedAddress + 4 + 8 * queue.size, 2, script.u16());
        break;
      default:
        queue.prepare(eventIndex);
        chains = new Map();
        index = elements = 0;
        same([queue.free, queue.outstanding, queue.fault], [8, 0, FAULT_NONE], "a queue that was emptied");
    }
    let held = 0;
    for (const chain of chains.values()) held += chain.count;
    same(queue.free + held, 8, "descriptors");
    check(queue.fault !== FAULT_NONE || queue.outstanding === chains.size, "chains that the device has");
    check(notifier.count <= token + 1, "more notifications than chains");
  }
}

function take(queue: Virtqueue, chains: Map<number, Chain>): void {
  const broken = queue.fault !== FAULT_NONE;
  const ready = queue.ready();
  const given = [...chains.values()].filter((chain) => chain.state === "given").length;
  check(ready <= given && (!broken || ready === 0), `${ready} of ${given} are ready`);
  for (let left = ready; left > 0; left--) {
    const token = queue.take();
    if (token < 0) {
      check(queue.fault !== FAULT_NONE, "nothing, and no fault");
      same(queue.ready(), 0, "ready after a fault");
      return;
    }
    const chain = chains.get(token);
    check(chain?.state === "given", `chain ${token} is not the device's`);
    check(
      queue.usedLength >= 0 && queue.usedLength <= chain.writable,
      `${queue.usedLength} bytes in ${chain.writable}`,
    );
    if (token % 3 === 0) {
      queue.repost();
      chain.state = "added";
    } else {
      queue.release();
      chains.delete(token);
    }
  }
}
