// The seam, seen from above: flat functions over numbers, booleans, strings and byte arrays. stack/host/seam.ts
// implements it in TypeScript; the compiled data path implements it as a native binding. The edge cannot tell.

import type { Instant } from "../base/result.ts";

export interface Seam {
  /** Takes what the card received, runs what is due, sends what is pending. Returns the next deadline. */
  poll(now: Instant): Instant;
  /** What a poll that ended by a fault was about: "holding a frame of ...", "in the timers of TCP"; "" between polls. */
  atWork(): string;
  /** Has the card send what it was given, and does nothing else: for the last words of a machine that ends. */
  flush(): void;

  /** From now on each answer is the last of its connection; those that wait for a request are closed. For good. */
  drain(): void;
  /** Connections to our own ports that are open. */
  openConnections(): number;

  /**
   * Bytes of the heap that the host may still take of what it was promised: whoever makes something of memory leaves them.
   */
  spare(): number;
  /**
   * Has those who read too slowly give way, until `bytes` less are held by answers that are only being sent. `peer` is who
   * needs them, "" nobody in particular. Returns how many bytes such answers still hold.
   */
  makeRoom(bytes: number, peer: string): number;

  /** Makes the next event current and returns its kind (stack/host/events.ts), 0 when there is none. */
  nextEvent(): number;
  eventHandle(): number;
  eventNumber(): number;
  eventText(): string;

  // Addresses are text ("10.0.2.15") on this side; "" is none. What is no address counts as none.

  /** A fixed address; gateway "" for none. */
  configureStatic(address: string, prefixLength: number, gateway: string): void;
  /**
   * Begins to ask for a lease; the name goes to the server (option 12), "" for none. `parametersWanted`: it is asked for
   * parameters of the machine as well (option 224).
   */
  configureDhcp(hostname: string, parametersWanted: boolean): void;
  /** Those of the lease: printable ASCII, "" for none. */
  leaseParameters(): string;
  /**
   * Begins IPv6: with this address, and this gateway or "" for routers that tell of themselves; address "": of what
   * routers tell. EVENT_CONFIGURED follows when there is one.
   */
  configureIpv6(address: string, prefixLength: number, gateway: string): void;
  /** Name servers to use instead of the lease's. */
  addNameServer(address: string): void;
  /** A domain in which names without a dot are looked for, before those of the lease. */
  addSearchDomain(domain: string): void;
  address(): string;
  /** The IPv6 address that readers beyond the link reach, "" while there is none. */
  address6(): string;
  /** The prefix behind which routers say that IPv4 is translated to ("64:ff9b::/96", RFC 8781), "" for none. */
  translation(): string;
  /** The i-th name server, "" when there are no more. */
  nameServer(index: number): string;
  mac(): number;
  mtu(): number;

  /**
   * Asks for a name's addresses of one family, by the type of their records (TYPE_A or TYPE_AAAA of stack/dns/wire.ts): a
   * token for EVENT_RESOLVED.
   */
  resolve(name: string, type: number): number;
  resolvedCount(): number;
  resolvedAddress(index: number): string;

  /** Asks the server of SNTP at this address: a token for EVENT_TIME. */
  askTime(server: string): number;
  /** Of the answer that is current: wall clock minus `now` in milliseconds, and how wrong that may be. */
  toldOffset(): number;
  toldError(): number;
  /** The i-th time server that the lease names, "" when there are no more. */
  timeServer(index: number): string;
  /** The machine was stopped for so long without its clock going on, and may be on another network. */
  stopped(passed: Instant): void;

  /**
   * A handle, or -1: no room. EVENT_CONNECTED or EVENT_CLOSED follows. `secureName`: over TLS, and whom the certificate
   * has to be for (only when canSecure); "": in the clear. `protocols`: what is offered over TLS (RFC 7301), separated by
   * blanks.
   */
  connect(address: string, port: number, receiveLimit: number, secureName: string, protocols: string): number;
  /**
   * Has a connection in the clear speak TLS from here on (only when canSecure): `name` is whom the certificate has to be
   * for. All that it has brought must have been received. EVENT_CONNECTED or EVENT_CLOSED follows; false: no room.
   */
  startTls(handle: number, name: string): boolean;
  /** Queues the bytes, which must not change; false when the stream is gone. */
  send(handle: number, bytes: Uint8Array): boolean;
  queued(handle: number): number;
  /** Up to `limit` unread bytes, as an array of their own; empty when there are none. */
  receive(handle: number, limit: number): Uint8Array;
  readEnded(handle: number): boolean;
  /** It has ended without the end of stream that TLS has: what has come may not be all. */
  readCut(handle: number): boolean;
  shutdown(handle: number): void;
  close(handle: number): void;
  abort(handle: number): void;

