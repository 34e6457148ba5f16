// What the rendering of one body may cost.

/**
 * Units of work (task.ts) for a body: for any, for each character, and at the most, which is about two seconds, for
 * nothing else is made meanwhile. Text as people write it takes 0.3 a character, headings and lists of one word 1 to 3.
 * Within the share of a whole page (web/server.ts).
 */
export const BODY_WORK = 50_000;
export const BODY_WORK_PER_CHARACTER = 3;
export const MAX_BODY_WORK = 400_000;

/** Units of work that a body of so many characters may take. */
export function bodyWork(length: number): number {
  return Math.min(BODY_WORK + BODY_WORK_PER_CHARACTER * length, MAX_BODY_WORK);
}
