import pg from 'pg';

/** A role as pg_authid has it. Its id tells it from another that was given its name. */
interface RoleFact {
  readonly oid: string;
  readonly name: string;
  /** The attributes as ALTER ROLE takes them. */
  readonly attributes: string;
}

/** What stands in a cluster outside of its databases. */
export interface ClusterState {
  readonly roles: readonly RoleFact[];
  /** GRANT statements that make the memberships. */
  readonly memberships: ReadonlyMap<string, string>;
  /** Settings of roles in all databases, by role (`''`: of everybody). */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  readonly parameters: readonly string[];
  readonly tablespaces: readonly string[];
  readonly system: readonly string[];
}

const ROLES = `
select oid::text, rolname as name,
       concat_ws(' ', case when rolsuper then 'superuser' else 'nosuperuser' end,
                 case when rolinherit then 'inherit' else 'noinherit' end,
                 case when rolcreaterole then 'createrole' else 'nocreaterole' end,
                 case when rolcreatedb then 'createdb' else 'nocreatedb' end,
                 case when rolcanlogin then 'login' else 'nologin' end,
                 case when rolreplication then 'replication' else 'noreplication' end,
                 case when rolbypassrls then 'bypassrls' else 'nobypassrls' end,
                 'connection limit ' || rolconnlimit,
                 'valid until ' || quote_literal(coalesce(rolvaliduntil::text, 'infinity')),
                 'password ' || coalesce(quote_literal(rolpassword), 'null')) as attributes
  from pg_authid where rolname !~ '^pg_' order by rolname`;

/** \`options\` differ by version: 16 made them columns. */
const memberships = (version: number): string => `
select g.rolname as role, m.rolname as member,
       concat('with admin ', ${version >= 16 ? `a.admin_option::text, ', inherit ', a.inherit_option::text, ', set ', a.set_option::text` : `case when a.admin_option then 'option' end`}) as options,
       ${version >= 16 ? 'true' : 'a.admin_option'} as has_options
  from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
 where g.rolname !~ '^pg_' or m.rolname !~ '^pg_'`;

const SETTINGS = `
select coalesce(r.rolname, '') as role, s.setconfig as settings
  from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole where s.setdatabase = 0`;

/** Reads the state of the cluster that the client is connected to. */
export async function readCluster(client: pg.Client, version: number): Promise<ClusterState> {
  const roles = await client.query<RoleFact>(ROLES);
  const edges = await client.query<{
    role: string;
    member: string;
    options: string;
    has_options: boolean;
  }>(memberships(version));
  const settings = await client.query<{ role: string; settings: string[] }>(SETTINGS);
  const list = async (sql: string): Promise<string[]> =>
    (await client.query<{ line: string }>(sql)).rows.map((row) => row.line);
  return {
    roles: roles.rows,
    memberships: new Map(
      edges.rows.map((edge) => [
        `revoke ${quote(edge.role)} from ${quote(edge.member)}`,
        `grant ${quote(edge.role)} to ${quote(edge.member)} ${edge.has_options ? edge.options : ''}`,
      ]),
    ),
    settings: new Map(settings.rows.map((row) => [row.role, row.settings])),
    parameters:
      version >= 15
        ? await list(
            `select parname || paracl::text as line from pg_parameter_acl where cardinality(paracl) > 0 order by 1`,
          )
        : [],
    tablespaces:
      await list(`select concat(quote_ident(spcname), ' ', quote_ident(pg_get_userbyid(spcowner)), ' ',
                (select string_agg(x::text, ' ' order by x::text) from unnest(coalesce(spcacl, acldefault('t', spcowner))) x)) as line
           from pg_tablespace order by 1`),
    system: await list(
      `select name || '=' || setting as line from pg_file_settings where sourcefile ~ 'auto.conf$' order by 1`,
    ),
  };
}

/**
 * Puts a cluster back to what it was; the mutation's database must be gone. @throws Error that says what is still
 * another, because every later answer would be wrong.
 */
