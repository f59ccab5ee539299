import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { apply } from '../../../src/index.js';
import { createTestDatabase, withClient, type TestDatabase } from '../../support/database.js';
import { testSettings } from '../../support/department.js';
import {
  CONTROL_PLANE_FUNCTIONS,
  CONTROL_PLANE_TABLES,
  DEPARTMENT_FUNCTIONS,
  DEPARTMENT_TABLES,
} from '../../support/federation-spec.js';
import { appliedFacts, appliedFunctions, originalFacts } from '../../support/spec-facts.js';

/** Facts of the original that are not kept, and facts of ours that stand for them or are new. */
interface Deviation {
  readonly reason: string;
  readonly original?: readonly string[];
  readonly ours?: readonly string[];
}

const DEPARTMENT_DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'identity columns leave no sequence to grant',
    original: [
      'conversation_history.id bigserial!',
      'drive_access_log.id bigserial!',
      'drive_document_repository.id bigserial!',
    ],
    ours: [
      'conversation_history.id bigint!',
      'drive_access_log.id bigint!',
      'drive_document_repository.id bigint!',
    ],
  },
  {
    reason: 'a vector in jsonb can neither be measured nor checked (F26)',
    original: ['vector_store_embeddings.embedding_vector jsonb!'],
    ours: ['vector_store_embeddings.embedding_vector real[]!'],
  },
  {
    reason: 'the model is part of the key, so that two models can stand side by side (F26)',
    original: ['vector_store_embeddings key unique_document_chunk (department, document_id, chunk_index)'],
    ours: [
      'vector_store_embeddings key unique_document_chunk (department, embedding_model, document_id, chunk_index)',
    ],
  },
  {
    reason: 'the index repeated the unique key; one index with the name of the index is both',
    original: [
      'calendar_events index idx_calendar_event_id (department, calendar_event_id)',
      'calendar_events key calendar_events_calendar_event_id_key (department, calendar_event_id)',
      'drive_document_repository index idx_drive_file_id (department, drive_file_id)',
      'drive_document_repository key drive_document_repository_drive_file_id_key (department, drive_file_id)',
    ],
    ours: [
      'calendar_events key idx_calendar_event_id (department, calendar_event_id)',
      'drive_document_repository key idx_drive_file_id (department, drive_file_id)',
    ],
  },
  {
    reason: 'what identifies a row is unique, which also gives upserts a target (F26)',
    original: [
      'conversation_history index idx_conversation_session (department, session_id)',
      'session_context index idx_session_context_session (department, session_id)',
      'user_session_analytics index idx_user_session_analytics_session (department, session_id)',
    ],
    ours: [
      'conversation_history key idx_conversation_session (department, session_id, turn_index)',
      'session_context key idx_session_context_session (department, session_id, context_type, context_key)',
      'user_session_analytics key idx_user_session_analytics_session (department, session_id)',
    ],
  },
  {
    reason: 'the order differs from that of idx_api_keys_service, so that the two do not repeat each other',
    original: ['api_keys key unique_service_key (department, service_name, api_key_name)'],
    ours: ['api_keys key unique_service_key (department, api_key_name, service_name)'],
  },
  {
    reason: 'lists are read newest first; the unread ones alone are indexed as such',
    original: [
      'notifications index idx_notifications_read (department, read_at)',
      'notifications index idx_notifications_user (department, user_id)',
      'tool_calls index idx_tool_calls_session (department, session_id)',
      'user_preferences index idx_user_preferences_user (department, user_id)',
    ],
    ours: [
      'notifications index idx_notifications_read (department, user_id, created_at desc)',
      'notifications index idx_notifications_user (department, user_id, created_at desc)',
      'tool_calls index idx_tool_calls_session (department, session_id, created_at desc)',
      'user_preferences index idx_user_preferences_user (department, user_id, updated_at desc)',
    ],
  },
  {
    reason: 'foreign keys to tool_calls are indexed (F26)',
    ours: [
      'email_logs index idx_email_logs_tool_call (department, tool_call_id)',
      'error_logs index idx_error_logs_tool_call (department, tool_call_id)',
      'workflow_executions index idx_workflow_executions_tool_call (department, tool_call_id)',
    ],
  },
  {
    reason: 'retention deletes by these columns (F21), and the mirror is aged by its last use',
    ours: [
      'agent_context index idx_agent_context_updated (department, updated_at)',
      'drive_document_repository index idx_drive_last_accessed (department, last_accessed_at desc)',
      'file_attachments index idx_file_attachments_created (department, created_at desc)',
      'workflow_executions index idx_workflow_executions_created (department, created_at desc)',
    ],
  },
  {
    reason: 'full-text search instead of ILIKE (F24)',
    ours: [
      'drive_document_repository.search_vector tsvector!',
      'drive_document_repository index idx_drive_search (search_vector)',
    ],
  },
  {
    reason: 'keys can be rotated, and a rotation can stop half-way (F19)',
    ours: ['api_keys.encryption_key_id varchar(100)!', 'api_keys.encryption_key_version integer!'],
  },
  {
    reason: 'evidence is append-only, and dated by the server (F15)',
    ours: ['audit_trail trigger audit_trail_append_only', 'audit_trail trigger audit_trail_created_at'],
  },
  {
    reason: 'states we closed (F26)',
    ours: [
      'calendar_events states calendar_events_status_check (confirmed, tentative, cancelled)',
      'drive_access_log states drive_access_log_operation_check (sync, get, search, analyze)',
      'drive_document_repository states drive_document_repository_status_check (PENDING, SUCCESS, FAILED)',
      'workflow_executions states workflow_executions_status_check (PENDING, RUNNING, WAITING, COMPLETED, FAILED, CANCELLED)',
    ],
  },
];

