import type { Session } from '../../db/session.js';
import { quoteIdentifier, quoteLiteral } from '../../render/quote.js';
import type { Pack } from '../../packs/pack.js';
import type { TargetPlan } from '../../plan/target.js';
import { PROBE_LIMITS, type Arena, type Neighbour, type ProbeLimits, type Tenant } from './arena.js';

/** Real departments that are attacked besides the scratch one and those that privileges already point at. */
const SAMPLED_NEIGHBOURS = 3;
/** The setting that may contradict a role, and under another identity mode says who asks. */
const CONTEXT_SETTING = 'app.current_tenant_id';

/** What the arena of a department is made from. */
export interface DepartmentProbe {
  readonly session: Session;
  /** The department whose role attacks. */
  readonly plan: TargetPlan;
  /** A department of the same pack that the caller has made inside the transaction. */
  readonly scratch: TargetPlan;
  /** Letters and digits that no row has yet. */
  readonly token: string;
  readonly limits?: ProbeLimits;
}

/** The arena of a department with a schema of its own: its role against a scratch department and real neighbours. */
export async function departmentArena({
  session,
  plan,
  scratch,
  token,
  limits,
}: DepartmentProbe): Promise<Arena> {
  const { pack, roles } = plan;
  return {
    session,
    attacker: tenantOf(plan, plan.target.name, false),
    victim: tenantOf(scratch, 'another department', true),
    neighbours: await readNeighbours(session, plan, scratch.target.id),
    tenantColumn: pack.tenantColumn.name,
    tables: pack.tables,
    forgeries: [
      `select pg_catalog.set_config('${CONTEXT_SETTING}', ${quoteLiteral(scratch.target.id)}, true)`,
    ],
    contextSettings: [CONTEXT_SETTING],
    token,
    dismissal: [
      `set local role ${quoteIdentifier(roles.owner)}`,
      `update federation.tenants set status = 'suspended' where role_name = ${quoteLiteral(scratch.target.role ?? '')}`,
      'set local role none',
    ],
    trustedRoles: [roles.tenant],
    guardedRoles: [roles.owner, roles.admin, roles.gateway],
    gateway: roles.gateway,
    gatewayActs: true,
    limits: limits ?? PROBE_LIMITS,
  };
}

const tenantOf = ({ target }: TargetPlan, name: string, synthetic: boolean): Tenant => ({
  id: target.id,
  role: target.role ?? '',
  schemas: [target.schema],
  name,
  enter: [],
  synthetic,
});

interface NeighbourRow {
  readonly id: string;
  readonly schema: string;
  readonly role: string;
  /** Resources that a permission lets the attacker read. */
  readonly resources: readonly string[];
  /** Some privilege in this schema exists, declared or not. */
  readonly reachable: boolean;
  readonly suspect: boolean;
}

async function readNeighbours(session: Session, plan: TargetPlan, scratchId: string): Promise<Neighbour[]> {
  const { rows: suspects } = await session.client.query<{ schema: string; source: string }>(SUSPECTS, [
    plan.target.role,
  ]);
  await session.client.query(`set local role ${quoteIdentifier(plan.roles.owner)}`);
  const { rows } = await session.client.query<NeighbourRow>(NEIGHBOURS, [
    plan.target.id,
    plan.target.role,
    scratchId,
    suspects.map(({ schema }) => schema),
    suspects.map(({ source }) => source).join('\n'),
  ]);
  await session.client.query('set local role none');
  const chosen = [
    ...rows.filter((each) => each.reachable || each.suspect),
    ...rows.filter((each) => !each.reachable && !each.suspect).slice(0, SAMPLED_NEIGHBOURS),
  ];
  return chosen.map(({ id, schema, role, resources, suspect }) => ({
    isSuspect: suspect,
    tenant: { id, role, schemas: [schema], name: `department ${id}`, enter: [], synthetic: false },
    readable: sharedTables(plan.pack, resources),
  }));
}

const sharedTables = (pack: Pack, resources: readonly string[]): string[] =>
  pack.tables
    .filter(({ sharing }) => sharing !== 'never' && (resources.includes(sharing) || resources.includes('*')))
    .map(({ name }) => name);

/** Schemas of what a role's readable views and callable functions are made of, and the texts of those functions. */
const SUSPECTS = `
with recursive reach (classid, oid) as (
  select d.classid, d.objid
    from pg_namespace n
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relkind in ('v', 'm')
    left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
   where n.oid >= 2200 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and has_schema_privilege($1, n.oid, 'usage')
     and (c.oid is not null and has_any_column_privilege($1, c.oid, 'select')
          or p.oid is not null and p.prosecdef and has_function_privilege($1, p.oid, 'execute'))
  union
  select d.refclassid, d.refobjid
    from reach
    left join pg_rewrite w on reach.classid = 'pg_class'::regclass and w.ev_class = reach.oid
    join pg_depend d on d.classid = case when w.oid is null then reach.classid else 'pg_rewrite'::regclass end
                    and d.objid = coalesce(w.oid, reach.oid)
   where d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass) and d.refobjid >= 16384)
select coalesce(n.nspname, '') as schema, coalesce(p.prosrc, '') as source
  from reach
  left join pg_class c on reach.classid = 'pg_class'::regclass and c.oid = reach.oid
  left join pg_namespace n on n.oid = c.relnamespace
  left join pg_proc p on reach.classid = 'pg_proc'::regclass and p.oid = reach.oid`;

const NEIGHBOURS = `
select d.department_id as id, d.tenant_schema as schema, t.role_name as role,
       coalesce((select json_agg(p.resource_type) from federation.cross_dept_permissions p
                  where p.source_department_id = $1 and p.target_department_id = d.department_id
                    and p.enabled and (p.expires_at is null or p.expires_at > now())), '[]') as resources,
       coalesce(has_schema_privilege($2, n.oid, 'usage') or exists (
         select from pg_depend x join pg_class c on c.oid = x.objid
          where x.refclassid = 'pg_namespace'::regclass and x.refobjid = n.oid and x.classid = 'pg_class'::regclass
            and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and (has_table_privilege($2, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                 or has_any_column_privilege($2, c.oid, 'select, insert, update, references'))), false) as reachable,
       d.tenant_schema = any ($4) or position(d.tenant_schema in $5) > 0 as suspect
  from federation.departments d
  join federation.tenants t on t.department_id = d.department_id
  join pg_namespace n on n.nspname = d.tenant_schema
 where d.department_id <> $1 and d.department_id <> $3
 order by d.department_id`;
