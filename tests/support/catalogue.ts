import type pg from 'pg';

/** What a snapshot covers beside the database itself. */
export interface CatalogueOptions {
  /**
   * Roles are cluster-wide, and other tests make theirs meanwhile. `own` (default): roles whose name starts with the
   * database's name, as the roles of tests do. `all`: for a server that nobody else uses.
   */
  readonly roles?: 'own' | 'all';
}

/** An ACL as a sorted list; one that was never set equals the default that it stands for. */
const acl = (column: string, kind: string, owner: string): string =>
  `(select string_agg(i::text, ' ' order by i::text)
      from unnest(coalesce(${column}, acldefault(${kind}, ${owner}))) as i)`;

/** A list of roles by name, 0 being PUBLIC. */
const roleNames = (oids: string): string =>
  `(select string_agg(case r when 0 then 'public' else r::regrole::text end, ' ' order by r) from unnest(${oids}) as r)`;

/** Every column of a row but those that hold oids or say when something happened. */
const rest = (alias: string, ...without: readonly string[]): string =>
  `(to_jsonb(${alias}) - '{oid,${without.join(',')}}'::text[])::text`;

const USER_SCHEMA = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
const OWN_ROLE = `($1 or starts_with(r.rolname, current_database()))`;
/** The first oid that is not of the bootstrap catalogue. */
const FIRST_USER_OID = 16384;

