import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { matchesGlob } from '../../src/shared/glob.js';
import { JUDGES, type Verdict } from './model.js';

const acceptedSchema = z.array(
  z.strictObject({
    judge: z.enum(JUDGES),
    rule: z.string().min(1),
    objects: z.array(z.string().min(1)).min(1),
    reason: z.string().min(20),
  }),
);

/** Why an objection stands: accepted.yaml, from which docs/judges.md is written. */
export type Accepted = z.infer<typeof acceptedSchema>[number];

/** Reads accepted.yaml. */
export async function loadAccepted(): Promise<Accepted[]> {
  return acceptedSchema.parse(parse(await readFile(new URL('accepted.yaml', import.meta.url), 'utf8')));
}

/** What of a verdict nobody gave a reason for, and which reasons it has no use for. */
export function weigh(
  { judge, objections }: Verdict,
  accepted: readonly Accepted[],
): { open: Verdict['objections']; stale: string[] } {
  const ours = accepted.filter((each) => each.judge === judge);
  const covers = (
    each: Accepted,
    { rule, object }: Verdict['objections'][number],
    pattern: string,
  ): boolean => each.rule === rule && matchesGlob(pattern, object);
  return {
    open: objections.filter(
      (objection) => !ours.some((each) => each.objects.some((pattern) => covers(each, objection, pattern))),
    ),
    stale: ours.flatMap((each) =>
      each.objects
        .filter((pattern) => !objections.some((objection) => covers(each, objection, pattern)))
        .map((pattern) => `${each.rule} on ${pattern}`),
    ),
  };
}
