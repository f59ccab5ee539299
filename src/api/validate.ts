import { listEngineChecks } from '../clickhouse/validate/checks.js';
import { defaultSettings, type Settings } from '../config/settings.js';
import { loadControlPlane, loadPack } from '../packs/load.js';
import type { Pack } from '../packs/pack.js';
import { assertDepartmentId } from '../plan/names.js';
import { parseShard } from '../plan/selection.js';
import type { RunEvent } from '../apply/events.js';
import { resolveVariables } from '../plan/variables.js';
import { isReservedWord, loadSqlParser } from '../render/sql.js';
import { FedgenError } from '../shared/errors.js';
import { judge, type ValidationReport } from '../validate/judge.js';
import type { Severity } from '../validate/model.js';
import { engineFor } from './engines.js';
import type { TargetOptions } from './options.js';
import { settingsFor } from './placement.js';
import { connecting, withDatabase, type Connecting } from './run.js';
import { assertKnownWaivers, selectChecks, type Selection } from './selection.js';
import { listChecks, lookAtAll } from './survey.js';
import type { Survey } from './survey-input.js';

/** Options of {@link validate}. */
export interface ValidateOptions extends TargetOptions, Selection {
  /** Department ids, `*` in them stands for any run of characters. */
  readonly targets?: readonly string[];
  /** Every registered department. */
  readonly all?: boolean;
  /** Department ids or patterns that are left out. */
  readonly exclude?: readonly string[] | undefined;
  /** Names of groups of the configuration. */
  readonly groups?: readonly string[] | undefined;
  /** `2/4`: the second of four parts. */
  readonly shard?: string | undefined;
  /** The mildest severity that fails, instead of the configured one. */
  readonly failOn?: Severity;
  /** Compare with the expectation stored in this file instead of with a scratch target. */
  readonly snapshot?: string;
  /** Store the expectation in this file. */
  readonly writeSnapshot?: string;
  /** Skip targets whose catalogue has not changed since their last clean validation. */
  readonly sinceLast?: boolean;
  /** The day by which waivers expire, YYYY-MM-DD. Default: today, in UTC. */
  readonly today?: string;
}

/**
 * Proves that departments are complete, unchanged and isolated: their contract from pack.yaml, the checks of
 * templates/_checks, a comparison with a scratch department, and attacks as their roles; all of it in transactions
 * that are rolled back. Weighs the findings against the waivers of the settings. Findings are results, not errors.
 * @throws FedgenError E_USAGE, E_CONFIG_INVALID, E_NAME_INVALID, E_TARGET_UNKNOWN, E_DB_*, E_PRIVILEGE and what reading
 *   the pack throws.
 */
export async function validate(options: ValidateOptions): Promise<ValidationReport> {
  return (await engineFor(options)).validate(options);
}

/** The same for PostgreSQL. */
export async function validatePostgres(given: ValidateOptions): Promise<ValidationReport> {
  const settings = placed(given);
  const options = { ...given, settings };
  const survey = await prepareSurvey(options);
  const to = without(['notice'], connecting(options));
  const further = without(['connected'], to);
  const evidence = await withDatabase(to, 'validating', (session) =>
    lookAtAll(session, survey, (use) => withDatabase(further, 'validating', use)),
  );
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  return judge(
    evidence,
    {
      ...settings.validate,
      failOn: options.failOn ?? settings.validate.failOn,
      wholeFleet: options.all === true && !options.exclude && !options.groups && options.shard === undefined,
    },
    today,
  );
}

/** Of several databases the one that all the named departments belong to. */
function placed({ settings = defaultSettings(), departmentId, targets = [] }: ValidateOptions): Settings {
  const ids = [...(departmentId === undefined ? [] : [departmentId]), ...targets];
  if (ids.length === 0 || ids.some((id) => id.includes('*'))) return settings;
  const [first, ...others] = ids.map((id) => settingsFor(settings, id));
  return first && others.every(({ database }) => database === first.database) ? first : settings;
}

/**
 * Without events of these types: notices while scratch targets are made and attacked are about objects that nobody will
 * ever see, and further connections are nobody's concern.
 */
const without = (types: readonly RunEvent['type'][], to: Connecting): Connecting => ({
  ...to,
  onEvent: (event) => {
    if (!types.includes(event.type)) to.onEvent(event);
  },
});

/** Everything that can be refused before anything connects. */
async function prepareSurvey(options: ValidateOptions): Promise<Survey> {
  const settings = options.settings ?? defaultSettings();
  const [pack, controlPlane] = await Promise.all([
    loadPack(options.pack ?? settings.pack, settings.packDirs),
    loadControlPlane(),
    loadSqlParser(),
  ]);
  const known = await listChecks();
  assertKnownWaivers(
    settings.validate.waivers,
    // One configuration serves packs of every engine.
    [...known, ...listEngineChecks()].map(({ code }) => code),
  );
  const patterns = [
    ...(options.departmentId === undefined ? [] : [options.departmentId]),
    ...(options.targets ?? []),
  ];
  for (const id of patterns.filter((pattern) => !pattern.includes('*'))) {
    assertDepartmentId(id, settings.rolePrefix, isReservedWord);
  }
  assertTargets(pack, patterns, options);
  const selected = selectChecks(known, options);
  return {
    settings,
    pack,
    controlPlane,
    variables: resolveVariables(pack, { ...settings.variables[pack.name], ...options.variables }),
    selected,
    isComplete: selected.size === known.length,
    selection: {
      targets: options.all === true ? ['*'] : patterns,
      exclude: options.exclude,
      groups: options.groups,
      ...(options.shard !== undefined && { shard: parseShard(options.shard) }),
    },
    snapshot: options.snapshot,
    writeSnapshot: options.writeSnapshot,
    sinceLast: options.sinceLast === true,
  };
}

function assertTargets(pack: Pack, patterns: readonly string[], options: ValidateOptions): void {
  const isNamed = patterns.length > 0 || options.groups !== undefined;
  if (pack.tenancy !== 'schema' && isNamed) {
    throw new FedgenError(
      'E_USAGE',
      `pack ${pack.name} ${pack.tenancy === 'shared' ? 'is shared by all its tenants' : 'is one installation'} and belongs to no department`,
      {
        hint: 'Leave --department-id out.',
      },
    );
  }
  if (pack.tenancy === 'schema' && !isNamed && options.all !== true) {
    throw new FedgenError('E_USAGE', 'validate needs --department-id or --all', {
      hint: 'For example: fedgen validate --department-id hr, several with a pattern such as "sales_*".',
    });
  }
}
