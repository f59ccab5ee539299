import { describe, expect, it } from 'vitest';
import { planControlPlane, planDepartment } from '../../../src/plan/target.js';
import { failure } from '../config/workspace.js';
import { makePack } from '../fixtures.js';

const pack = makePack({}, { variables: { size: { type: 'integer', default: 1 } } });

describe('a plan', () => {
  it('of a department has its names and values', () => {
    const plan = planDepartment(
      pack,
      { id: 'hr', name: 'HR' },
      { rolePrefix: 'x_', variables: { size: '2' } },
    );
    expect(plan.target).toEqual({ id: 'hr', name: 'HR', schema: 'hr_tenant', role: 'x_hr_role' });
    expect(plan.roles.owner).toBe('x_federation_owner');
    expect(plan.variables).toEqual({ size: 2 });
    expect(plan.pack).toBe(pack);
  });

  it('of the control plane has no tenant role', () => {
    const { target, roles, variables } = planControlPlane(pack, 'x_');
    expect(target).toEqual({
      id: 'federation',
      name: 'control plane',
      schema: 'federation',
      role: undefined,
    });
    expect(roles.owner).toBe('x_federation_owner');
    expect(variables).toEqual({});
  });

  it('is refused with bad values', async () => {
    const error = await failure(() =>
      planDepartment(pack, { id: 'hr', name: 'HR' }, { rolePrefix: '', variables: { size: 'x' } }),
    );
    expect(error.code).toBe('E_VARIABLE_INVALID');
  });
});