/** Tables that are compared by name only. */
const CONTROL_PLANE_TABLE_DEVIATIONS = [
  {
    original: 'audit_logs',
    reason: 'a second log that nobody reconciled; cross_dept_audit takes its columns',
  },
  { original: 'schema_migrations', ours: 'schema_migrations', reason: 'a ledger with checksums (F18)' },
  { ours: 'migration_runs', reason: 'runs of the ledger (F18)' },
  { ours: 'cross_dept_resources', reason: 'the closed list of what can be shared (F9)' },
  { ours: 'run_targets', reason: 'what became of each target of a run over many' },
  { ours: 'tenants', reason: 'which role is which tenant (F11)' },
  { ours: 'packs', reason: 'which shared packs stand, and how their tenants prove who they are' },
  { ours: 'pack_keys', reason: 'keys that sign tokens of tenants' },
  { ours: 'pack_roles', reason: 'roles of packs without tenants, and all that they may do' },
  {
    ours: 'validations',
    reason: 'what the last validation of each target came to, for --since-last and status',
  },
] as const;

const EVENTS = 'CROSS_DEPT_ACCESS_DENIED, RATE_LIMIT_EXCEEDED, GDPR_REQUEST, CROSS_SCHEMA_ACCESS_ATTEMPT';
const CONTROL_PLANE_DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'the commands of the original do not ask for it',
    original: ['departments.admin_email varchar(255)!'],
    ours: ['departments.admin_email varchar(255)'],
  },
  {
    reason: 'a null would escape the unique key, and lets nobody say what is permitted',
    original: ['cross_dept_permissions.resource_type varchar(50)'],
    ours: ['cross_dept_permissions.resource_type varchar(50)!'],
  },
  {
    reason: 'one schema per department, and no stale updated_at',
    ours: [
      'departments key departments_tenant_schema_key (tenant_schema)',
      'departments trigger update_departments_updated_at',
    ],
  },
  {
    reason: 'events that the platform itself records',
    original: [`security_audit states security_audit_event_type (${EVENTS})`],
    ours: [
      `security_audit states security_audit_event_type (${EVENTS}, PERMISSION_GRANTED, PERMISSION_REVOKED, TENANT_STATUS_CHANGED, DEPARTMENT_REMOVED, PACK_INSTALLED, PACK_REMOVED, TENANT_ADDED, TENANT_REMOVED, KEY_ADDED, KEY_REMOVED)`,
    ],
  },
  {
    reason: 'evidence is append-only; the server says when and by whom it was written (F15)',
    ours: ['cross_dept_audit', 'security_audit'].flatMap((table) => [
      `${table}.recorded_by name!`,
      ...['append_only', 'keep', 'created_at', 'recorded_by'].map(
        (what) => `${table} trigger ${table}_${what}`,
      ),
    ]),
  },
  {
    reason: 'columns of the audit_logs that it replaces',
    ours: [
      'cross_dept_audit.requester_user_id varchar(100)',
      'cross_dept_audit.user_agent text',
      'cross_dept_audit.reason text',
    ],
  },
  {
    reason: 'the foreign key to the resources is indexed',
    ours: ['cross_dept_permissions index idx_cross_dept_resource (resource_type)'],
  },
  {
    reason: 'keys can be rotated (F19), and the access token has a place',
    ours: [
      'oauth_credentials.access_token_encrypted bytea',
      'oauth_credentials.encryption_key_id varchar(100)!',
      'oauth_credentials.encryption_key_version integer!',
    ],
  },
];

