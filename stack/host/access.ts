// The access line of each answered request: an RFC 5424 message to the syslog receiver, by a datagram or over a stream,
// written without a string; and, when somebody asked for it, a line for the console.

import type { Port } from "../base/address.ts";
import { copyBytes, latin1 } from "../base/native.ts";
import { type Client, NO_PATH, type Path, type PathTable } from "../base/path.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import type { AccessLine } from "../http/access.ts";
import { HttpEvents } from "../http/events.ts";
import { bitOf, type Request, USER_AGENT } from "../http/request.ts";
import { encode, SAFE_MESSAGE, SyslogHeader } from "../syslog/wire.ts";
import type { Udp } from "../udp/machine.ts";
import type { EventQueue } from "./event-queue.ts";
import type { LogStream } from "./log-stream.ts";

/** RFC 5426 3.3: any source port will do. */
const LOCAL_PORT = 514 as Port;
const BLANK = 0x20;
const DOT = 0x2e;
const ZERO = 0x30;
/** Bytes of one line: header, method, target, agent; what is longer is cut. */
const LINE_LIMIT = SAFE_MESSAGE * 2;

export class Access extends HttpEvents {
  /** Lines also go up as EVENT_ACCESS. */
  eventsWanted = false;
  requests = 0;
  /** Lines that found no room on their way to the receiver. */
  lost = 0;

  private readonly udp: Udp;
  private readonly stream: LogStream;
  private readonly events: EventQueue;
  private readonly header = new SyslogHeader();
  private readonly text = new Uint8Array(LINE_LIMIT);
  private readonly message = new Uint8Array(LINE_LIMIT);
  private readonly paths: PathTable;
  /** The receiver as text, "" for none, and the path that leads to it, which is held. */
  private receiver = "";
  private path: Path = NO_PATH;
  private receiverPort = 0 as Port;
  private wallOffsetMs = 0;
  private headSecond = -1;
  private headLength = 0;
  private fraction = 0;

  constructor(udp: Udp, paths: PathTable, events: EventQueue, stream: LogStream) {
    super();
    this.paths = paths;
    this.udp = udp;
    this.stream = stream;
    this.events = events;
    this.header.appName = "epiphyte";
    this.header.messageId = "access";
  }

  /** Address "": no lines. */
  setReceiver(address: string, port: Port, hostname: string): void {
    this.receiver = address;
    this.addressChanged();
    this.receiverPort = port;
    this.header.hostname = hostname;
    this.headSecond = -1;
  }

  /** Our own address is another: so is the path. */
  addressChanged(): void {
    if (this.path >= 0) this.paths.letGo(this.path);
    this.path = this.paths.toward(this.receiver);
    if (this.path >= 0) this.paths.hold(this.path);
  }

  setWallClock(offsetMs: number): void {
    this.wallOffsetMs = offsetMs;
  }

  override request(exchange: number, client: Client, _now: Instant): void {
    this.events.requests.request(exchange, client);
  }

  override cancelled(exchange: number, reading: boolean, _now: Instant): void {
    this.events.requests.cancelled(exchange, reading);
  }

  override bodyReadable(exchange: number, _now: Instant): void {
    this.events.requests.body(exchange);
  }

  override answered(line: AccessLine, now: Instant): void {
    this.requests++;
    if (this.eventsWanted) {
      this.events.tell(describeAnswer(line, this.paths.remoteText(line.path)));
    }
    const streamed = this.stream.wanted;
    if (this.path < 0 && !streamed) return;
    const wallClock = Math.floor(this.wallOffsetMs + now / MILLISECOND);
    const second = Math.floor(wallClock / 1000);
    if (second !== this.headSecond) this.writeHead(second);
    // The head of this second with its milliseconds, then the line: bytes all the way, no string.
    const milliseconds = wallClock - second * 1000;
    const { message, headLength, fraction } = this;
    if (fraction > 0) {
      message[fraction] = ZERO + Math.floor(milliseconds / 100);
      message[fraction + 1] = ZERO + (Math.floor(milliseconds / 10) % 10);
      message[fraction + 2] = ZERO + (milliseconds % 10);
    }
    const length = Math.min(this.write(line), LINE_LIMIT - headLength);
    copyBytes(message, headLength, this.text, 0, length);
    const total = headLength + length;
    if (streamed) this.stream.put(message, 0, total, false);
    else if (!this.udp.send(this.path, LOCAL_PORT, this.receiverPort, message, 0, total)) this.lost++;
  }

