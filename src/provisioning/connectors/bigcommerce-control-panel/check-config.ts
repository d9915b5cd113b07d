import type { Problem } from '../../../base/index.ts';
import type { ControlPanelTarget } from './config.ts';
import { NOTHING_ALLOWED } from './membership.ts';

/** Problems that the schema cannot see. Paths are relative to the target. */
export function checkControlPanelTarget({ templates, api }: ControlPanelTarget): readonly Problem[] {
  const tokens = api.map(({ accessToken }) => accessToken.reveal());
  return [
    ...tokens.flatMap((token, index) =>
      tokens.indexOf(token) === index
        ? []
        : [{ path: `api[${index}].accessToken`, message: 'is given twice; remove one' }],
    ),
    ...Object.entries(templates).flatMap(([name, permissions]) => checkTemplate(name, permissions)),
  ];
}

function checkTemplate(name: string, permissions: readonly string[]): readonly Problem[] {
  const twice = permissions.filter((code, index) => permissions.indexOf(code) !== index);
  const problems = [...new Set(twice)].map((code) => `has ${code} twice; remove one`);
  if (permissions.includes(NOTHING_ALLOWED)) {
    problems.push(`has ${NOTHING_ALLOWED}, which everybody has; remove it`);
  }
  return problems.map((message) => ({ path: `templates.${name}`, message }));
}
