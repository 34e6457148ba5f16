// Whom to believe of several time servers: RFC 5905 11.2.1, the intersection of what each claims to know. A server says
// that the true time lies within its error of its offset; those who do not share a point with most others are wrong.

export class TimeSample {
  /** Wall clock minus the time since the machine was entered, in milliseconds, and how wrong it may be at most. */
  readonly offset: number;
  readonly error: number;

  constructor(offset: number, error: number) {
    this.offset = offset;
    this.error = error;
  }
}

/**
 * The sample of least error among those who agree; undefined: there is no majority that does. One alone is believed, of two
 * both have to agree.
 */
export function select(samples: readonly TimeSample[]): TimeSample | undefined {
  const point = mostShared(samples);
  let best: TimeSample | undefined;
  let agreeing = 0;
  for (const sample of samples) {
    if (!covers(sample, point)) continue;
    agreeing++;
    if (best === undefined || sample.error < best.error) best = sample;
  }
  return agreeing * 2 > samples.length ? best : undefined;
}

/** A point that lies in as many of the intervals as any does: one of their lower ends. */
function mostShared(samples: readonly TimeSample[]): number {
  let point = 0;
  let most = 0;
  for (const candidate of samples) {
    const low = candidate.offset - candidate.error;
    let count = 0;
    for (const sample of samples) if (covers(sample, low)) count++;
    if (count > most) {
      most = count;
      point = low;
    }
  }
  return point;
}

function covers(sample: TimeSample, point: number): boolean {
  return point >= sample.offset - sample.error && point <= sample.offset + sample.error;
}
