/**
 * What the published original of the pack declares, for the comparison in tests/db/packs/federation-spec.test.ts. Generated
 * once from the project's inventory of it (spec/federation.yaml, which is not part of this repository); not maintained.
 */

/**
 * One table of the original. Lists are separated by `;`. Columns: name, type, then `!` for NOT NULL or `?` for a column
 * that may be null although it has a default.
 */
export interface OriginalTable {
  readonly columns: string;
  readonly indexes?: string;
  readonly uniques?: string;
  readonly triggers?: string;
  /** Checks that list the values a column may have. */
  readonly states?: string;
}

/** The 24 tables of a department's schema. */
export const DEPARTMENT_TABLES: Readonly<Record<string, OriginalTable>> = {
  tool_calls: {
    columns:
      'id uuid!; department varchar(100)?; tool_call_id varchar(100)!; session_id varchar(100)!; intent_id varchar(100); function_name varchar(100)!; parameters jsonb!; status varchar(20)!; result jsonb; error_message text; voice_response text; callback_url text; execution_time_ms integer; created_at timestamptz?; completed_at timestamptz',
    indexes:
      'idx_tool_calls_created (created_at desc); idx_tool_calls_department (department); idx_tool_calls_function (function_name); idx_tool_calls_session (session_id); idx_tool_calls_status (status)',
    uniques: 'tool_calls_tool_call_id_key (tool_call_id)',
    states: 'valid_status (EXECUTING, COMPLETED, FAILED, CANCELLED)',
  },
  session_context: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; context_type varchar(50)!; context_key varchar(255)!; context_value jsonb!; ttl_seconds integer!; created_at timestamptz?; expires_at timestamptz?',
    indexes:
      'idx_session_context_department (department); idx_session_context_expires (expires_at); idx_session_context_session (session_id); idx_session_context_type (context_type)',
  },
  drive_document_repository: {
    columns:
      'id bigserial!; department varchar(100)?; drive_file_id varchar(255)!; drive_folder_id varchar(255)!; file_name varchar(255); mime_type varchar(100); file_size_bytes bigint; web_view_link text; drive_modified_time timestamptz; extracted_text text; text_length integer; extraction_method varchar(50); extraction_status varchar(50); ai_analysis jsonb; access_count integer!; first_accessed_at timestamptz!; last_accessed_at timestamptz!; created_at timestamptz!; updated_at timestamptz!',
    indexes:
      'idx_drive_created_at (created_at desc); idx_drive_department (department); idx_drive_extraction_status (extraction_status); idx_drive_file_id (drive_file_id); idx_drive_folder_id (drive_folder_id)',
    uniques: 'drive_document_repository_drive_file_id_key (drive_file_id)',
    triggers: 'update_drive_document_repository_updated_at',
  },
  drive_access_log: {
    columns:
      'id bigserial!; department varchar(100)?; drive_folder_id varchar(255)!; operation varchar(50)!; files_found integer; files_processed integer; files_skipped integer?; success boolean!; error_message text; created_at timestamptz?',
    indexes:
      'idx_drive_access_log_created (created_at desc); idx_drive_access_log_department (department); idx_drive_access_log_folder (drive_folder_id); idx_drive_access_log_operation (operation)',
  },
  email_logs: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; tool_call_id varchar(100); recipient_email varchar(255)!; subject text!; body text; attachments jsonb; status varchar(50)!; message_id varchar(255); error_message text; sent_at timestamptz; created_at timestamptz?',
    indexes:
      'idx_email_logs_created (created_at desc); idx_email_logs_department (department); idx_email_logs_recipient (recipient_email); idx_email_logs_session (session_id); idx_email_logs_status (status)',
    states: 'valid_email_status (SENDING, SENT, FAILED, BOUNCED)',
  },
  vector_store_embeddings: {
    columns:
      'id uuid!; department varchar(100)?; document_id varchar(255)!; document_type varchar(50)!; chunk_index integer!; chunk_text text!; embedding_model varchar(100)!; embedding_vector jsonb!; metadata jsonb; created_at timestamptz?',
    indexes:
      'idx_vector_store_department (department); idx_vector_store_document (document_id); idx_vector_store_type (document_type)',
    uniques: 'unique_document_chunk (document_id, chunk_index)',
  },
  agent_context: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; context_category varchar(50)!; context_data jsonb!; importance_score integer?; created_at timestamptz?; updated_at timestamptz?',
    indexes:
      'idx_agent_context_category (context_category); idx_agent_context_department (department); idx_agent_context_importance (importance_score desc); idx_agent_context_session (session_id)',
    triggers: 'update_agent_context_updated_at',
  },
  conversation_history: {
    columns:
      'id bigserial!; department varchar(100)?; session_id varchar(100)!; turn_index integer!; speaker varchar(20)!; message_text text!; audio_duration_ms integer; timestamp timestamptz?',
    indexes:
      'idx_conversation_department (department); idx_conversation_session (session_id); idx_conversation_timestamp (timestamp desc)',
    states: 'valid_speaker (user, agent, system)',
  },
  calendar_events: {
    columns:
      'id uuid!; department varchar(100)?; calendar_event_id varchar(255)!; calendar_id varchar(255)!; event_title varchar(500); event_description text; start_time timestamptz!; end_time timestamptz!; attendees jsonb; location varchar(500); status varchar(50); created_at timestamptz?; updated_at timestamptz?',
    indexes:
      'idx_calendar_department (department); idx_calendar_event_id (calendar_event_id); idx_calendar_start_time (start_time); idx_calendar_status (status)',
    uniques: 'calendar_events_calendar_event_id_key (calendar_event_id)',
    triggers: 'update_calendar_events_updated_at',
  },
  contacts: {
    columns:
      'id uuid!; department varchar(100)?; contact_id varchar(255)!; full_name varchar(255); email_addresses jsonb; phone_numbers jsonb; organization varchar(255); job_title varchar(255); notes text; created_at timestamptz?; updated_at timestamptz?',
    indexes:
      'idx_contacts_department (department); idx_contacts_full_name (full_name); idx_contacts_organization (organization)',
    uniques: 'contacts_contact_id_key (contact_id)',
    triggers: 'update_contacts_updated_at',
  },
  audit_trail: {
    columns:
      'id uuid!; department varchar(100)?; event_type varchar(50)!; user_id varchar(100); session_id varchar(100); resource_type varchar(50); resource_id varchar(255); action varchar(50)!; details jsonb; ip_address inet; user_agent text; created_at timestamptz?',
    indexes:
      'idx_audit_created (created_at desc); idx_audit_department (department); idx_audit_event_type (event_type); idx_audit_session (session_id)',
  },
  training_metrics: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; metric_type varchar(50)!; metric_value numeric(10,2); metadata jsonb; created_at timestamptz?',
    indexes:
      'idx_training_metrics_created (created_at desc); idx_training_metrics_department (department); idx_training_metrics_session (session_id); idx_training_metrics_type (metric_type)',
  },
  user_session_analytics: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; user_id varchar(100); session_start timestamptz!; session_end timestamptz; duration_seconds integer; total_turns integer?; tool_calls_count integer?; errors_count integer?; satisfaction_score integer; created_at timestamptz?',
    indexes:
      'idx_user_session_analytics_department (department); idx_user_session_analytics_session (session_id); idx_user_session_analytics_start (session_start desc)',
  },
  file_attachments: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; tool_call_id varchar(100); file_name varchar(255)!; file_path text!; mime_type varchar(100); file_size_bytes bigint; storage_provider varchar(50); storage_id varchar(255); created_at timestamptz?',
    indexes:
      'idx_file_attachments_department (department); idx_file_attachments_session (session_id); idx_file_attachments_tool_call (tool_call_id)',
  },
  llm_usage_logs: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; provider varchar(50)!; model varchar(100)!; prompt_tokens integer; completion_tokens integer; total_tokens integer; request_duration_ms integer; cost_usd numeric(10,6); created_at timestamptz?',
    indexes:
      'idx_llm_usage_created (created_at desc); idx_llm_usage_department (department); idx_llm_usage_provider (provider); idx_llm_usage_session (session_id)',
  },
  stt_usage_logs: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; provider varchar(50)!; model varchar(100)!; audio_duration_seconds numeric(10,2); transcription_duration_ms integer; cost_usd numeric(10,6); created_at timestamptz?',
    indexes:
      'idx_stt_usage_created (created_at desc); idx_stt_usage_department (department); idx_stt_usage_session (session_id)',
  },
  tts_usage_logs: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; provider varchar(50)!; voice varchar(100)!; text_length integer; audio_duration_seconds numeric(10,2); synthesis_duration_ms integer; cost_usd numeric(10,6); created_at timestamptz?',
    indexes:
      'idx_tts_usage_created (created_at desc); idx_tts_usage_department (department); idx_tts_usage_session (session_id)',
  },
  workflow_executions: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100)!; tool_call_id varchar(100); workflow_id varchar(100)!; workflow_name varchar(255); execution_id varchar(255); status varchar(50)!; input_data jsonb; output_data jsonb; error_message text; execution_time_ms integer; created_at timestamptz?',
    indexes:
      'idx_workflow_executions_department (department); idx_workflow_executions_session (session_id); idx_workflow_executions_status (status); idx_workflow_executions_workflow (workflow_id)',
  },
  error_logs: {
    columns:
      'id uuid!; department varchar(100)?; session_id varchar(100); tool_call_id varchar(100); error_type varchar(100)!; error_message text!; stack_trace text; context jsonb; severity varchar(20)?; created_at timestamptz?',
    indexes:
      'idx_error_logs_created (created_at desc); idx_error_logs_department (department); idx_error_logs_session (session_id); idx_error_logs_severity (severity); idx_error_logs_type (error_type)',
    states: 'valid_severity (DEBUG, INFO, WARNING, ERROR, CRITICAL)',
  },
  notifications: {
    columns:
      'id uuid!; department varchar(100)?; user_id varchar(100)!; notification_type varchar(50)!; title varchar(255)!; message text; action_url text; read_at timestamptz; created_at timestamptz?',
    indexes:
      'idx_notifications_created (created_at desc); idx_notifications_department (department); idx_notifications_read (read_at); idx_notifications_type (notification_type); idx_notifications_user (user_id)',
  },
  scheduled_tasks: {
    columns:
      'id uuid!; department varchar(100)?; task_name varchar(255)!; task_type varchar(50)!; schedule_expression varchar(100); next_run_at timestamptz; last_run_at timestamptz; status varchar(20)?; task_data jsonb; created_at timestamptz?',
    indexes:
      'idx_scheduled_tasks_department (department); idx_scheduled_tasks_next_run (next_run_at); idx_scheduled_tasks_status (status)',
    states: 'valid_task_status (ACTIVE, PAUSED, COMPLETED, CANCELLED)',
  },
  user_preferences: {
    columns:
      'id uuid!; department varchar(100)?; user_id varchar(100)!; preference_key varchar(100)!; preference_value jsonb!; created_at timestamptz?; updated_at timestamptz?',
    indexes:
      'idx_user_preferences_department (department); idx_user_preferences_key (preference_key); idx_user_preferences_user (user_id)',
    uniques: 'unique_user_preference (user_id, preference_key)',
    triggers: 'update_user_preferences_updated_at',
  },
  api_keys: {
    columns:
      'id uuid!; department varchar(100)?; service_name varchar(100)!; api_key_name varchar(255)!; api_key_encrypted bytea!; scopes jsonb; expires_at timestamptz; created_at timestamptz?; rotated_at timestamptz',
    indexes:
      'idx_api_keys_department (department); idx_api_keys_expires (expires_at); idx_api_keys_service (service_name)',
    uniques: 'unique_service_key (service_name, api_key_name)',
  },
  feature_flags: {
    columns:
      'id uuid!; department varchar(100)?; feature_name varchar(100)!; enabled boolean?; config jsonb; created_at timestamptz?; updated_at timestamptz?',
    indexes: 'idx_feature_flags_department (department); idx_feature_flags_enabled (enabled)',
    uniques: 'unique_department_feature (department, feature_name)',
    triggers: 'update_feature_flags_updated_at',
  },
};

