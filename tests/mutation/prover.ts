import { FedgenError, validate, type JudgedCheck, type Settings } from '../../src/index.js';
import type { Verdict } from './model.js';

/** What is to be validated. */
export interface ProveInput {
  readonly settings: Settings;
  /** Departments whose verdicts are asked for; none of them where the fixture's pack is shared. */
  readonly departmentIds: readonly string[];
  /** Departments to look at besides. */
  readonly others?: readonly string[];
  /** Whether targets are attacked as well; that takes most of the time. */
  readonly probe: boolean;
}

/** The target of a shared pack in {@link prove}'s answer. */
export const SHARED = 'shared';

/** Validates targets as `fedgen validate` does, and says what was found of each. An error is a verdict, too. */
export async function prove({
  settings,
  departmentIds,
  others = [],
  probe,
}: ProveInput): Promise<Map<string, Verdict[]>> {
  const ids = departmentIds.length === 0 ? [SHARED] : departmentIds;
  try {
    const report = await validate({
      settings,
      targets: [...departmentIds, ...others],
      skip: probe ? [] : ['probe'],
    });
    const ofServer = report.checks.flatMap(ofCheck);
    return new Map(
      ids.map((id) => [
        id,
        [
          ...ofServer,
          ...report.targets
            .filter(({ target }) => id === SHARED || target === id)
            .flatMap(({ checks }) => checks.flatMap(ofCheck)),
        ],
      ]),
    );
  } catch (cause) {
    return new Map(ids.map((id) => [id, [failure(cause)]]));
  }
}

const ofCheck = ({ layer, code, findings }: JudgedCheck): Verdict[] =>
  layer === 'policy' ? [] : findings.map((finding) => ({ ...finding, layer, code }));

/** What the product makes of an error: its own are answers, all others are crashes. */
const failure = (cause: unknown): Verdict => ({
  layer: cause instanceof FedgenError ? 'refused' : 'crash',
  code: cause instanceof FedgenError ? cause.code : 'error',
  severity: 'error',
  isolation: true,
  object: 'validate',
  message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
});
