import type { Session } from '../db/session.js';
import { sqlState } from '../db/errors.js';
import { IS_DEAD } from './ledger.js';
import { quoteIdentifier } from '../render/quote.js';

/** A script that stands, as far as a whole fleet is looked at. */
export interface StandingScript {
  /** `pack/script`. */
  readonly key: string;
  readonly templateChecksum: string;
}

/** A target of the ledger or the registry. */
export interface KnownTarget {
  readonly id: string;
  /** Display name; null for one that is not registered. */
  readonly name: string | null;
  readonly status: string | null;
}

/** Targets at which exactly the same scripts stand. */
export interface TargetGroup {
  readonly stand: readonly StandingScript[];
  readonly targets: readonly KnownTarget[];
}

/** Where a whole database stands. */
export interface FleetState {
  readonly groups: readonly TargetGroup[];
  /** Is there a book of the targets of runs? A control plane of an earlier version has none. */
  readonly hasRunTargets: boolean;
  /** Are there runs that died on the way and that nobody has closed? */
  readonly hasDeadRuns: boolean;
}

/** The server sums up: of 10,000 targets a handful of rows is sent. */
const STATE = `
with standing as (
  select m.target, string_agg(m.pack || '/' || m.script || ' ' || m.template_checksum, ',' order by m.number, m.pack) as stand
    from federation.schema_migrations m where m.state = 'applied' group by m.target)
select coalesce(s.stand, '') as stand,
       json_agg(json_build_array(coalesce(d.department_id, s.target), d.department_name, d.status)
                order by coalesce(d.department_id, s.target)) as targets
  from standing s full join federation.departments d on d.department_id = s.target
 group by 1`;

/** Which of the statements of {@link readFleetState} it is. */
const STATE_AT = 4;

/**
 * Registry and ledger of a whole database in one query.
 * @param more further queries of the control plane, for the same round trip.
 * @returns undefined where there is no control plane, or not all that the queries name.
 */
export async function readFleetState(
  session: Session,
  owner: string,
  more: readonly string[] = [],
): Promise<(FleetState & { readonly more: readonly (readonly unknown[])[] }) | undefined> {
  const sql = `begin read only; set local role ${quoteIdentifier(owner)}; set local jit = off;
    select to_regclass('federation.run_targets') is not null as found,
           exists (select from federation.migration_runs r where ${IS_DEAD}) as "hasDeadRuns"; ${[STATE, ...more].join(';\n')}; commit`;
  try {
    const results: unknown = await session.client.query(sql);
    const [flag] = rowsOf(results, 3) as { found: boolean; hasDeadRuns: boolean }[];
    const groups = rowsOf(results, STATE_AT) as {
      stand: string;
      targets: [string, string | null, string | null][];
    }[];
    return {
      more: more.map((_, index) => rowsOf(results, STATE_AT + 1 + index)),
      hasRunTargets: flag?.found ?? false,
      hasDeadRuns: flag?.hasDeadRuns ?? false,
      groups: groups.map(({ stand, targets }) => ({
        stand: stand === '' ? [] : stand.split(',').map(standingScript),
        targets: targets.map(([id, name, status]) => ({ id, name, status })),
      })),
    };
  } catch (error) {
    await session.client.query('rollback').catch(() => undefined);
    if (NO_CONTROL_PLANE.has(sqlState(error) ?? '')) return undefined;
    throw error;
  }
}

/** No such role, no such schema, no such table: nothing was applied here yet. */
const NO_CONTROL_PLANE: ReadonlySet<string> = new Set(['22023', '42704', '3F000', '42P01']);

function standingScript(text: string): StandingScript {
  const [key = '', templateChecksum = ''] = text.split(' ');
  return { key, templateChecksum };
}

/** pg answers several statements with one result each. */
export function rowsOf(results: unknown, index: number): readonly unknown[] {
  const rows: unknown = Reflect.get(Object(Reflect.get(Object(results), index)), 'rows');
  return Array.isArray(rows) ? rows : [];
}
