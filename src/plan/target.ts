import { FedgenError } from '../shared/errors.js';
import type { Pack, VariableValue } from '../packs/pack.js';
import {
  CONTROL_SCHEMA,
  departmentRole,
  departmentSchema,
  groupOf,
  packRoles,
  sharedRoles,
  sharedTargetId,
  type SharedRoles,
} from './names.js';
import { resolveVariables, type GivenVariables } from './variables.js';

/** One place that scripts are applied to: a department's schema, a shared pack, or the control plane itself. */
export interface Target {
  /** `shared`: the one installation of a pack, whether it has tenants or not. */
  readonly kind: 'department' | 'shared' | 'control-plane';
  /** Key in the ledger: the department id, `pack:<name>`, or `federation` for the control plane. */
  readonly id: string;
  readonly name: string;
  /** The main schema: search_path while scripts run. */
  readonly schema: string;
  /** All schemas of the target, the main one first. */
  readonly schemas: readonly string[];
  /** The login role of a department. */
  readonly role: string | undefined;
  /** The group role of a shared pack's tenants, which holds the grants on its tables; where there are none, of its users. */
  readonly group: string | undefined;
  /** Roles that the pack itself brings, by the names that pack.yaml gives them. */
  readonly packRoles: Readonly<Record<string, string>>;
}

/** What is to stand at one target: the pack, who it is for, and the values its templates see. Pure data. */
export interface TargetPlan {
  readonly pack: Pack;
  readonly target: Target;
  readonly roles: SharedRoles;
  readonly variables: Readonly<Record<string, VariableValue>>;
}

/** Who a schema per department is for. */
export interface Department {
  readonly id: string;
  readonly name: string;
}

interface PlanOptions {
  readonly rolePrefix: string;
  readonly variables: GivenVariables;
}

/**
 * Plans the target of a pack: a department where each has a schema of its own, otherwise the shared installation.
 * @throws FedgenError E_USAGE when there is no department for a pack that needs one; E_VARIABLE_INVALID.
 */
export function planTarget(pack: Pack, department: Department | undefined, options: PlanOptions): TargetPlan {
  if (pack.tenancy !== 'schema') return planInstallation(pack, options);
  if (department) return planDepartment(pack, department, options);
  throw new FedgenError(
    'E_USAGE',
    `pack ${pack.name} needs --department-id: each department has a schema of its own`,
    {
      hint: 'For example: --department-id hr.',
    },
  );
}

/** Plans the control plane: the one installation-wide target. */
export function planControlPlane(pack: Pack, rolePrefix: string): TargetPlan {
  return {
    pack,
    target: {
      kind: 'control-plane',
      id: CONTROL_SCHEMA,
      name: 'control plane',
      schema: CONTROL_SCHEMA,
      schemas: [CONTROL_SCHEMA],
      role: undefined,
      group: undefined,
      packRoles: {},
    },
    roles: sharedRoles(rolePrefix),
    variables: {},
  };
}

/**
 * Plans one department. The id and the name must have passed assertDepartmentId and assertDepartmentName.
 * @throws FedgenError E_VARIABLE_INVALID.
 */
export function planDepartment(pack: Pack, department: Department, options: PlanOptions): TargetPlan {
  const schema = departmentSchema(department.id);
  return {
    pack,
    target: {
      kind: 'department',
      id: department.id,
      name: department.name,
      schema,
      schemas: [schema],
      role: departmentRole(department.id, options.rolePrefix),
      group: undefined,
      packRoles: {},
    },
    roles: sharedRoles(options.rolePrefix),
    variables: resolveVariables(pack, options.variables),
  };
}

/** Plans a pack's one installation in a database. Its names must have passed assertInstallation. */
function planInstallation(pack: Pack, options: PlanOptions): TargetPlan {
  return {
    pack,
    target: {
      kind: 'shared',
      id: sharedTargetId(pack.family),
      name: pack.family,
      schema: pack.schemas[0] ?? '',
      schemas: pack.schemas,
      role: undefined,
      group: groupOf(pack, options.rolePrefix),
      packRoles: packRoles(pack, options.rolePrefix),
    },
    roles: sharedRoles(options.rolePrefix),
    variables: resolveVariables(pack, options.variables),
  };
}
