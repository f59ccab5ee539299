/** Colours as functions, so that a report stays pure and knows nothing of terminals. */
export type Paint = Readonly<
  Record<'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim', (text: string) => string>
>;

/** Milliseconds as a person reads them. */
export function formatDuration(milliseconds: number): string {
  const rounded = Math.round(milliseconds);
  return rounded < 1000 ? `${rounded} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
