import { poll } from '../support/poll.js';
import type { ChaosWorld } from './world.js';

/**
 * What each script leaves behind, seen in one snapshot beside the ledger: a department at which the two differ stands between
 * two scripts. A script without a transaction is told by its own progress.
 */
const TORN = `
with seen as (
  select d.department_id as target,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'body' and not a.attisdropped) as s3,
         exists (select from pg_index i join pg_class x on x.oid = i.indexrelid
                  where i.indrelid = c.oid and x.relname = 'notes_body' and i.indisvalid) as s4,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tag' and not a.attisdropped) as s5,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'mood' and not a.attisdropped) as s5b
    from federation.departments d
    join pg_namespace n on n.nspname = d.tenant_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = 'notes'),
booked as (
  select s.target, script.number, max(m.state) as state, count(m.id) as times
    from seen s cross join generate_series(3, 5) as script (number)
    left join federation.schema_migrations m
      on m.target = s.target and m.number = script.number and m.state <> 'rolled_back'
   group by 1, 2)
select b.target, b.number, b.state, b.times::int as times
  from booked b join seen s using (target)
 where b.times > 1
    or b.state is distinct from 'running'
       and (b.state is not null) <> (case b.number when 3 then s.s3 when 4 then s.s4 else s.s5 end)
    or b.number = 5 and s.s5 <> s.s5b
    or b.state = 'running' and b.number <> 4`;

/** What must not be there once a run has finished: each row is a fault. */
const LEFT: Readonly<Record<string, string>> = {
  'advisory lock': `select l.pid::text as fault from pg_locks l where l.locktype = 'advisory'`,
  'backend of fedgen': `select pid::text || ' ' || coalesce(state, '') as fault from pg_stat_activity
    where application_name = 'fedgen'`,
  'run that is not closed': `select run_id::text as fault from federation.migration_runs
    where state = 'running' or finished_at is null`,
  'script that is half done': `select target || ' ' || script as fault from federation.schema_migrations where state = 'running'`,
  'scratch schema': `select nspname as fault from pg_namespace where nspname ~ '^zz[0-9a-f]{10}q'`,
  'scratch role': `select rolname as fault from pg_roles where rolname ~ 'zz[0-9a-f]{10}q'`,
  'prepared transaction': `select gid as fault from pg_prepared_xacts`,
  'invalid index': `select indexrelid::regclass::text as fault from pg_index where not indisvalid`,
  'script that stands twice': `select target || ' ' || script as fault from federation.schema_migrations
    where state = 'applied' group by target, script having count(*) > 1`,
};

/** How all of them stand at one script. */
export const wanted = ({ count }: ChaosWorld, version: number): string =>
  `${count} at ${String(version).padStart(4, '0')}`;

/** How many departments stand at which script, for those who read along. */
export async function standing(world: ChaosWorld): Promise<string> {
  const rows = await world.query<{ version: number; n: number }>(
    `select version, count(*)::int as n from (
       select max(number) as version from federation.schema_migrations
        where target <> 'federation' and state = 'applied' group by target) each
      group by 1 order by 1`,
  );
  return rows.map(({ version, n }) => `${n} at ${String(version).padStart(4, '0')}`).join(', ');
}

/** Departments between two scripts, right after a fault: what is on its way is waited for. */
export async function findTorn(world: ChaosWorld): Promise<string[]> {
  await poll('the backends of a client that is gone', async () => {
    const left = await world.query(`select from pg_stat_activity where application_name = 'fedgen'`);
    return left.length === 0 ? true : undefined;
  });
  const rows = await world.query<{ target: string; number: number; state: string | null; times: number }>(
    TORN,
  );
  return rows.map(
    ({ target, number, state, times }) =>
      `${target} stands between scripts: ${number} is ${state ?? 'not booked'} (${times})`,
  );
}

/** What a finished run left behind that it must not, and departments that are not at `version`. */
export async function findLeft(world: ChaosWorld, version: number): Promise<string[]> {
  const faults = await findTorn(world);
  for (const [what, sql] of Object.entries(LEFT)) {
    const rows = await world.query<{ fault: string }>(sql);
    faults.push(...rows.map(({ fault }) => `${what}: ${fault}`));
  }
  const now = await standing(world);
  return now === wanted(world, version) ? faults : [...faults, `not all are at ${version}: ${now}`];
}
