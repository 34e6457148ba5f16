// Keeps the frames of a link, as they came.

import { FrameReceiver } from "../../stack/base/link.ts";

export class FrameRecorder extends FrameReceiver {
  readonly frames: number[][] = [];
  override receive(bytes: Uint8Array, offset: number, length: number, _checksumValid: boolean): void {
    this.frames.push([...bytes.subarray(offset, offset + length)]);
  }
}