/** Functions of a department's schema. */
export const DEPARTMENT_FUNCTIONS = [
  'cleanup_expired_session_context',
  'archive_old_conversation_history',
  'update_updated_at_column',
];

/** Tables of the schema federation. */
export const CONTROL_PLANE_TABLES: Readonly<Record<string, OriginalTable>> = {
  departments: {
    columns:
      'id uuid!; department_id varchar(100)!; department_name varchar(255)!; status varchar(20)!; tenant_schema varchar(63)!; railway_project_id varchar(255); railway_deployment_url text; n8n_workflow_ids jsonb; enabled_tools jsonb; admin_email varchar(255)!; config jsonb; created_at timestamptz?; updated_at timestamptz?; deprovisioned_at timestamptz',
    indexes: 'idx_departments_status (status); idx_departments_created (created_at desc)',
    uniques: 'departments_department_id_key (department_id)',
    states: 'valid_status (PROVISIONING, ACTIVE, DEPROVISIONING, FAILED, DEPROVISIONED)',
  },
  oauth_credentials: {
    columns:
      'id uuid!; department_id varchar(100)!; service_name varchar(50)!; oauth_client_id varchar(255)!; oauth_client_secret_encrypted bytea!; oauth_app_name varchar(255); scopes jsonb; refresh_token_encrypted bytea; token_expires_at timestamptz; last_refreshed_at timestamptz; created_at timestamptz?; rotated_at timestamptz',
    indexes: 'idx_oauth_dept (department_id); idx_oauth_service (service_name)',
    uniques: 'unique_dept_service (department_id, service_name)',
  },
  cross_dept_permissions: {
    columns:
      'id uuid!; source_department_id varchar(100)!; target_department_id varchar(100)!; permission_type varchar(50)!; resource_type varchar(50); enabled boolean!; granted_by varchar(255)!; granted_at timestamptz?; expires_at timestamptz',
    indexes:
      'idx_cross_dept_source (source_department_id); idx_cross_dept_target (target_department_id); idx_cross_dept_enabled (enabled)',
    uniques: 'unique_permission (source_department_id, target_department_id, permission_type, resource_type)',
  },
  cross_dept_audit: {
    columns:
      'id uuid!; source_department_id varchar(100)!; target_department_id varchar(100); query_type varchar(50)!; query_params jsonb; requester_session_id varchar(100); requester_ip inet; results_returned integer; success boolean!; error_message text; latency_ms integer; created_at timestamptz?',
    indexes:
      'idx_cross_dept_audit_source (source_department_id); idx_cross_dept_audit_target (target_department_id); idx_cross_dept_audit_created (created_at desc); idx_cross_dept_audit_success (success)',
  },
  security_audit: {
    columns:
      'id uuid!; event_type varchar(50)!; source_department_id varchar(100); target_department_id varchar(100); user_role name; query text; details jsonb; ip_address inet; severity varchar(20)!; created_at timestamptz!',
    indexes:
      'idx_security_audit_event_type (event_type); idx_security_audit_created (created_at desc); idx_security_audit_source (source_department_id)',
    states:
      'security_audit_event_type (CROSS_DEPT_ACCESS_DENIED, RATE_LIMIT_EXCEEDED, GDPR_REQUEST, CROSS_SCHEMA_ACCESS_ATTEMPT); security_audit_severity (DEBUG, INFO, WARNING, ERROR, CRITICAL)',
  },
  provisioning_jobs: {
    columns:
      'id uuid!; department_id varchar(100)!; status varchar(20)!; progress jsonb!; error_message text; created_at timestamptz?; started_at timestamptz; completed_at timestamptz',
    indexes: 'idx_provisioning_dept (department_id); idx_provisioning_status (status)',
    states: 'valid_status (PENDING, IN_PROGRESS, COMPLETED, FAILED)',
  },
  schema_migrations: {
    columns:
      'id serial!; department_id varchar(100)!; migration_name varchar(255)!; applied_at timestamptz?; duration_seconds numeric(10,3)',
    indexes: 'idx_schema_migrations_dept (department_id)',
    uniques: 'unique_dept_migration (department_id, migration_name)',
  },
  audit_logs: {
    columns:
      'id varchar(50)!; timestamp timestamptz!; source_dept varchar(100)!; target_dept varchar(100)!; user_id varchar(100)!; operation varchar(20)!; query text!; reason text!; allowed boolean!; result_count integer?; execution_time_ms integer!; ip_address text!; user_agent text; created_at timestamptz?',
    indexes:
      'idx_audit_logs_source (source_dept); idx_audit_logs_target (target_dept); idx_audit_logs_timestamp (timestamp desc); idx_audit_logs_user (user_id); idx_audit_logs_allowed (allowed)',
  },
};

/** Functions of the schema federation; the inventory itself proposes the last three. */
export const CONTROL_PLANE_FUNCTIONS = [
  'cleanup_old_audit_logs',
  'cleanup_old_security_audit',
  'log_cross_schema_access',
  'effective_permission',
  'grant_cross_dept',
  'revoke_cross_dept',
];
