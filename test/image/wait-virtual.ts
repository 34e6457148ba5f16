import { start } from "../../image/below-virtual.ts";
import { workAndTell } from "./ready.ts";

workAndTell((memory) => start(0, memory), 0x0a_00_00_02);
