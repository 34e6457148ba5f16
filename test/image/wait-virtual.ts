import { ALL_OFFLOADS } from "../../drivers/offload.ts";
import { start } from "../../image/below-virtual.ts";
import { workAndTell } from "./ready.ts";

workAndTell((memory) => start(ALL_OFFLOADS, memory, "", 0, true, 0), "10.0.0.2");
