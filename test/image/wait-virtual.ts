import { start } from "../../image/below-virtual.ts";
import { workAndTell } from "./ready.ts";

workAndTell((memory) => start(0, memory), "10.0.0.2");
