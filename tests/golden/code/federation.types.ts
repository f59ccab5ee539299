// Written by "fedgen generate --types" for pack federation: to be written again, not to be edited.
import type { ColumnType } from 'kysely';
import type { PackTables } from 'fedgen/client/kysely';

type Defaulted<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
type ReadOnly<T> = T extends ColumnType<infer S, infer _I, infer _U> ? ColumnType<S, never, never> : ColumnType<T, never, never>;
/** Filled in; never changes. */
type Tenant<T extends string | null> = ColumnType<T, string | undefined, never>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as text: it may have more digits than a number of JavaScript. */
type Numeric = ColumnType<string, string | number, string | number>;
type Int8 = ColumnType<string, string | number | bigint, string | number | bigint>;
type JsonInput = string | number | boolean | object;
type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** One row per function the voice agent asks to run, from dispatch to its final state */
export interface ToolCalls {
  id: Defaulted<string>;
  department: Tenant<string>;
  tool_call_id: string;
  session_id: string;
  intent_id: string | null;
  function_name: string;
  parameters: Defaulted<Json>;
  status: Defaulted<string>;
  result: Json | null;
  error_message: string | null;
  voice_response: string | null;
  callback_url: string | null;
  execution_time_ms: number | null;
  created_at: Defaulted<Timestamp>;
  completed_at: Timestamp | null;
}

/** Short-lived facts shared between tools within one session; each row carries its own time to live, 90 days at most */
export interface SessionContext {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  context_type: string;
  context_key: string;
  context_value: Json;
  ttl_seconds: Defaulted<number>;
  created_at: Defaulted<Timestamp>;
  expires_at: ReadOnly<Timestamp>;
}