  /** True: there was entropy for TLS. Nothing of what follows may be called otherwise. */
  canSecure(): boolean;
  /** Begins a new list of certificates; the current one is shown until certificatesCommit, which says how many there are. */
  certificatesBegin(): void;
  /** Adds a private key and its chain; what is to be said of it, as Reading.report (stack/host/identity.ts) has it. */
  certificateAdd(pem: string): string;
  /**
   * Adds one that signs itself: its key is made of 128 bytes, its names are separated by blanks, it is valid from
   * `notBefore` (seconds since 1970) on. The fingerprint of its key, "" without entropy.
   */
  certificateAddOwn(seed: Uint8Array, names: string, notBefore: number): string;
  /** Adds the chain that an authority has issued for the key that follows from 128 bytes; the answer is as above. */
  certificateAddIssued(seed: Uint8Array, pem: string): string;
  /**
   * Adds what answers a TLS-ALPN-01 challenge (RFC 8737 3), for those alone who ask for acme-tls/1; `digest` is the SHA-256 of
   * the key authorization. False without entropy.
   */
  certificateAddChallenge(seed: Uint8Array, name: string, digest: Uint8Array): boolean;
  certificatesCommit(): number;
  /** The key on P-256 that follows from 128 bytes: its point, uncompressed (SEC 1 2.3.3). */
  keyPublic(seed: Uint8Array): Uint8Array;
  /** Its signature by ECDSA with SHA-256: r and s, 32 bytes each; empty without entropy. */
  keySign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** A request for a certificate for it (RFC 2986); the names are separated by blanks. Empty without entropy. */
  keyRequest(seed: Uint8Array, names: string): Uint8Array;
  /** Whom connections of ours believe: the table of the web's authorities, instead of the one before. */
  trustAnchors(table: Uint8Array): void;
  /** And who else: "sha256:..." or PEM. "", or what is wrong with it. */
  trustAdd(text: string): string;

  sendDatagram(address: string, port: number, bytes: Uint8Array): boolean;

  /**
   * Serves HTTP on this port, over TLS when `secure`, or, when `redirectTo` is not 0, sends requests on to https at that
   * port; the challenges of a certificate authority (RFC 8555 8.3) are served all the same. A port that is served already
   * does this from its next connection on. `strictFor`: for how many seconds browsers are told to come by https alone; -1:
   * they are told nothing. False: it is taken, or there is no entropy for TLS.
   */
  serve(port: number, secure: boolean, redirectTo: number, strictFor: number): boolean;
  requestMethod(exchange: number): string;
  requestTarget(exchange: number): string;
  /** The header block as it came: "Name: value\r\n" lines. */
  requestHeaders(exchange: number): string;
  /**
   * The next piece of the body, as an array of its own; empty when there is none yet (EVENT_BODY follows) or no more.
   * Nothing of a body is taken before this is called.
   */
  requestBody(exchange: number): Uint8Array;
  /** After requestBody was empty: BODY_OPEN, BODY_ENDED or BODY_GONE of stack/http/events.ts. */
  requestBodyState(exchange: number): number;
  requestPeer(exchange: number): string;
  /** Answers; `headers` is a block of "Name: value\r\n" lines. */
  respond(exchange: number, status: number, headers: string, body: Uint8Array): void;
  /** Has the table answer, after what was asked for has been put there; false when it cannot. */
  retry(exchange: number): boolean;

  /** Begins a new ready table; nothing is served from it before tableCommit. */
  tableBegin(): void;
  /** Takes over what is served for the path now. */
  tableKeep(path: string): void;
  tableCommit(): void;
  /** Adds to or replaces in the table that is served. */
  tablePut(
    path: string,
    status: number,
    headers: string,
    etag: string,
    lastModified: number,
    encoding: string,
    body: Uint8Array,
  ): void;
  /** Lets go of what is served for the path, once those that wait for it have been answered. */
  tableForget(path: string): void;

  /** Wall clock minus `now`, in milliseconds: for Date headers and syslog. */
  setWallClock(offsetMs: number): void;
  /** Access lines go to this syslog receiver as RFC 5424 datagrams; address "" turns them off. */
  setSyslog(address: string, port: number, hostname: string): void;
  /** The log goes to a collector over a stream from now on, access lines among it, and waits until there is one. */
  logBegin(hostname: string): void;
  /** This connection leads to the collector, until it ends. What was under way over the one before is sent again. */
  logAttach(handle: number): void;
  /** Queues a message of RFC 5424; false when there is no room. */
  logPut(message: Uint8Array): boolean;
  /** Messages and access lines that found no room since the last call. */
  logDropped(): number;
  /** Has what waits leave at once: for the last words of a machine that ends. */
  logLastWords(): void;
  /** Access lines come up as EVENT_ACCESS, too. */
  setAccessEvents(wanted: boolean): void;

  /**
   * Of frames that are observed (stack/host/observation.ts: OBSERVE_LINES or OBSERVE_PCAP), where the target has been asked to:
   * the next that were kept, records as PcapWriter.take has them; empty: there are none.
   */
  observed(purpose: number): Uint8Array;
  /** Those for which there was no room since the last call. */
  unobserved(purpose: number): number;
  /** What goes to and comes from this port of this address is not observed: it carries what is. */
  leaveUnobserved(address: string, port: number): void;
  /** No further frames are kept. */
  endObservation(purpose: number): void;

  /** Figures for people and tests, one "name value" a line. */
  counters(): string;
}

/** What the loop asks of the compiled side without entering the engine. */
export interface SeamLoop {
  poll(now: Instant): Instant;
  /** True while nextEvent has something. */
  waiting(): boolean;
  atWork(): string;
}
