// The seam: one host behind flat functions. What crosses are numbers, booleans, strings and byte arrays, so that the
// side below can be bytecode on the same engine, or machine code behind a native binding. stack/edge/seam.ts says what
// each function does.

import type { Port } from "../base/address.ts";
import type { Link } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import type { Instant } from "../base/result.ts";
import type { Handle, Streams } from "../base/streams.ts";
import { certificateRequest } from "../x509/build.ts";
import { EVENT_REQUEST } from "./events.ts";
import type { Host } from "./host.ts";
import { observe, observedMemory } from "./observation.ts";
import { seedKey, signRaw } from "./seed-key.ts";
import { type Web, WebHost } from "./web.ts";

export { endObservation, leaveUnobserved, observed, unobserved } from "./observation.ts";

/** The source port of datagrams from the edge: they are sent and forgotten. */
const DATAGRAM_PORT = 514 as Port;

let attached: WebHost | undefined;

/**
 * The target hands over its link once, before anything else: see Host for the arguments. Makes a host that serves HTTP.
 * `purposes`: what its frames are observed for, OBSERVE_ bits of observation.ts; 0: they are not, at no cost.
 * Not part of the seam.
 */
export function attach(link: Link, secret: Uint8Array, memory: number, purposes: number): Host {
  attached = new WebHost(observe(link, purposes), secret, memory - observedMemory(purposes));
  return attached;
}

function host(): WebHost {
  if (attached === undefined) throw new Error("no link is attached");
  return attached;
}

/** What carries this connection of the edge. */
function streams(handle: number): Streams {
  return host().streamsOf(handle as Handle);
}

function web(): Web {
  return host().web;
}

export function poll(now: Instant): Instant {
  return host().poll(now);
}

export function atWork(): string {
  return attached === undefined ? "" : attached.atWork();
}

export function flush(): void {
  host().link.flush();
}

export function drain(): void {
  web().http.drain();
}

export function openConnections(): number {
  return web().http.connections;
}

export function spare(): number {
  return attached === undefined ? 0 : attached.spare();
}

export function makeRoom(bytes: number, peer: string): number {
  const { tcp, paths, now } = host();
  return tcp.freeSendMemory(bytes, paths.clientOf(paths.toward(peer)), now);
}

export function waiting(): boolean {
  return host().events.length > 0;
}

export function nextEvent(): number {
  for (;;) {
    const { events, now } = host();
    const kind = host().nextEvent();
    if (kind !== EVENT_REQUEST) return kind;
    // What it asked for may have become ready since, as when many ask for the same page.
    if (web().http.retry(events.handle, now)) continue;
    web().http.known(events.handle);
    events.requests.charge();
    return kind;
  }
}

export function eventHandle(): number {
  return host().events.handle;
}

export function eventNumber(): number {
  return host().events.number;
}

export function eventText(): string {
  return host().events.text;
}

export function configureStatic(address: string, prefixLength: number, gateway: string): void {
  host().configureStatic(address, prefixLength, gateway);
}

export function configureDhcp(hostname: string, parametersWanted: boolean): void {
  host().configureDhcp(hostname, parametersWanted);
}

export function leaseParameters(): string {
  return host().lease.state.parameters;
}

export function configureIpv6(address: string, prefixLength: number, gateway: string): void {
  host().ipv6.start(address, prefixLength, gateway, host().now);
}

export function addNameServer(address: string): void {
  host().names.addServer(address);
}

export function addSearchDomain(domain: string): void {
  host().names.addSearch(domain);
}

export function address(): string {
  return host().address;
}

export function address6(): string {
  return host().ipv6.address;
}

export function translation(): string {
  return host().ipv6.ndp.translator.translation.text();
}

export function nameServer(index: number): string {
  return host().names.server(index);
}

export function mac(): number {
  return host().link.mac;
}

export function mtu(): number {
  return host().link.mtu;
}

export function resolve(name: string, type: number): number {
  return host().names.resolve(name, type, host().now);
}

export function resolvedCount(): number {
  return host().names.answerCount;
}

export function resolvedAddress(index: number): string {
  return host().names.answer(index);
}

export function askTime(server: string): number {
  return host().time.ask(server, host().now);
}

export function toldOffset(): number {
  return host().time.offsetMs;
}

export function toldError(): number {
  return host().time.errorMs;
}

export function timeServer(index: number): string {
  return host().time.server(index);
}

export function stopped(passed: Instant): void {
  const { lease, ipv6, now } = host();
  lease.verify(now, passed);
  ipv6.verify(now, passed);
}

export function connect(
  remote: string,
  port: number,
  receiveLimit: number,
  secureName: string,
  protocols: string,
): number {
  const offered = protocols === "" ? [] : protocols.split(" ");
  return host().connect(remote, port, receiveLimit, secureName, offered);
}

export function startTls(handle: number, name: string): boolean {
  return host().startTls(handle as Handle, name);
}

export function canSecure(): boolean {
  return host().canSecure;
}

export function certificatesBegin(): void {
  host().secure().begin();
}

