// Says each frame that passes in a line:
//
//   const link = new ObservedLink(card, new Tracer(sink));     In  IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [S], ...

import { traceLine } from "./print.ts";
import { FrameObserver, type PassingFrame, SHOWN_LENGTH } from "./wrapped-link.ts";

export abstract class LineSink {
  abstract line(text: string): void;
}

export class Tracer extends FrameObserver {
  private readonly sink: LineSink;
  private readonly bytes = new Uint8Array(SHOWN_LENGTH);

  constructor(sink: LineSink) {
    super();
    this.sink = sink;
  }

  override frame(frame: PassingFrame): void {
    const captured = Math.min(frame.length, SHOWN_LENGTH);
    frame.copy(this.bytes, 0, captured);
    this.sink.line(traceLine(frame.sent, this.bytes, 0, captured, frame.length));
  }
}