export async function restoreCluster(
  client: pg.Client,
  version: number,
  before: ClusterState,
): Promise<void> {
  for (const statement of renamings(before, await readCluster(client, version)))
    await client.query(statement);
  const found = await readCluster(client, version);
  if (linesOf(found).join() === linesOf(before).join()) return;
  for (const statement of repairs(before, found)) await client.query(statement);
  const after = await readCluster(client, version);
  const [was, is] = [linesOf(before), linesOf(after)];
  const faults = [
    ...was.filter((line) => !is.includes(line)).map((line) => `- ${line}`),
    ...is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`),
  ];
  if (faults.length > 0) throw new Error(`the cluster is not as before:\n${faults.join('\n')}`);
}

const quote = (name: string): string => pg.escapeIdentifier(name);

/** A state for comparison, without ids: a role that was made again has another one. */
const linesOf = (state: ClusterState): string[] => [
  ...state.roles.map(({ name, attributes }) => `role ${name} ${attributes}`),
  ...[...state.memberships.values()].sort(),
  ...[...state.settings].map(([role, settings]) => `setting of ${role}: ${settings.join(', ')}`).sort(),
  ...state.parameters.map((line) => `parameter ${line}`),
  ...state.tablespaces.map((line) => `tablespace ${line}`),
  ...state.system.map((line) => `system ${line}`),
];

function repairs(before: ClusterState, found: ClusterState): string[] {
  return [
    ...(String(found.system) === String(before.system)
      ? []
      : ['alter system reset all', 'select pg_reload_conf()']),
    ...tablespaceRepairs(before, found),
    ...parameterRepairs(before, found),
    ...roleRepairs(before, found),
    ...membershipRepairs(before, found),
    ...settingRepairs(before, found),
  ];
}

/** No fixture makes tablespaces; the privileges on those that every server has are the default ones. */
function tablespaceRepairs(before: ClusterState, found: ClusterState): string[] {
  const everybody = found.roles.map((role) => quote(role.name)).join(', ');
  return before.tablespaces
    .filter((line) => !found.tablespaces.includes(line))
    .flatMap((line) => {
      const [name = '', owner = ''] = line.split(' ');
      return [
        `alter tablespace ${name} owner to ${owner}`,
        `revoke all on tablespace ${name} from public, ${everybody}`,
        `grant all on tablespace ${name} to ${owner}`,
      ];
    });
}

function parameterRepairs(before: ClusterState, found: ClusterState): string[] {
  return found.parameters
    .filter((line) => !before.parameters.includes(line))
    .flatMap((line) => {
      const name = line.slice(0, line.indexOf('{'));
      const everybody = found.roles.map((role) => quote(role.name)).join(', ');
      return [`revoke all on parameter ${name} from public, ${everybody} cascade`];
    });
}

/** Before everything else, because all the rest goes by names. */
const renamings = (before: ClusterState, found: ClusterState): string[] =>
  found.roles.flatMap((role) => {
    const was = before.roles.find(({ oid }) => oid === role.oid);
    return was === undefined || was.name === role.name
      ? []
      : [`alter role ${quote(role.name)} rename to ${quote(was.name)}`];
  });

function roleRepairs(before: ClusterState, found: ClusterState): string[] {
  const wanted = new Set(before.roles.map(({ name }) => name));
  const standing = new Map(found.roles.map(({ name, attributes }) => [name, attributes]));
  const extra = found.roles
    .filter(({ name }) => !wanted.has(name))
    .flatMap(({ name }) => [`drop owned by ${quote(name)} cascade`, `drop role ${quote(name)}`]);
  const missing = before.roles
    .filter(({ name }) => !standing.has(name))
    .map(({ name }) => `create role ${quote(name)}`);
  const altered = before.roles
    .filter(({ name, attributes }) => standing.get(name) !== attributes)
    .map(({ name, attributes }) => `alter role ${quote(name)} ${attributes}`);
  return [...extra, ...missing, ...altered];
}

function membershipRepairs(before: ClusterState, found: ClusterState): string[] {
  const gone = new Set(
    found.roles
      .filter((role) => !before.roles.some(({ name }) => name === role.name))
      .map(({ name }) => quote(name)),
  );
  const concerns = (statement: string): boolean =>
    [...gone].some((name) => statement.includes(` ${name} `) || statement.endsWith(` ${name}`));
  const revoked = [...found.memberships]
    .filter(([revoke, grant]) => before.memberships.get(revoke) !== grant && !concerns(revoke))
    .map(([revoke]) => revoke);
  const granted = [...before.memberships]
    .filter(([revoke, grant]) => found.memberships.get(revoke) !== grant)
    .map(([, grant]) => grant);
  return [...revoked, ...granted];
}

function settingRepairs(before: ClusterState, found: ClusterState): string[] {
  const names = new Set([...before.settings.keys(), ...found.settings.keys()]);
  const known = new Set(before.roles.map((role) => role.name));
  return [...names]
    .filter((name) => String(before.settings.get(name)) !== String(found.settings.get(name)))
    .filter((name) => name === '' || known.has(name))
    .flatMap((name) => {
      const who = name === '' ? 'all' : quote(name);
      const set = (before.settings.get(name) ?? []).map((setting) => {
        const at = setting.indexOf('=');
        return `alter role ${who} set ${setting.slice(0, at)} = ${pg.escapeLiteral(setting.slice(at + 1))}`;
      });
      return [`alter role ${who} reset all`, ...set];
    });
}
