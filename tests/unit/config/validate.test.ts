import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/config/settings.js';
import { failure, load } from './workspace.js';

const yaml = (text: string): Parameters<typeof load>[0] => ({ files: { 'fedgen.config.yaml': text } });
const WAIVER = { check: 'rls_enabled', object: 'hr_*', reason: 'moving', until: '2028-02-29' };

describe('the key validate', () => {
  it('has defaults, of which single ones may be replaced', () => {
    const none = { failOn: 'error', waivers: [], trustedRoles: [], extensions: [], logins: [] };
    expect(defaultSettings().validate).toEqual(none);
    const { validate } = defaultSettings({ validate: { extensions: ['vector'] } });
    expect(validate).toEqual({ ...none, extensions: ['vector'] });
    expect(Object.isFrozen(validate.extensions)).toBe(true);
  });

  it('is read from the file', async () => {
    const text = `validate:
  failOn: warning
  waivers:
    - check: rls_enabled
      object: hr_*
      reason: "  moving  "
      until: 2028-02-29
    - { check: a_check, object: x, target: 'pack:shop', reason: r, until: "2027-01-31" }
  trustedRoles: [dba, auditor]
  extensions: [vector]
`;
    expect((await load(yaml(text))).validate).toEqual({
      failOn: 'warning',
      waivers: [
        WAIVER,
        { check: 'a_check', object: 'x', target: 'pack:shop', reason: 'r', until: '2027-01-31' },
      ],
      trustedRoles: ['dba', 'auditor'],
      extensions: ['vector'],
      logins: [],
    });
  });

  it('may be given in part', async () => {
    expect((await load(yaml('validate: { trustedRoles: [dba] }'))).validate).toEqual({
      ...defaultSettings().validate,
      trustedRoles: ['dba'],
    });
  });

  it('is told all its mistakes at once, with their lines', async () => {
    const text = `validate:
  failon: warning
  failOn: everything
  waivers:
    - check: RLS enabled
      object: ''
      raeson: moving
      reason: '   '
      until: 2027-02-29
    - { check: a, object: x, reason: r, until: 31.1.2027 }
    - { check: a, object: x, reason: r }
  trustedRoles: dba
  extensions: ['']
`;
    const { code, message } = await failure(() => load(yaml(text)));
    expect(code).toBe('E_CONFIG_INVALID');
    const day = 'must be a day that exists, written as "2027-01-31"';
    for (const problem of [
      ':2: validate.failon: unknown key "failon", did you mean "failOn"?',
      ':3: validate.failOn: expected one of "error"|"warning"|"note"',
      ':5: validate.waivers.0.check: must be the code of a check',
      ':6: validate.waivers.0.object: must not be empty',
      ':7: validate.waivers.0.raeson: unknown key "raeson", did you mean "reason"?',
      ':8: validate.waivers.0.reason: must not be empty',
      `:9: validate.waivers.0.until: ${day}`,
      `:10: validate.waivers.1.until: ${day}`,
      'validate.waivers.2.until: ',
      ':12: validate.trustedRoles: expected array',
      ':13: validate.extensions.0: must not be empty',
    ]) {
      expect(message).toContain(problem);
    }
  });
});
