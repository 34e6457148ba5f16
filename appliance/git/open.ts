// The repository of a machine: everything in this folder put together, for the composition roots.

import type { Connector } from "../../stack/edge/network.ts";
import type { Platform } from "../platform.ts";
import { HttpTransport } from "./http-transport.ts";
import { limitsFor } from "./limits.ts";
import type { Remote } from "./remote.ts";
import type { OnGitProgress } from "./snapshot.ts";
import { GitStore } from "./store.ts";

/** Nothing is asked of the network before the first `update`. */
export function openRepository(
  remote: Remote,
  network: Connector,
  platform: Platform,
  onProgress: OnGitProgress,
): GitStore {
  return new GitStore({
    remote,
    transport: new HttpTransport(network, platform),
    platform,
    onProgress,
    limits() {
      // What the last update left behind in circles would count as used.
      platform.collect();
      const heap = platform.heapLimit();
      return limitsFor(heap, heap - platform.heapUsed(), platform.heapLargest());
    },
  });
}