const without = (facts: readonly string[], others: readonly string[]): string[] =>
  facts.filter((fact) => !others.includes(fact)).sort();
const all = (deviations: readonly Deviation[], side: 'original' | 'ours'): string[] =>
  deviations.flatMap((deviation) => deviation[side] ?? []).sort();

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('testServer'), 'spec');
  await apply({ departmentId: 'hr', department: 'HR', settings: testSettings(database) });
});
afterAll(() => database.drop());

const facts = (schema: string): Promise<string[]> =>
  withClient(database.url, (client) => appliedFacts(client, schema));
const functions = (schema: string): Promise<string[]> =>
  withClient(database.url, (client) => appliedFunctions(client, schema));

describe('the schema of a department, compared with the original', () => {
  const original = originalFacts(DEPARTMENT_TABLES, { leadingColumn: 'department' });

  it('has the same 24 tables', async () => {
    const ours = new Set((await facts('hr_tenant')).map((fact) => fact.split(/[. ]/)[0]));
    expect([...ours].sort()).toEqual(Object.keys(DEPARTMENT_TABLES).sort());
    expect(ours.size).toBe(24);
  });

  it('lacks nothing but what is listed', async () => {
    expect(without(original, await facts('hr_tenant'))).toEqual(all(DEPARTMENT_DEVIATIONS, 'original'));
  });

  it('adds nothing but what is listed', async () => {
    expect(without(await facts('hr_tenant'), original)).toEqual(all(DEPARTMENT_DEVIATIONS, 'ours'));
  });

  it('has its functions, and purge_expired for the tables that nothing cleaned up (F21)', async () => {
    expect((await functions('hr_tenant')).sort()).toEqual([...DEPARTMENT_FUNCTIONS, 'purge_expired'].sort());
  });
});

describe('the control plane, compared with the original', () => {
  const different = new Set(
    CONTROL_PLANE_TABLE_DEVIATIONS.flatMap((each) => [
      'original' in each ? each.original : each.ours,
    ]) as string[],
  );
  const compared = (fact: string): boolean => !different.has(fact.split(/[. ]/)[0] ?? '');
  const original = originalFacts(CONTROL_PLANE_TABLES, {}).filter(compared);

  it('has its tables but for the listed ones', async () => {
    const ours = [...new Set((await facts('federation')).map((fact) => fact.split(/[. ]/)[0] ?? ''))];
    const dropped = CONTROL_PLANE_TABLE_DEVIATIONS.flatMap((each) => ('ours' in each ? [] : [each.original]));
    const added = CONTROL_PLANE_TABLE_DEVIATIONS.flatMap((each) => ('original' in each ? [] : [each.ours]));
    expect(without(Object.keys(CONTROL_PLANE_TABLES), ours)).toEqual(dropped);
    expect(without(ours, Object.keys(CONTROL_PLANE_TABLES))).toEqual([...added].sort());
  });

  it('lacks nothing but what is listed', async () => {
    expect(without(original, await facts('federation'))).toEqual(all(CONTROL_PLANE_DEVIATIONS, 'original'));
  });

  it('adds nothing but what is listed', async () => {
    const ours = (await facts('federation')).filter(compared);
    expect(without(ours, original)).toEqual(all(CONTROL_PLANE_DEVIATIONS, 'ours'));
  });

  it('has its functions, but no event trigger for SELECT, which PostgreSQL never fires (F20)', async () => {
    expect(without(CONTROL_PLANE_FUNCTIONS, await functions('federation'))).toEqual([
      'log_cross_schema_access',
    ]);
  });
});
