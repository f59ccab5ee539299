import type { IdentityStatement } from './model.js';

type Mode = IdentityStatement['mode'];

const FORGOTTEN_WHERE = 'a query without a condition on the tenant';
const FORGED_SETTING = 'a session that sets app.current_tenant_id to another tenant';
const HOSTILE_LOGIN = 'hostile SQL in a session that logged in as one tenant';
const INJECTION = 'SQL injection in a pooled session, which may SET ROLE to other tenants';
const STOLEN_SECRET = 'a stolen password of a tenant, or of the platform';

const STATEMENTS: Readonly<Record<Mode, Pick<IdentityStatement, 'stops' | 'doesNotStop'>>> = {
  role: {
    stops: [FORGOTTEN_WHERE, FORGED_SETTING, HOSTILE_LOGIN],
    doesNotStop: [INJECTION, STOLEN_SECRET],
  },
  signed: {
    stops: [FORGOTTEN_WHERE, FORGED_SETTING, HOSTILE_LOGIN, INJECTION],
    doesNotStop: [STOLEN_SECRET, 'an application that asks for a token of the wrong tenant'],
  },
  variable: {
    stops: [FORGOTTEN_WHERE],
    doesNotStop: [FORGED_SETTING, HOSTILE_LOGIN, INJECTION, STOLEN_SECRET],
  },
};

/** Which threats a pack's way of telling tenants apart stops, and which it does not. */
export const describeIdentity = (pack: string, mode: Mode): IdentityStatement => ({
  pack,
  mode,
  ...STATEMENTS[mode],
});

/** What PostgreSQL shows to every role whatever a pack does. Whoever must hide it gives tenants databases of their own. */
export const RESIDUAL_RISKS: readonly string[] = [
  'names: every role can list schemas, tables, columns, roles and the text of policies and functions',
  'sizes: the number of pages and the estimated number of rows of every table, and of its parts',
  'estimates: in shared tables EXPLAIN shows how many rows of other tenants the planner expects',
  'locks: whoever may write to a table may lock it, and advisory locks are common to all of a database',
  'notifications: LISTEN hears what any session of the database announces with NOTIFY',
  'load: what one tenant computes, reads and caches slows others down, and they can time it',
];
