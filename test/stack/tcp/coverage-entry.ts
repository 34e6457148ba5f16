// Reaches all of stack/tcp, for `scriptc coverage`.
import type { Ipv4 } from "../../../stack/base/address.ts";
import { IpSink } from "../../../stack/base/ip-sink.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { type Handle, type Streams, StreamUser } from "../../../stack/base/streams.ts";
import { TcpLimits } from "../../../stack/tcp/limits.ts";
import { ICMP_UNREACHABLE, Tcp } from "../../../stack/tcp/tcp.ts";

class Sink extends IpSink {
  sent = 0;
  constructor() {
    super();
    this.bytes = new Uint8Array(4096);
  }
  reserve(): number {
    return 0;
  }
  release(_at: number): void {}
  repeat(_like: number, _length: number): number {
    return this.sent & 1;
  }
  sendRepeat(
    _at: number,
    headLength: number,
    _payload: Uint8Array,
    _payloadOffset: number,
    payloadLength: number,
  ): void {
    this.sent += headLength + payloadLength;
  }
  send(
    _at: number,
    _source: Ipv4,
    _destination: Ipv4,
    _protocol: number,
    headLength: number,
    _payload: Uint8Array,
    _payloadOffset: number,
    payloadLength: number,
  ): void {
    this.sent += headLength + payloadLength;
  }
}

class Echo extends StreamUser {
  streams: Streams;
  constructor(streams: Streams) {
    super();
    this.streams = streams;
  }
  accepted(_handle: Handle, _port: number, _now: number): void {}
  connected(handle: Handle, _now: number): void {
    this.streams.send(handle, new Uint8Array(3), 0, 3);
  }
  readable(handle: Handle, _now: number): void {
    const length = this.streams.readLength(handle);
    console.log(this.streams.readBuffer(handle).length + this.streams.readStart(handle) + length);
    this.streams.consume(handle, length);
    if (this.streams.readEnded(handle)) this.streams.shutdown(handle);
  }
  sent(handle: Handle, _now: number): void {
    if (this.streams.queued(handle) === 0) this.streams.close(handle);
  }
  closed(handle: Handle, reason: number, _now: number): void {
    console.log(
      reason + this.streams.peerPort(handle) + this.streams.peerAddress(handle) + this.streams.readLimit(handle),
    );
  }
}

const sink = new Sink();
const tcp = new Tcp(sink, new TcpLimits(), new Uint8Array(16));
const user = tcp.addUser(new Echo(tcp));
tcp.listen(80, user, 65_536);
const a = 0x0a000001 as Ipv4;
const b = 0x0a000002 as Ipv4;
const handle = tcp.connect(a, b, 80, user, 65_536, 0);
tcp.input(sink.bytes, 0, 40, b, a, true, 1);
tcp.icmpError(a, 80, b, 1, 0 as Seq, ICMP_UNREACHABLE, 0, 2);
tcp.step(3);
tcp.transmit(4);
tcp.abort(handle);
tcp.addressLost(5);
tcp.unlisten(80);
console.log(tcp.nextDeadline(), tcp.memoryInUse, tcp.transmitPending, tcp.counters.segmentsIn);
