import type { Finding } from '../../validate/model.js';
import type { ClickHouseSession } from '../session.js';

/** A row policy: which rows a table shows to whom. */
interface Policy {
  readonly name: string;
  readonly table: string;
  readonly filter: string;
  readonly restrictive: boolean;
  readonly to: readonly string[];
}

/** Access rules, as statements say them or as the server keeps them. */
export interface AccessRules {
  readonly policies: readonly Policy[];
  /** `SELECT on events to role`. */
  readonly grants: readonly string[];
  /** `role to user`. */
  readonly members: readonly string[];
  /** `role x`, `user x`, `quota x to y`, `settings profile x to y`. */
  readonly entities: readonly string[];
  /** The statement that each grant, member and entity comes from; empty for what the server keeps. */
  readonly sources: ReadonlyMap<string, string>;
}

type Rules = Partial<Omit<AccessRules, 'sources'>>;

const NAME = '(`[^`]*`|[^\\s,.(]+)';
const bare = (name: string): string => name.replace(/^`|`$/g, '');
const list = (names: string): string[] =>
  names
    .split(',')
    .map((each) => bare(each.trim()))
    .sort();

/** Forms of canonical statements, and what they add. */
const FORMS: readonly (readonly [pattern: RegExp, read: (match: string[], me: string) => Rules])[] = [
  [
    new RegExp(
      `^CREATE ROW POLICY (?:IF NOT EXISTS |OR REPLACE )?${NAME} ON ${NAME}\\.${NAME}(?: AS (\\w+))? FOR SELECT USING (.*) TO (.*)$`,
    ),
    ([, name = '', , table = '', kind, filter = '', to = ''], me) => ({
      policies: [
        {
          name: bare(name),
          table: bare(table),
          filter,
          restrictive: kind === 'RESTRICTIVE',
          to: list(to.replace(/\bCURRENT_USER\b/, me)),
        },
      ],
    }),
  ],
  [
    new RegExp(`^GRANT ([A-Z, ]+) ON ${NAME}\\.${NAME} TO (.*)$`),
    ([, privileges = '', , table = '', to = '']) => ({
      grants: list(privileges).flatMap((each) =>
        list(to).map((role) => `${each} on ${bare(table)} to ${role}`),
      ),
    }),
  ],
  [
    /^GRANT (?!.* ON )(.*) TO (.*)$/,
    ([, roles = '', to = '']) => ({
      members: list(roles).flatMap((role) => list(to).map((member) => `${role} to ${member}`)),
    }),
  ],
  [
    new RegExp(`^CREATE (ROLE|USER) (?:IF NOT EXISTS |OR REPLACE )?${NAME}`),
    ([, kind = '', name = '']) => ({ entities: [`${kind.toLowerCase()} ${bare(name)}`] }),
  ],
  [
    new RegExp(`^CREATE (QUOTA|SETTINGS PROFILE) (?:IF NOT EXISTS |OR REPLACE )?${NAME} .* TO (.*)$`),
    ([, kind = '', name = '', to = '']) => ({
      entities: [`${kind.toLowerCase()} ${bare(name)} to ${list(to).join(', ')}`],
    }),
  ],
];

