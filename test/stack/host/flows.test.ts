import { expect, test } from "vitest";
import { NO_HANDLE } from "../../../stack/base/streams.ts";
import { FLOW_LIMIT } from "../../../stack/host/flows.ts";
import { NO_FAULTS } from "../../support/wire.ts";
import { Pair, SERVER } from "./pair.ts";

test("the edge may have so many streams open and no more; one let go of makes room", () => {
  const { client } = new Pair(NO_FAULTS, 21);
  const handles: number[] = [];
  for (let i = 0; i < FLOW_LIMIT; i++) {
    const handle = client.connect(SERVER, 80, 4096, "");
    expect(handle).not.toBe(NO_HANDLE);
    handles.push(handle);
  }
  expect(client.connect(SERVER, 80, 4096, "")).toBe(NO_HANDLE);
  expect(client.flows.count).toBe(FLOW_LIMIT);
  client.flows.remove(handles[0] as never);
  expect(client.connect(SERVER, 80, 4096, "")).not.toBe(NO_HANDLE);
});
