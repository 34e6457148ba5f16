/** What a decoder returns: a value or a typed reason. Build it as a literal where it is returned (it must compile). */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Whole microseconds since the machine was entered. Time is always an argument below the edge. */
export type Instant = number;

export const MILLISECOND = 1000;
export const SECOND = 1_000_000;
/** A deadline that never comes. */
export const NEVER = Number.POSITIVE_INFINITY;
