// What can go wrong with a request of the machine's own, and the words for the person who has to mend it.

import type { ResponseError } from "../http1/client.ts";
import { describeUnusable } from "./names.ts";
import type { ConnectError, FlowError } from "./network.ts";

export const MAX_REDIRECTS = 5;

export type HttpClientError =
  | { readonly kind: "bad-url"; readonly url: string; readonly reason: string }
  | { readonly kind: "bad-request"; readonly reason: string }
  | { readonly kind: "connect"; readonly origin: string; readonly cause: ConnectError }
  | { readonly kind: "flow"; readonly origin: string; readonly cause: FlowError }
  | { readonly kind: "timed-out"; readonly origin: string; readonly during: "sending" | "receiving" }
  /** `onData` wanted no more. */
  | { readonly kind: "stopped"; readonly origin: string }
  | { readonly kind: "response"; readonly origin: string; readonly cause: ResponseError }
  | { readonly kind: "content-coding"; readonly origin: string; readonly coding: string }
  | { readonly kind: "too-many-redirects"; readonly url: string }
  | { readonly kind: "bad-redirect"; readonly from: string; readonly location: string; readonly reason: string };

/** What happened, for the person who has to mend it. */
export function describeHttpError(error: HttpClientError): string {
  switch (error.kind) {
    case "bad-url":
      return `${error.url} is not a URL that can be fetched: ${error.reason}`;
    case "bad-request":
      return `the request cannot be written down: ${error.reason}`;
    case "connect":
      return `${error.origin} ${describeConnectError(error.cause)}`;
    case "flow":
      return error.cause.kind === "timed-out"
        ? `${error.origin} stopped answering`
        : `${error.origin} broke the connection off`;
    case "timed-out":
      return `${error.origin} did not ${error.during === "sending" ? "take the request" : "answer"} in time`;
    case "stopped":
      return `${error.origin} was not listened to any longer`;
    case "response":
      return `${error.origin} ${RESPONSE_WORDS[error.cause]}`;
    case "content-coding":
      return `${error.origin} answered in the coding ${error.coding}, which was not asked for`;
    case "too-many-redirects":
      return `${error.url} was reached after ${MAX_REDIRECTS} redirects and redirects again`;
    case "bad-redirect":
      return `${error.from} redirects to ${error.location}, which cannot be followed: ${error.reason}`;
  }
}

const RESPONSE_WORDS: Readonly<Record<ResponseError, string>> = {
  malformed: "answered something that is not HTTP",
  "head-too-large": "answered with more header fields than are taken",
  "body-too-large": "answered with more than the limit allows",
  "cut-short": "closed the connection before the answer was complete",
  unexpected: "answered in a way that was not asked for",
};

/** What happened, behind the name of whom it happened with. */
export function describeConnectError(cause: ConnectError): string {
  switch (cause.kind) {
    case "refused":
      return "refused the connection";
    case "unreachable":
      return "cannot be reached";
    case "timed-out":
      return "did not answer";
    case "proxy":
      return `cannot be reached: the proxy ${cause.proxy} ${cause.reason}`;
    case "no-entropy":
      return "cannot be called by TLS: this machine has no source of entropy for keys (-device virtio-rng-pci adds one)";
    case "insecure":
      return `is not believed: ${cause.reason}`;
    case "no-room":
      return "could not be called: no connection is free on this machine";
    case "resolve":
      switch (cause.cause.kind) {
        case "no-such-name":
          return `cannot be reached: the name ${cause.cause.name} does not exist`;
        case "no-address":
        case "only-ipv6":
        case "only-ipv4":
        case "not-a-host":
          return `cannot be reached: ${cause.cause.name} ${describeUnusable(cause.cause)}`;
        case "no-answer":
          return `cannot be reached: no name server answered for ${cause.cause.name}`;
        case "server-refused":
          return `cannot be reached: the name server refused to look up ${cause.cause.name}`;
        case "server-failed":
          return `cannot be reached: the name server failed to look up ${cause.cause.name}`;
        case "no-resolver":
          return "cannot be reached: this machine knows no name server";
        case "bad-name":
          return `cannot be reached: ${cause.cause.name} is not a proper name`;
      }
  }
}
