/** The public interface of fedgen; the command line uses nothing else. @module */
export { generate, type GenerateOptions, type GenerateResult } from './api/generate.js';
export { generateCode, type GenerateCodeOptions, type GenerateCodeResult } from './api/generate-code.js';
export { apply, type ApplyOptions, type ApplyResult, type PendingSql } from './api/apply.js';
export { applyFleet } from './api/fleet-apply.js';
export {
  planDatabases,
  planFleet,
  type FleetPlan,
  type FleetPlans,
  type PlannedScript,
  type PlannedStep,
} from './api/plan.js';
export { rollbackFleet, type FleetRollbackOptions } from './api/fleet-rollback.js';
export { importTargets, type ImportOptions } from './api/fleet-import.js';
export type { FleetOptions } from './api/fleet-prepare.js';
export type { FleetResult } from './api/fleet.js';
export {
  rollback,
  rollbackControlPlane,
  type RollbackControlPlaneOptions,
  type RollbackOptions,
  type RollbackResult,
} from './api/rollback.js';
export {
  status,
  type DepartmentStatus,
  type PackStatus,
  type StatusOptions,
  type StatusResult,
} from './api/status.js';
export { doctor, type DoctorOptions, type DoctorResult, type DoctorSection } from './api/doctor.js';
export { validate, type ValidateOptions } from './api/validate.js';
export { describeTarget, type TargetDescription } from './api/describe-target.js';
export {
  addTenant,
  listTenants,
  showTenant,
  type AddTenantOptions,
  type AddTenantResult,
  type TenantDetails,
} from './api/tenants.js';
export {
  removeTenant,
  resumeTenant,
  suspendTenant,
  type RemoveTenantOptions,
  type RemoveTenantResult,
  type TenantStatusResult,
} from './api/tenant-lifecycle.js';
export { offBoardTenant, type OffBoardOptions, type OffBoardResult } from './api/off-board.js';
export {
  addActivityUser,
  grantActivityPermission,
  listActivityPermissions,
  revokeActivityPermission,
  type ActivityAccess,
  type ActivityPermission,
  type AddActivityUserOptions,
  type GrantActivityOptions,
} from './api/activity.js';
export {
  ingestEvents,
  type IngestOptions,
  type IngestProblem,
  type IngestResult,
} from './api/activity-ingest.js';
export { seed, type SeededTenant, type SeedResult } from './api/seed.js';
export { rotateTenantKey, type RotatedKey, type RotateKeyOptions } from './api/tenant-keys.js';
export { signTenantToken, type TokenInput } from './client/tenant-token.js';
export type { Tenant, TenantOptions, TenantsOptions } from './api/tenant-target.js';
export type { CommonOptions, TargetOptions } from './api/options.js';
export type { RollbackGoal } from './apply/rollback.js';
export type { ScriptStatus } from './apply/script-states.js';
export type { OnEvent, RunEvent, ScriptOutcome } from './apply/events.js';
export type {
  Counts,
  JudgedCheck,
  JudgedFinding,
  JudgedTarget,
  ValidationReport,
  Verdict,
} from './validate/judge.js';
export type { Finding, IdentityStatement, Layer, MatrixCell, Severity } from './validate/model.js';
export { loadSettings, type LoadSettingsInput } from './config/load.js';
export {
  defaultSettings,
  makeDatabase,
  type ClickHouseSettings,
  type DatabaseSettings,
  type PlacedDatabase,
  type Settings,
  type SettingsOverrides,
  type ValidateSettings,
} from './config/settings.js';
export { ERROR_CODES, FedgenError, type ErrorCode } from './shared/errors.js';
export { VERSION } from './shared/version.js';
