/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
 * The algorithm is that of commander's lib/suggestSimilar.js, which commander does not export.
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/**
 * The candidate that `word` is most likely a misspelling of, or undefined when none is close:
 * at most three edits, and at least 40 % of the longer word alike (the limits of git and commander).
 * Letter case counts as equal; ties go to the first candidate.
 */
export function suggestSimilar(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 4;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const longer = Math.max(word.length, candidate.length);
    if (distance < bestDistance && (longer - distance) / longer > 0.4) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