/** Long-term memory items of the agent, graded by importance */
export interface AgentContext {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  context_category: string;
  context_data: Json;
  importance_score: Defaulted<number>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Transcript, one row per turn */
export interface ConversationHistory {
  id: ReadOnly<Int8>;
  department: Tenant<string>;
  session_id: string;
  turn_index: number;
  speaker: string;
  message_text: string;
  audio_duration_ms: number | null;
  timestamp: Defaulted<Timestamp>;
}

/** Catalogue of synced Google Drive files with extracted text, analysis result and access counters */
export interface DriveDocumentRepository {
  id: ReadOnly<Int8>;
  department: Tenant<string>;
  drive_file_id: string;
  drive_folder_id: string;
  file_name: string | null;
  mime_type: string | null;
  file_size_bytes: Int8 | null;
  web_view_link: string | null;
  drive_modified_time: Timestamp | null;
  extracted_text: string | null;
  text_length: number | null;
  extraction_method: string | null;
  extraction_status: string | null;
  ai_analysis: Json | null;
  access_count: Defaulted<number>;
  first_accessed_at: Defaulted<Timestamp>;
  last_accessed_at: Defaulted<Timestamp>;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
  search_vector: ReadOnly<string>;
}

/** Outcome of each Drive sync, get, search or analyze run, with counts of files seen, handled and skipped */
export interface DriveAccessLog {
  id: ReadOnly<Int8>;
  department: Tenant<string>;
  drive_folder_id: string;
  operation: string;
  files_found: number | null;
  files_processed: number | null;
  files_skipped: Defaulted<number>;
  success: Defaulted<boolean>;
  error_message: string | null;
  created_at: Defaulted<Timestamp>;
}

/** Text chunks of a document with their embedding for semantic search */
export interface VectorStoreEmbeddings {
  id: Defaulted<string>;
  department: Tenant<string>;
  document_id: string;
  document_type: string;
  chunk_index: Defaulted<number>;
  chunk_text: string;
  embedding_model: string;
  embedding_vector: number[];
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
}

/** Metadata of files produced or attached during a session; the bytes live elsewhere */
export interface FileAttachments {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  tool_call_id: string | null;
  file_name: string;
  file_path: string;
  mime_type: string | null;
  file_size_bytes: Int8 | null;
  storage_provider: string | null;
  storage_id: string | null;
  created_at: Defaulted<Timestamp>;
}

/** Outgoing mail sent on behalf of a session and its delivery state */
export interface EmailLogs {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  tool_call_id: string | null;
  recipient_email: string;
  subject: string;
  body: string | null;
  attachments: Json | null;
  status: Defaulted<string>;
  message_id: string | null;
  error_message: string | null;
  sent_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
}

/** Mirror of Google Calendar events */
export interface CalendarEvents {
  id: Defaulted<string>;
  department: Tenant<string>;
  calendar_event_id: string;
  calendar_id: string;
  event_title: string | null;
  event_description: string | null;
  start_time: Timestamp;
  end_time: Timestamp;
  attendees: Json | null;
  location: string | null;
  status: string | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Mirror of Google contacts */
export interface Contacts {
  id: Defaulted<string>;
  department: Tenant<string>;
  contact_id: string;
  full_name: string | null;
  email_addresses: Json | null;
  phone_numbers: Json | null;
  organization: string | null;
  job_title: string | null;
  notes: string | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Messages to a user, unread while read_at is null */
export interface Notifications {
  id: Defaulted<string>;
  department: Tenant<string>;
  user_id: string;
  notification_type: string;
  title: string;
  message: string | null;
  action_url: string | null;
  read_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
}

/** Aggregates of one voice session */
export interface UserSessionAnalytics {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  user_id: string | null;
  session_start: Timestamp;
  session_end: Timestamp | null;
  duration_seconds: number | null;
  total_turns: Defaulted<number>;
  tool_calls_count: Defaulted<number>;
  errors_count: Defaulted<number>;
  satisfaction_score: number | null;
  created_at: Defaulted<Timestamp>;
}

/** Numeric training and performance measurements per session */
export interface TrainingMetrics {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  metric_type: string;
  metric_value: Numeric | null;
  metadata: Json | null;
  created_at: Defaulted<Timestamp>;
}

/** Token counts and cost per language-model call */
export interface LlmUsageLogs {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  provider: string;
  model: string;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  total_tokens: number | null;
  request_duration_ms: number | null;
  cost_usd: Numeric | null;
  created_at: Defaulted<Timestamp>;
}

/** Seconds and cost of speech recognition */
export interface SttUsageLogs {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  provider: Defaulted<string>;
  model: string;
  audio_duration_seconds: Numeric | null;
  transcription_duration_ms: number | null;
  cost_usd: Numeric | null;
  created_at: Defaulted<Timestamp>;
}

/** Characters, seconds and cost of speech synthesis */
export interface TtsUsageLogs {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  provider: Defaulted<string>;
  voice: string;
  text_length: number | null;
  audio_duration_seconds: Numeric | null;
  synthesis_duration_ms: number | null;
  cost_usd: Numeric | null;
  created_at: Defaulted<Timestamp>;
}

/** One row per n8n workflow run triggered by a tool call */
export interface WorkflowExecutions {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string;
  tool_call_id: string | null;
  workflow_id: string;
  workflow_name: string | null;
  execution_id: string | null;
  status: string;
  input_data: Json | null;
  output_data: Json | null;
  error_message: string | null;
  execution_time_ms: number | null;
  created_at: Defaulted<Timestamp>;
}

/** Recurring work and reminders */
export interface ScheduledTasks {
  id: Defaulted<string>;
  department: Tenant<string>;
  task_name: string;
  task_type: string;
  schedule_expression: string | null;
  next_run_at: Timestamp | null;
  last_run_at: Timestamp | null;
  status: Defaulted<string>;
  task_data: Json | null;
  created_at: Defaulted<Timestamp>;
}

/** Errors of any component with severity and context */
export interface ErrorLogs {
  id: Defaulted<string>;
  department: Tenant<string>;
  session_id: string | null;
  tool_call_id: string | null;
  error_type: string;
  error_message: string;
  stack_trace: string | null;
  context: Json | null;
  severity: Defaulted<string>;
  created_at: Defaulted<Timestamp>;
}

/** Key/value settings per user */
export interface UserPreferences {
  id: Defaulted<string>;
  department: Tenant<string>;
  user_id: string;
  preference_key: string;
  preference_value: Json;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Encrypted credentials of external services used by the department; never shared */
export interface ApiKeys {
  id: Defaulted<string>;
  department: Tenant<string>;
  service_name: string;
  api_key_name: string;
  api_key_encrypted: Buffer;
  encryption_key_id: string;
  encryption_key_version: Defaulted<number>;
  scopes: Json | null;
  expires_at: Timestamp | null;
  created_at: Defaulted<Timestamp>;
  rotated_at: Timestamp | null;
}

/** Department-level switches */
export interface FeatureFlags {
  id: Defaulted<string>;
  department: Tenant<string>;
  feature_name: string;
  enabled: Defaulted<boolean>;
  config: Json | null;
  created_at: Defaulted<Timestamp>;
  updated_at: Defaulted<Timestamp>;
}

/** Security log of what happened in this department; append-only, never shared */
export interface AuditTrail {
  id: Defaulted<string>;
  department: Tenant<string>;
  event_type: string;
  user_id: string | null;
  session_id: string | null;
  resource_type: string | null;
  resource_id: string | null;
  action: string;
  details: Json | null;
  ip_address: string | null;
  user_agent: string | null;
  created_at: Defaulted<Timestamp>;
}

/** The tables and views of pack federation, for Kysely. */
export interface FederationDatabase {
  'tool_calls': ToolCalls;
  'session_context': SessionContext;
  'agent_context': AgentContext;
  'conversation_history': ConversationHistory;
  'drive_document_repository': DriveDocumentRepository;
  'drive_access_log': DriveAccessLog;
  'vector_store_embeddings': VectorStoreEmbeddings;
  'file_attachments': FileAttachments;
  'email_logs': EmailLogs;
  'calendar_events': CalendarEvents;
  'contacts': Contacts;
  'notifications': Notifications;
  'user_session_analytics': UserSessionAnalytics;
  'training_metrics': TrainingMetrics;
  'llm_usage_logs': LlmUsageLogs;
  'stt_usage_logs': SttUsageLogs;
  'tts_usage_logs': TtsUsageLogs;
  'workflow_executions': WorkflowExecutions;
  'scheduled_tasks': ScheduledTasks;
  'error_logs': ErrorLogs;
  'user_preferences': UserPreferences;
  'api_keys': ApiKeys;
  'feature_flags': FeatureFlags;
  'audit_trail': AuditTrail;
}

/** What createTenantDb has to know of pack federation. */
export const federationPack: PackTables = {
  pack: 'federation',
  tenancy: 'schema',
  tenantColumn: 'department',
  tables: {
    'tool_calls': 'tenant',
    'session_context': 'tenant',
    'agent_context': 'tenant',
    'conversation_history': 'tenant',
    'drive_document_repository': 'tenant',
    'drive_access_log': 'tenant',
    'vector_store_embeddings': 'tenant',
    'file_attachments': 'tenant',
    'email_logs': 'tenant',
    'calendar_events': 'tenant',
    'contacts': 'tenant',
    'notifications': 'tenant',
    'user_session_analytics': 'tenant',
    'training_metrics': 'tenant',
    'llm_usage_logs': 'tenant',
    'stt_usage_logs': 'tenant',
    'tts_usage_logs': 'tenant',
    'workflow_executions': 'tenant',
    'scheduled_tasks': 'tenant',
    'error_logs': 'tenant',
    'user_preferences': 'tenant',
    'api_keys': 'tenant',
    'feature_flags': 'tenant',
    'audit_trail': 'tenant',
  },
};