/** What statements say of access, read from the form that the server gives them. */
export async function expectedRules(
  session: ClickHouseSession,
  statements: readonly string[],
): Promise<AccessRules> {
  const rows = await session.rows<{ texts: string[] }>(
    'select arrayMap(x -> formatQuerySingleLine(x), {statements:Array(String)}) as texts',
    { statements },
  );
  const parts = (rows[0]?.texts ?? []).flatMap((text) => {
    const plain = text.replace(/ ON CLUSTER (?:`[^`]*`|\S+)/, '');
    const form = FORMS.find(([pattern]) => pattern.test(plain));
    return form ? [{ text, rules: form[1]([...(form[0].exec(plain) ?? [])], session.user) }] : [];
  });
  return {
    policies: lastOf(parts.flatMap(({ rules }) => rules.policies ?? [])),
    grants: parts.flatMap(({ rules }) => rules.grants ?? []),
    members: parts.flatMap(({ rules }) => rules.members ?? []),
    entities: parts.flatMap(({ rules }) => rules.entities ?? []),
    sources: new Map(
      parts.flatMap(({ text, rules: { grants = [], members = [], entities = [] } }) =>
        [...grants, ...members, ...entities].map((what) => [what, text] as const),
      ),
    ),
  };
}

const keyOf = ({ name, table }: Policy): string => `${name} on ${table}`;
const lastOf = (policies: readonly Policy[]): Policy[] => [
  ...new Map(policies.map((policy) => [keyOf(policy), policy])).values(),
];

/** What the server keeps of access to a database, and of the roles of the pack. */
export async function readRules(
  session: ClickHouseSession,
  database: string,
  roles: readonly string[],
): Promise<AccessRules> {
  const policies = await session.rows<Policy & { all: number; restricts: number }>(
    `select short_name as name, table, ifNull(select_filter, '') as filter, toUInt8(is_restrictive) as restricts,
            apply_to_all as all, apply_to_list as to
       from system.row_policies where database = {database:String} order by table, name`,
    { database },
  );
  const grants = await session.rows<{ text: string }>(
    `select concat(toString(access_type), ' on ', ifNull(table, '*'), ' to ', ifNull(role_name, ifNull(user_name, ''))) as text
       from system.grants where database = {database:String} and not is_partial_revoke`,
    { database },
  );
  const members = await session.rows<{ text: string }>(
    `select concat(granted_role_name, ' to ', ifNull(role_name, ifNull(user_name, ''))) as text
       from system.role_grants where has({roles:Array(String)}, granted_role_name)`,
    { roles },
  );
  const entities = await session.rows<{ text: string }>(
    `select concat('role ', name) as text from system.roles
      union all select concat('user ', name) from system.users
      union all select concat('quota ', name, ' to ', arrayStringConcat(arraySort(apply_to_list), ', ')) from system.quotas
      union all select concat('settings profile ', name, ' to ', arrayStringConcat(arraySort(apply_to_list), ', ')) from system.settings_profiles`,
  );
  const texts = (rows: readonly { text: string }[]): string[] => rows.map(({ text }) => text);
  return {
    policies: policies.map(({ all, restricts, to, ...policy }) => ({
      ...policy,
      restrictive: restricts === 1,
      to: all === 1 ? ['ALL'] : [...to].sort(),
    })),
    grants: texts(grants),
    members: texts(members),
    entities: texts(entities),
    sources: new Map(),
  };
}

const finding = (object: string, message: string, remedy: string, isolation: boolean): Finding => ({
  object,
  severity: 'error',
  isolation,
  message,
  remedy,
});

const policySql = (database: string, { name, table, filter, restrictive, to }: Policy): string =>
  `create row policy or replace ${name} on ${database}.${table} using ${filter} as ${restrictive ? 'restrictive' : 'permissive'} to ${to.join(', ')}`;

/** Policies that are missing, changed, or that nobody rendered. A missing floor opens a table to whoever may read it. */
export function policyFaults(expected: AccessRules, found: AccessRules, database: string): Finding[] {
  const known = new Map(found.policies.map((policy) => [keyOf(policy), policy]));
  const wanted = new Set(expected.policies.map(keyOf));
  const lost = expected.policies.flatMap((policy) => {
    const there = known.get(keyOf(policy));
    const object = `${database}.${policy.table}`;
    const remedy = policySql(database, policy);
    if (!there) return [finding(object, `row policy ${policy.name} is missing`, remedy, true)];
    const isSame =
      there.filter === policy.filter &&
      there.restrictive === policy.restrictive &&
      there.to.join() === policy.to.join();
    if (isSame) return [];
    const told = `shows ${there.filter} to ${there.to.join(', ')}, and should show ${policy.filter} to ${policy.to.join(', ')}`;
    return [finding(object, `row policy ${policy.name} ${told}`, remedy, true)];
  });
  const extra = found.policies
    .filter((policy) => !wanted.has(keyOf(policy)))
    .map((policy) =>
      finding(
        `${database}.${policy.table}`,
        `nobody rendered row policy ${policy.name}, which shows ${policy.filter} to ${policy.to.join(', ')}`,
        `drop row policy ${policy.name} on ${database}.${policy.table}`,
        !policy.restrictive,
      ),
    );
  return [...lost, ...extra];
}

/** Grants that are missing, or that nobody rendered; those of trusted roles are none of these. */
export function grantFaults(
  expected: AccessRules,
  found: AccessRules,
  { database, trusted }: { readonly database: string; readonly trusted: readonly string[] },
): Finding[] {
  const granteeOf = (grant: string): string => grant.replace(/^.* to /, '');
  const tableOf = (grant: string): string => `${database}.${/ on (.*) to /.exec(grant)?.[1] ?? ''}`;
  const sqlOf = (verb: 'grant' | 'revoke', grant: string): string =>
    `${verb} ${grant.replace(/ on /, ` on ${database}.`).replace(/ to (.*)$/, verb === 'grant' ? ' to $1' : ' from $1')}`;
  return [
    ...expected.grants
      .filter((grant) => !found.grants.includes(grant))
      .map((grant) => finding(tableOf(grant), `${grant} is not granted`, sqlOf('grant', grant), false)),
    ...found.grants
      .filter((grant) => !expected.grants.includes(grant) && !trusted.includes(granteeOf(grant)))
      .map((grant) =>
        finding(tableOf(grant), `nobody rendered the grant of ${grant}`, sqlOf('revoke', grant), true),
      ),
  ];
}

/** A privilege that a tenant has outside the pack's database. */
interface Elsewhere {
  readonly privilege: string;
  /** `database.table`, `*` for any. */
  readonly on: string;
  readonly to: string;
}

/** What tenants' roles and users were granted in other databases, or in all of them. */
export const readElsewhere = (
  session: ClickHouseSession,
  database: string,
  principals: readonly string[],
): Promise<Elsewhere[]> =>
  session.rows<Elsewhere>(
    `select toString(access_type) as privilege, concat(ifNull(database, '*'), '.', ifNull(table, '*')) as on,
            ifNull(role_name, ifNull(user_name, '')) as to
       from system.grants
      where ifNull(database, '') != {database:String} and not is_partial_revoke
        and has({principals:Array(String)}, ifNull(role_name, ifNull(user_name, '')))
      order by all`,
    { database, principals },
  );

/** No script gives tenants anything there. */
export const elsewhereFaults = (found: readonly Elsewhere[]): Finding[] =>
  found.map(({ privilege, on, to }) =>
    finding(
      on,
      `nobody rendered the grant of ${privilege} on ${on} to ${to}`,
      `revoke ${privilege} on ${on} from ${to}`,
      true,
    ),
  );

/**
 * Roles, users, quotas and profiles that are missing, and members of roles that nobody rendered. A tenant that holds another
 * role of the pack is somebody else; who else holds a tenant's role may be its application.
 */
export function roleFaults(
  expected: AccessRules,
  found: AccessRules,
  {
    tenantRoles,
    principals,
  }: { readonly tenantRoles: readonly string[]; readonly principals: readonly string[] },
): Finding[] {
  const lost = [
    ...expected.entities.filter((entity) => !found.entities.includes(entity)),
    ...expected.members.filter((member) => !found.members.includes(member)),
  ];
  const extra = found.members
    .filter((member) => !expected.members.includes(member))
    .map((member) => member.split(' to ') as [string, string])
    .filter(([role, member]) => tenantRoles.includes(role) || principals.includes(member));
  return [
    ...lost.map((what) => finding(what, `${what} is missing`, expected.sources.get(what) ?? '', false)),
    ...extra.map(([role, member]): Finding => {
      const isTenant = principals.includes(member);
      return {
        ...finding(
          member,
          `${member} holds the role ${role}, which nobody rendered`,
          `revoke ${role} from ${member}`,
          isTenant,
        ),
        severity: isTenant ? 'error' : 'warning',
      };
    }),
  ];
}