/** Facts inside the database. Names come out qualified: the snapshot runs with search_path = pg_catalog. */
const DATABASE_FACTS: Readonly<Record<string, string>> = {
  database: `select pg_get_userbyid(datdba), ${acl('datacl', `'d'`, 'datdba')} from pg_database
    where datname = current_database()`,
  schema: `select nspname, pg_get_userbyid(nspowner), ${acl('nspacl', `'n'`, 'nspowner')} from pg_namespace n
    where ${USER_SCHEMA}`,
  relation: `select c.oid::regclass::text, relkind, relpersistence, pg_get_userbyid(relowner), relrowsecurity,
      relforcerowsecurity, reloptions::text, relreplident, relispartition, pg_get_expr(relpartbound, c.oid),
      pg_get_partkeydef(c.oid), am.amname, spc.spcname, reloftype::regtype::text,
      ${acl('relacl', `(case relkind when 'S' then 's' else 'r' end)::"char"`, 'relowner')},
      case when relkind in ('v', 'm') then pg_get_viewdef(c.oid) end
    from pg_class c join pg_namespace n on n.oid = relnamespace
      left join pg_am am on am.oid = relam left join pg_tablespace spc on spc.oid = reltablespace
    where ${USER_SCHEMA}`,
  inheritance: `select inhrelid::regclass::text, inhparent::regclass::text, inhseqno from pg_inherits i
      join pg_class c on c.oid = inhparent join pg_namespace n on n.oid = relnamespace where ${USER_SCHEMA}`,
  column: `select attrelid::regclass::text, row_number() over (partition by attrelid order by attnum), attname,
      format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage, attcompression, attstattarget,
      attislocal, attinhcount, attoptions::text, attfdwoptions::text, attcollation::regcollation::text,
      (select string_agg(i::text, ' ' order by i::text) from unnest(attacl) as i), pg_get_expr(adbin, adrelid)
    from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
      left join pg_attrdef d on adrelid = attrelid and adnum = attnum
    where attnum > 0 and not attisdropped and ${USER_SCHEMA}`,
  constraint: `select conrelid::regclass::text, contypid::regtype::text, o.conname, pg_get_constraintdef(o.oid),
      conindid::regclass::text, confrelid::regclass::text, p.conname,
      ${rest('o', 'conname', 'connamespace', 'conrelid', 'contypid', 'conindid', 'conparentid', 'confrelid', 'conkey', 'confkey', 'conpfeqop', 'conppeqop', 'conffeqop', 'conexclop', 'confdelsetcols', 'conbin')}
    from pg_constraint o join pg_namespace n on n.oid = o.connamespace
      left join lateral (select q.conname from pg_constraint q where q.oid = o.conparentid) p on true
    where ${USER_SCHEMA}`,
  index: `select indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, indisready, indisclustered,
      indisreplident, indisprimary, indimmediate
    from pg_index join pg_class c on c.oid = indrelid join pg_namespace n on n.oid = relnamespace where ${USER_SCHEMA}`,
  sequence: `select seqrelid::regclass::text, seqtypid::regtype::text, seqstart, seqincrement, seqmax, seqmin, seqcache,
      seqcycle, (select pg_describe_object(refclassid, refobjid, refobjsubid) from pg_depend
        where classid = 'pg_class'::regclass and objid = seqrelid and deptype in ('a', 'i'))
    from pg_sequence join pg_class c on c.oid = seqrelid join pg_namespace n on n.oid = relnamespace
    where ${USER_SCHEMA}`,
  routine: `select p.oid::regprocedure::text, prokind, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
      lanname, pg_get_userbyid(proowner), ${acl('proacl', `'f'`, 'proowner')}, prosecdef, proleakproof, proisstrict,
      provolatile, proparallel, procost, prorows, proconfig::text, md5(prosrc), probin,
      case when prokind <> 'a' then md5(pg_get_functiondef(p.oid)) end,
      (select ${rest('g', 'aggfnoid')} from pg_aggregate g where g.aggfnoid = p.oid)
    from pg_proc p join pg_namespace n on n.oid = pronamespace join pg_language l on l.oid = prolang
    where ${USER_SCHEMA}`,
  type: `select t.oid::regtype::text, typtype, typcategory, pg_get_userbyid(typowner), ${acl('typacl', `'T'`, 'typowner')},
      typnotnull, format_type(typbasetype, typtypmod), typdefault, typcollation::regcollation::text, typelem::regtype::text,
      (select rngsubtype::regtype::text from pg_range where rngtypid = t.oid)
    from pg_type t join pg_namespace n on n.oid = typnamespace where ${USER_SCHEMA}`,
  enum: `select enumtypid::regtype::text, row_number() over (partition by enumtypid order by enumsortorder), enumlabel
    from pg_enum`,
  trigger: `select tgrelid::regclass::text, tgname, tgenabled, tgparentid <> 0, pg_get_triggerdef(oid) from pg_trigger
    where not tgisinternal`,
  policy: `select polrelid::regclass::text, polname, polcmd, polpermissive, ${roleNames('polroles')},
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy`,
  rule: `select ev_class::regclass::text, rulename, ev_enabled, pg_get_ruledef(r.oid) from pg_rewrite r
      join pg_class c on c.oid = ev_class join pg_namespace n on n.oid = relnamespace where ${USER_SCHEMA}`,
  'default acl': `select pg_get_userbyid(defaclrole), nspname, defaclobjtype,
      (select string_agg(i::text, ' ' order by i::text) from unnest(defaclacl) as i)
    from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace`,
  statistics: `select stxnamespace::regnamespace::text, stxname, pg_get_userbyid(stxowner), stxstattarget,
      pg_get_statisticsobjdef(oid) from pg_statistic_ext`,
  extension: `select extname, extversion, extnamespace::regnamespace::text, pg_get_userbyid(extowner) from pg_extension`,
  language: `select lanname, lanpltrusted, pg_get_userbyid(lanowner), ${acl('lanacl', `'l'`, 'lanowner')} from pg_language`,
  publication: `select p.pubname, pg_get_userbyid(pubowner), ${rest('p', 'pubowner')} from pg_publication p`,
  'publication table': `select pubname, prrelid::regclass::text, to_jsonb(m) ->> 'prattrs',
      pg_get_expr((to_jsonb(m) ->> 'prqual')::pg_node_tree, prrelid)
    from pg_publication_rel m join pg_publication p on p.oid = prpubid`,
  'event trigger': `select evtname, evtevent, evtenabled, evttags::text, pg_get_userbyid(evtowner),
      evtfoid::regprocedure::text from pg_event_trigger`,
  cast: `select castsource::regtype::text, casttarget::regtype::text, castfunc::regprocedure::text, castcontext, castmethod
    from pg_cast where oid >= ${FIRST_USER_OID}`,
  operator: `select o.oid::regoperator::text, oprcode::regproc::text, pg_get_userbyid(oprowner), oprcanmerge, oprcanhash
    from pg_operator o join pg_namespace n on n.oid = oprnamespace where ${USER_SCHEMA}`,
  'operator class': `select pg_describe_object('pg_opclass'::regclass, o.oid, 0), pg_get_userbyid(opcowner), opcdefault
    from pg_opclass o join pg_namespace n on n.oid = opcnamespace where ${USER_SCHEMA}`,
  collation: `select c.oid::regcollation::text, pg_get_userbyid(collowner), ${rest('c', 'collname', 'collnamespace', 'collowner')}
    from pg_collation c join pg_namespace n on n.oid = collnamespace where ${USER_SCHEMA}`,
  'text search configuration': `select c.oid::regconfig::text, pg_get_userbyid(cfgowner),
      (select string_agg(maptokentype || ':' || mapseqno || ':' || mapdict::regdictionary, ' ' order by 1)
        from pg_ts_config_map where mapcfg = c.oid)
    from pg_ts_config c join pg_namespace n on n.oid = cfgnamespace where ${USER_SCHEMA}`,
  'text search dictionary': `select d.oid::regdictionary::text, pg_get_userbyid(dictowner), dictinitoption
    from pg_ts_dict d join pg_namespace n on n.oid = dictnamespace where ${USER_SCHEMA}`,
  'foreign data wrapper': `select fdwname, pg_get_userbyid(fdwowner), ${acl('fdwacl', `'F'`, 'fdwowner')}, fdwoptions::text
    from pg_foreign_data_wrapper`,
  'foreign server': `select srvname, pg_get_userbyid(srvowner), ${acl('srvacl', `'S'`, 'srvowner')}, srvtype, srvversion,
      srvoptions::text from pg_foreign_server`,
  'foreign table': `select ftrelid::regclass::text, srvname, ftoptions::text from pg_foreign_table
      join pg_foreign_server s on s.oid = ftserver`,
  'user mapping': `select srvname, usename, umoptions::text from pg_user_mappings`,
  'large object': `select oid, pg_get_userbyid(lomowner), ${acl('lomacl', `'L'`, 'lomowner')} from pg_largeobject_metadata`,
  comment: `select pg_describe_object(classoid, objoid, objsubid), description from pg_description
    where objoid >= ${FIRST_USER_OID} or classoid = 'pg_namespace'::regclass`,
  'security label': `select pg_describe_object(classoid, objoid, objsubid), provider, label from pg_seclabel`,
};

