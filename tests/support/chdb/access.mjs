// What chdb cannot keep: users, roles, grants, row policies, quotas and settings profiles (it has no writable access storage,
// error 514). Their statements are parsed by the engine itself (formatQuerySingleLine), which refuses what ClickHouse would
// refuse; what they say is kept here, told through tables with the columns of system.*, and enforced by the engine: for
// a request of another user the session is opened anew with that user's grants, row filters and settings in users.xml.

/** Statements that are kept here. */
const ACCESS =
  /^\s*(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:role|user|row\s+policy|policy|quota|settings\s+profile)\b|^\s*(?:grant|revoke)\b/i;
/** Tables of system.* that are told from here. */
export const TABLES = [
  'row_policies',
  'roles',
  'users',
  'grants',
  'role_grants',
  'settings_profiles',
  'quotas',
];

export const isAccessStatement = (sql) => ACCESS.test(sql);

/** Reads of the tables above go to their stand-ins. */
export const redirected = (sql) =>
  sql.replace(new RegExp(`\\bsystem\\.(${TABLES.join('|')})\\b`, 'g'), 'chdb_access.$1');

export const emptyStore = () => ({
  roles: [],
  users: [],
  policies: [],
  profiles: [],
  quotas: [],
  grants: [],
  members: [],
});

class AccessError extends Error {
  constructor(code, name, text) {
    super(`Code: ${code}. DB::Exception: ${text}. (${name})`);
  }
}

const bare = (name) => name.trim().replace(/^[`"]|[`"]$/g, '');
const names = (list) => list.split(',').map(bare);
const KINDS = {
  ROLE: 'roles',
  USER: 'users',
  QUOTA: 'quotas',
  'SETTINGS PROFILE': 'profiles',
  'ROW POLICY': 'policies',
};
const WITHOUT_CLUSTER = / ON CLUSTER (?:`[^`]*`|\S+)/;

/** Carries out one statement in its canonical form. */
export function execute(store, canonical) {
  const sql = canonical.replace(WITHOUT_CLUSTER, '');
  const verb = /^(CREATE|ALTER|DROP|GRANT|REVOKE)/.exec(sql)?.[1];
  const kind = /^\w+ (?:OR REPLACE )?(ROLE|USER|QUOTA|SETTINGS PROFILE|ROW POLICY)/.exec(sql)?.[1];
  if (verb === 'GRANT' || verb === 'REVOKE') return grant(store, sql, verb);
  if (verb === 'DROP') return drop(store, sql, kind);
  const rest = sql.replace(
    /^\w+ (?:OR REPLACE )?(?:ROLE|USER|QUOTA|SETTINGS PROFILE|ROW POLICY) (?:IF (?:NOT )?EXISTS |OR REPLACE )?/,
    '',
  );
  const name = bare(/^(`[^`]*`|\S+)/.exec(rest)?.[1] ?? '');
  const entity = kind === 'ROW POLICY' ? policy(rest, name) : { name, text: rest };
  const list = store[KINDS[kind]];
  const key = keyOf(entity);
  const known = list.find((each) => keyOf(each) === key);
  if (verb === 'ALTER') {
    if (!known) throw new AccessError(192, 'UNKNOWN_USER', `There is no ${kind.toLowerCase()} \`${name}\``);
    known.text = `${known.text} ${rest.slice(name.length)}`;
    return;
  }
  if (known && /OR REPLACE/.test(sql)) list.splice(list.indexOf(known), 1);
  else if (known) {
    if (/IF NOT EXISTS/.test(sql)) return;
    throw new AccessError(
      493,
      'ACCESS_ENTITY_ALREADY_EXISTS',
      `${kind.toLowerCase()} \`${name}\` already exists`,
    );
  }
  for (const each of entity.applyTo ?? []) if (each !== 'ALL') requireGrantee(store, each);
  list.push(entity);
  if (kind === 'USER') {
    const role = /DEFAULT ROLE (`[^`]*`|\S+)/.exec(rest)?.[1];
    if (role) requireGrantee(store, bare(role));
  }
}

const keyOf = (entity) =>
  entity.table ? `${entity.name} ON ${entity.database}.${entity.table}` : entity.name;

function requireGrantee(store, name) {
  if (name === 'CURRENT_USER' || name === 'default') return;
  if ([...store.roles, ...store.users].some((each) => each.name === name)) return;
  throw new AccessError(192, 'UNKNOWN_USER', `There is no user or role \`${name}\` in user directories`);
}

function policy(rest, name) {
  const [, database, table] = /ON (`[^`]*`|[^.\s]+)\.(`[^`]*`|\S+)/.exec(rest) ?? [];
  const [, filter, to] = /USING (.*?)(?: TO (.*))?$/.exec(rest) ?? [];
  const applyTo = names(to ?? '')
    .filter(Boolean)
    .map((each) => (each === 'CURRENT_USER' ? 'default' : each));
  return {
    name,
    database: bare(database),
    table: bare(table),
    filter,
    restrictive: /AS RESTRICTIVE/.test(rest),
    applyTo,
  };
}