export function certificateAdd(pem: string): string {
  return host().secure().add(pem, host().now);
}

export function certificateAddOwn(seed: Uint8Array, names: string, notBefore: number): string {
  return host().secure().addOwn(seed, names.split(" "), notBefore);
}

export function certificateAddIssued(seed: Uint8Array, pem: string): string {
  return host().secure().addIssued(seed, pem, host().now);
}

export function certificateAddChallenge(seed: Uint8Array, name: string, digest: Uint8Array): boolean {
  return host().secure().addChallenge(seed, name, digest, host().now);
}

export function keyPublic(seed: Uint8Array): Uint8Array {
  return seedKey(seed).publicKey;
}

export function keySign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return signRaw(seedKey(seed), message);
}

export function keyRequest(seed: Uint8Array, names: string): Uint8Array {
  return certificateRequest(seedKey(seed), names.split(" "));
}

export function certificatesCommit(): number {
  return host().secure().commit();
}

export function trustAnchors(table: Uint8Array): void {
  host().secure().trustAnchors(table);
}

export function trustAdd(text: string): string {
  return host().secure().trustAlso(text);
}

export function send(handle: number, bytes: Uint8Array): boolean {
  return streams(handle).send(handle as Handle, bytes, 0, bytes.length);
}

export function queued(handle: number): number {
  return streams(handle).queued(handle as Handle);
}

export function receive(handle: number, limit: number): Uint8Array {
  const from = streams(handle);
  const length = Math.min(limit, from.readLength(handle as Handle));
  const bytes = new Uint8Array(length);
  if (length === 0) return bytes;
  copyBytes(bytes, 0, from.readBuffer(handle as Handle), from.readStart(handle as Handle), length);
  from.consume(handle as Handle, length);
  return bytes;
}

export function readEnded(handle: number): boolean {
  return streams(handle).readEnded(handle as Handle);
}

export function readCut(handle: number): boolean {
  return host().cut(handle as Handle);
}

export function shutdown(handle: number): void {
  streams(handle).shutdown(handle as Handle);
}

export function close(handle: number): void {
  const of = streams(handle);
  host().release(handle as Handle);
  of.close(handle as Handle);
}

export function abort(handle: number): void {
  const of = streams(handle);
  host().release(handle as Handle);
  of.abort(handle as Handle);
}

export function sendDatagram(destination: string, port: number, bytes: Uint8Array): boolean {
  const { udp, paths } = host();
  return udp.send(paths.toward(destination), DATAGRAM_PORT, port as Port, bytes, 0, bytes.length);
}

export function serve(port: number, secure: boolean, redirectTo: number, strictFor: number): boolean {
  return web().listen({ port, secure, redirectTo }, strictFor);
}

export function requestMethod(exchange: number): string {
  return web().http.method(exchange);
}

export function requestTarget(exchange: number): string {
  return web().http.target(exchange);
}

export function requestHeaders(exchange: number): string {
  return web().http.headerText(exchange);
}

export function requestBody(exchange: number): Uint8Array {
  return web().http.readBody(exchange, host().now);
}

export function requestBodyState(exchange: number): number {
  return web().http.bodyState(exchange);
}

export function requestPeer(exchange: number): string {
  const path = web().http.peerPath(exchange);
  return path < 0 ? "" : host().paths.remoteText(path);
}

export function respond(exchange: number, status: number, headers: string, body: Uint8Array): void {
  web().http.respond(exchange, status, headers, body, host().now);
}

export function retry(exchange: number): boolean {
  return web().http.retry(exchange, host().now);
}

export function tableBegin(): void {
  web().ready.begin();
}

export function tableKeep(path: string): void {
  web().ready.keep(path);
}

export function tableCommit(): void {
  web().ready.commit();
}

export function tablePut(
  path: string,
  status: number,
  headers: string,
  etag: string,
  lastModified: number,
  encoding: string,
  body: Uint8Array,
): void {
  web().ready.put(path, status, headers, etag, lastModified, encoding, body);
  // Those who wait for it have it at once: it may be let go of before their turn.
  web().http.retryAll(host().now);
}

export function tableForget(path: string): void {
  web().forget(path, host().now);
}

export function setWallClock(offsetMs: number): void {
  host().setWallClock(offsetMs);
}

export function setSyslog(receiver: string, port: number, hostname: string): void {
  web().access.setReceiver(receiver, port as Port, hostname);
}

export function logBegin(hostname: string): void {
  web().access.setReceiver("", 0 as Port, hostname);
  web().log.begin();
}

export function logAttach(handle: number): void {
  web().log.attach(handle as Handle);
}

export function logPut(message: Uint8Array): boolean {
  return web().log.put(message, 0, message.length, true);
}

export function logDropped(): number {
  return web().log.takeDropped();
}

export function logLastWords(): void {
  web().log.lastWords(host().now);
}

export function setAccessEvents(wanted: boolean): void {
  web().access.eventsWanted = wanted;
}

export function counters(): string {
  return host().describe();
}