/** Facts of the cluster; $1: of all roles, not only the test's own. */
const CLUSTER_FACTS: Readonly<Record<string, string>> = {
  role: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
      rolconnlimit, rolvaliduntil::text, rolpassword is not null from pg_authid r
    where rolname !~ '^pg_' and ${OWN_ROLE}`,
  membership: `select r.rolname, m.member::regrole::text, ${rest('m', 'roleid', 'member', 'grantor')}
    from pg_auth_members m join pg_authid r on r.oid = m.roleid
    where ${OWN_ROLE} or starts_with(m.member::regrole::text, current_database())`,
  setting: `select d.datname, r.rolname, unnest(setconfig) from pg_db_role_setting s
      left join pg_database d on d.oid = setdatabase left join pg_authid r on r.oid = setrole
    where d.datname = current_database() or (r.rolname is not null and ${OWN_ROLE})`,
  'shared comment': `select r.rolname, description from pg_shdescription s join pg_authid r on r.oid = objoid
    where classoid = 'pg_authid'::regclass and ${OWN_ROLE}`,
};

/**
 * Everything that DDL can leave behind in the connected database, and on the roles of the test, as sorted lines of
 * text without oids: two snapshots are equal when the catalogues mean the same. Needs a superuser (role passwords).
 */
export async function snapshotCatalogue(
  client: pg.Client,
  options: CatalogueOptions = {},
): Promise<string[]> {
  const { rows } = await client.query<{ path: string }>(`select current_setting('search_path') as path`);
  await client.query(`select set_config('search_path', 'pg_catalog', false)`);
  try {
    const facts: string[] = [];
    for (const [kind, text] of Object.entries(DATABASE_FACTS))
      facts.push(...(await read(client, kind, text)));
    const isAll = options.roles === 'all';
    for (const [kind, text] of Object.entries(CLUSTER_FACTS))
      facts.push(...(await read(client, kind, text, [isAll])));
    return facts.sort();
  } finally {
    await client.query(`select set_config('search_path', $1, false)`, [rows[0]?.path ?? '']);
  }
}

async function read(
  client: pg.Client,
  kind: string,
  text: string,
  values: unknown[] = [],
): Promise<string[]> {
  const { rows } = await client.query<unknown[]>({ text, values, rowMode: 'array' });
  return rows.map((row) => `${kind} ${JSON.stringify(row)}`);
}

/** The facts that only one of two snapshots holds: `- ` of the first, `+ ` of the second. */
export function diffCatalogues(before: readonly string[], after: readonly string[]): string[] {
  const first = new Set(before);
  const second = new Set(after);
  return [
    ...before.filter((fact) => !second.has(fact)).map((fact) => `- ${fact}`),
    ...after.filter((fact) => !first.has(fact)).map((fact) => `+ ${fact}`),
  ];
}