function drop(store, sql, kind) {
  const list = store[KINDS[kind]];
  const rest = sql.replace(/^DROP (?:ROLE|USER|QUOTA|SETTINGS PROFILE|ROW POLICY) (?:IF EXISTS )?/, '');
  const [, dropped = rest, database, table] = /^(.*?) ON (`[^`]*`|[^.\s]+)\.(\S+)$/.exec(rest) ?? [];
  for (const name of names(dropped)) {
    const key = kind === 'ROW POLICY' ? `${name} ON ${bare(database)}.${bare(table)}` : name;
    const at = list.findIndex((each) => keyOf(each) === key);
    if (at === -1 && !/IF EXISTS/.test(sql))
      throw new AccessError(192, 'UNKNOWN_USER', `There is no ${kind.toLowerCase()} \`${key}\``);
    if (at !== -1) list.splice(at, 1);
    if (kind !== 'ROLE' && kind !== 'USER') continue;
    store.grants = store.grants.filter((each) => each.to !== name);
    store.members = store.members.filter((each) => each.to !== name && each.role !== name);
    for (const each of store.policies) each.applyTo = each.applyTo.filter((role) => role !== name);
  }
}

function grant(store, sql, verb) {
  const [, what, to] = /^(?:GRANT|REVOKE) (.*) (?:TO|FROM) (.*)$/.exec(sql) ?? [];
  const on = /^(.*) ON (\S+)$/.exec(what);
  for (const grantee of names(to)) {
    requireGrantee(store, grantee);
    const privileges = on ? on[1].split(/,\s*(?![^(]*\))/) : [];
    const wanted = on
      ? privileges.map((access) => ({ access, on: on[2].replaceAll('`', ''), to: grantee }))
      : names(what).map((role) => ({ role, to: grantee }));
    const key = on ? 'grants' : 'members';
    const isSame = (one) => (other) => JSON.stringify(one) === JSON.stringify(other);
    for (const { role } of on ? [] : wanted) requireGrantee(store, role);
    if (verb === 'GRANT')
      for (const each of wanted) if (!store[key].some(isSame(each))) store[key].push(each);
    if (verb === 'REVOKE')
      store[key] = store[key].filter(
        (each) => !wanted.some((gone) => isSame(gone)(each) || (on?.[1] === 'ALL' && each.to === grantee)),
      );
  }
}

/** The rows of the stand-in tables, as JSONEachRow by table. */
export function rowsOf(store) {
  const isUser = (name) => store.users.some((each) => each.name === name);
  const holder = (name) => (isUser(name) ? { user_name: name } : { role_name: name });
  return {
    roles: store.roles.map(({ name }) => ({ name })),
    users: store.users.map(({ name, text }) => ({
      name,
      host_ip: /HOST NONE(?!.*HOST ANY)/.test(text) ? [] : ['::/0'],
    })),
    row_policies: store.policies.map((each) => ({
      name: keyOf(each),
      short_name: each.name,
      database: each.database,
      table: each.table,
      select_filter: each.filter,
      is_restrictive: Number(each.restrictive),
      apply_to_all: Number(each.applyTo.includes('ALL')),
      apply_to_list: each.applyTo.filter((name) => name !== 'ALL'),
    })),
    grants: store.grants.map(({ access, on, to }) => {
      const [database, table] = on.split('.');
      const place = { ...(database !== '*' && { database }), ...(table !== '*' && { table }) };
      return { ...holder(to), access_type: access.replace(/\(.*/, ''), ...place };
    }),
    role_grants: store.members.map(({ role, to }) => ({ ...holder(to), granted_role_name: role })),
    settings_profiles: store.profiles.map(({ name, text }) => ({
      name,
      apply_to_list: names(/ TO (.*)$/.exec(text)?.[1] ?? ''),
    })),
    quotas: store.quotas.map(({ name, text }) => ({
      name,
      apply_to_list: names(/ TO (.*)$/.exec(text)?.[1] ?? ''),
    })),
  };
}

/** A user and all roles that it has, directly or through others. */
function allRoles(store, user) {
  const found = new Set([user]);
  for (const name of found) for (const { role, to } of store.members) if (to === name) found.add(role);
  return found;
}

const xml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** users.xml in which the engine's only user, default, is this one. */
export function usersXml(store, user) {
  const roles = allRoles(store, user);
  const grants = store.grants.filter(({ to }) => roles.has(to));
  const tables = new Map();
  for (const each of store.policies) {
    if (!each.applyTo.includes('ALL') && !each.applyTo.some((name) => roles.has(name))) continue;
    const key = `${each.database}.${each.table}`;
    tables.set(key, [...(tables.get(key) ?? []), each]);
  }
  const databases = [...tables].map(([key, policies]) => {
    const [database, table] = key.split('.');
    const some = policies.filter(({ restrictive }) => !restrictive).map(({ filter }) => `(${filter})`);
    const all = policies.filter(({ restrictive }) => restrictive).map(({ filter }) => `(${filter})`);
    const filter = [some.length > 0 ? `(${some.join(' OR ')})` : '1', ...all].join(' AND ');
    return `<${database}><${table}><filter>${xml(filter)}</filter></${table}></${database}>`;
  });
  const settings = store.profiles
    .filter(({ text }) => names(/ TO (.*)$/.exec(text)?.[1] ?? '').some((name) => roles.has(name)))
    .flatMap(({ text }) =>
      [...text.matchAll(/(\w+) = (\d+)/g)].map(([, name, value]) => `<${name}>${value}</${name}>`),
    );
  const grantQueries = grants
    .map(({ access, on }) => `<query>${xml(`GRANT ${access} ON ${on}`)}</query>`)
    .join('');
  return document(
    `<grants>${grantQueries || '<query>GRANT NONE ON *.*</query>'}</grants><databases>${databases.join('')}</databases>`,
    settings.join(''),
  );
}

/** users.xml of the administrator: may do all, and is subject to the row policies that name it. */
export const document = (inner = '', profile = '') =>
  `<clickhouse><profiles><default>${profile}</default></profiles><quotas><default/></quotas><users><default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>${inner}</default></users></clickhouse>`;
