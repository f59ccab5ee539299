import { describe, expect, it } from 'vitest';
import { planControlPlane, planDepartment, planTarget } from '../../../src/plan/target.js';
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
    expect(plan.target).toEqual({
      kind: 'department',
      id: 'hr',
      name: 'HR',
      schema: 'hr_tenant',
      schemas: ['hr_tenant'],
      role: 'x_hr_role',
      group: undefined,
      packRoles: {},
    });
    expect(plan.roles.owner).toBe('x_federation_owner');
    expect(plan.variables).toEqual({ size: 2 });
    expect(plan.pack).toBe(pack);
  });

  it('of the control plane has no tenant role', () => {
    const { target, roles, variables } = planControlPlane(pack, 'x_');
    expect(target).toEqual({
      kind: 'control-plane',
      id: 'federation',
      name: 'control plane',
      schema: 'federation',
      schemas: ['federation'],
      role: undefined,
      group: undefined,
      packRoles: {},
    });
    expect(roles.owner).toBe('x_federation_owner');
    expect(variables).toEqual({});
  });

  it('of a shared pack has one installation under the name of its family', () => {
    const shared = {
      ...pack,
      name: 'big-shop-eu',
      family: 'big-shop',
      tenancy: 'shared' as const,
      schemas: ['a', 'b'],
    };
    const plan = planTarget(shared, undefined, { rolePrefix: 'x_', variables: {} });
    expect(plan.target).toEqual({
      kind: 'shared',
      id: 'pack:big-shop',
      name: 'big-shop',
      schema: 'a',
      schemas: ['a', 'b'],
      role: undefined,
      group: 'x_big_shop_tenant',
      packRoles: {},
    });
  });

  it('needs a department where each has a schema of its own', async () => {
    const error = await failure(() => planTarget(pack, undefined, { rolePrefix: '', variables: {} }));
    expect(error.code).toBe('E_USAGE');
    expect(error.message).toContain('needs --department-id');
  });

  it('is refused with bad values', async () => {
    const error = await failure(() =>
      planDepartment(pack, { id: 'hr', name: 'HR' }, { rolePrefix: '', variables: { size: 'x' } }),
    );
    expect(error.code).toBe('E_VARIABLE_INVALID');
  });
});
