// The numbers behind a plot.

/** The bounds of a side of a plot: those of the values with a little room, and never of no length. */
export function bounds(values: number[]): { low: number; high: number } {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(low)) return { low: 0, high: 1 };
  const room = high > low ? (high - low) * 0.03 : Math.abs(high) * 0.1 || 1;
  return { low: low - room, high: high + room };
}

/** Round numbers between two bounds, four to nine of them: steps of 1, 2 or 5 times a power of ten. */
export function steps(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((s) => s * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Pearson's correlation; null where one side does not vary. */
export function correlation(pairs: [number, number][]): number | null {
  const mean = (at: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[at], 0) / pairs.length;
  const [x, y] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [a, b] of pairs) {
    xx += (a - x) ** 2;
    yy += (b - y) ** 2;
    xy += (a - x) * (b - y);
  }
  const under = Math.sqrt(xx * yy);
  return under > 0 ? xy / under : null;
}
