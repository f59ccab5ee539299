import type { Pack, VariableValue } from '../packs/pack.js';
import { CONTROL_SCHEMA, departmentRole, departmentSchema, sharedRoles, type SharedRoles } from './names.js';
import { resolveVariables, type GivenVariables } from './variables.js';

/** One place that scripts are applied to: a department's schema, or the control plane itself. */
export interface Target {
  /** Key in the ledger: the department id, or `federation` for the control plane. */
  readonly id: string;
  readonly name: string;
  readonly schema: string;
  /** The tenant's login role; undefined for the control plane. */
  readonly role: string | undefined;
}

/** What is to stand at one target: the pack, who it is for, and the values its templates see. Pure data. */
export interface TargetPlan {
  readonly pack: Pack;
  readonly target: Target;
  readonly roles: SharedRoles;
  readonly variables: Readonly<Record<string, VariableValue>>;
}

/** Plans the control plane: the one installation-wide target. */
export function planControlPlane(pack: Pack, rolePrefix: string): TargetPlan {
  return {
    pack,
    target: { id: CONTROL_SCHEMA, name: 'control plane', schema: CONTROL_SCHEMA, role: undefined },
    roles: sharedRoles(rolePrefix),
    variables: {},
  };
}

/**
 * Plans one department. The id and the name must have passed assertDepartmentId and assertDepartmentName.
 * @throws FedgenError E_VARIABLE_INVALID.
 */
export function planDepartment(
  pack: Pack,
  department: { readonly id: string; readonly name: string },
  options: { readonly rolePrefix: string; readonly variables: GivenVariables },
): TargetPlan {
  return {
    pack,
    target: {
      id: department.id,
      name: department.name,
      schema: departmentSchema(department.id),
      role: departmentRole(department.id, options.rolePrefix),
    },
    roles: sharedRoles(options.rolePrefix),
    variables: resolveVariables(pack, options.variables),
  };
}