  /** The RFC 5424 header of this second at the start of `message`; its milliseconds lie at `fraction`, 0 for none. */
  private writeHead(second: number): void {
    this.headSecond = second;
    this.header.wallClock = second * 1000;
    this.headLength = encode(this.message, this.header, this.text, 0, 0);
    // A machine without a clock writes "-" (RFC 5424 6.2.3), which has none.
    this.fraction = 0;
    if (second <= 0) return;
    while (this.fraction < this.headLength && this.message[this.fraction] !== DOT) this.fraction++;
    this.fraction++;
  }

  /** The line as bytes into `text`; its length. Method, target and agent are copied from the request as they lie. */
  private write(line: AccessLine): number {
    let at = this.paths.writeRemote(line.path, this.text, 0);
    this.text[at] = BLANK;
    at++;
    const { bytes, request } = line;
    // Without a target nothing of the request is to be believed.
    const known = request.targetEnd > 0;
    at = this.range(bytes, request.methodStart, known ? request.methodEnd : request.methodStart, at);
    at = this.range(bytes, request.targetStart, known ? request.targetEnd : request.targetStart, at);
    at = this.number(line.status, at);
    at = this.number(line.sent, at);
    at = this.number(Math.round(line.duration), at);
    at = this.word("us", at);
    const agent = request.starts[USER_AGENT]!;
    at = this.range(bytes, agent, hasAgent(request) ? request.ends[USER_AGENT]! : agent, at);
    return at - 1;
  }

  private word(text: string, at: number): number {
    const length = Math.min(text.length, LINE_LIMIT - at - 1);
    for (let i = 0; i < length; i++) this.text[at + i] = text.charCodeAt(i);
    this.text[at + length] = BLANK;
    return at + length + 1;
  }

  private range(bytes: Uint8Array, start: number, end: number, at: number): number {
    if (end === start) return this.word("-", at);
    const copied = Math.min(end - start, LINE_LIMIT - at - 1);
    copyBytes(this.text, at, bytes, start, copied);
    this.text[at + copied] = BLANK;
    return at + copied + 1;
  }

  /** Decimal digits of a whole number, without a string. */
  private number(value: number, at: number): number {
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    if (at + digits + 1 > LINE_LIMIT) return at;
    let rest = value;
    for (let i = digits - 1; i >= 0; i--) {
      this.text[at + i] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.text[at + digits] = BLANK;
    return at + digits + 1;
  }
}

/** As `write` has it in bytes: "10.0.2.2 GET /Posts/VMM 200 8192 1250 us Mozilla/5.0" */
export function describeAnswer(line: AccessLine, peer: string): string {
  const { bytes, request } = line;
  const known = request.targetEnd > 0;
  const method = known ? text(bytes, request.methodStart, request.methodEnd) : "-";
  const target = known ? text(bytes, request.targetStart, request.targetEnd) : "-";
  const agent = hasAgent(request) ? text(bytes, request.starts[USER_AGENT]!, request.ends[USER_AGENT]!) : "-";
  return `${peer} ${method} ${target} ${line.status} ${line.sent} ${Math.round(line.duration)} us ${agent}`;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return end > start ? latin1(bytes, start, end - start) : "-";
}

function hasAgent(request: Request): boolean {
  return request.targetEnd > 0 && (request.fields & bitOf(USER_AGENT)) !== 0;
}
