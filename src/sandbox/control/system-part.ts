import { FAULT_KINDS } from '../frame/fault.ts';
import type { RunningSystem } from '../frame/running-system.ts';
import type { SwitchDescription } from '../frame/switches.ts';
import { type Html, html, prose } from '../html.ts';

/** One simulator on the start page: where it is, its switches, faults and actions. */
export function systemPart(system: RunningSystem, port: string): Html {
  return html`<section id="${system.id}">
<h3>${system.title}</h3>
<p>${prose(system.about)}</p>
<p>${system.hosts.map((host) => html`<a href="http://${host}:${port}/">${host}</a> `)}
as <code>${system.id}</code></p>
${switchPart(system)}
${faultPart(system)}
${actionPart(system)}
</section>`;
}

function switchPart(system: RunningSystem): Html {
  const switches = system.switches.describe();
  const turned = switches.filter(({ position, initial }) => position !== initial).length;
  return html`<details id="${system.id}-switches"><summary>Switches${turned > 0 && ` (${turned} turned)`}</summary>
<div class="wide"><table class="stack">
<thead><tr><th>Switch</th><th>Position</th><th>What it does</th></tr></thead>
<tbody>${switches.map((each) => switchRow(system.id, each))}</tbody>
</table></div>
<form data-method="DELETE" action="/switches/${system.id}"><button>Turn all back</button></form></details>`;
}

function switchRow(system: string, each: SwitchDescription): Html {
  return html`<tr><td data-label="Switch"><code>${each.name}</code></td>
<td data-label="Position"><form data-method="PUT" action="/switches/${system}">${switchField(each)}</form></td>
<td data-label="What it does">${prose(each.explains)} ${each.assumption && html`<span class="mark">assumption</span>`}</td></tr>`;
}

function switchField({ name, position, positions }: SwitchDescription): Html {
  if (positions) {
    return html`<select name="${name}" aria-label="${name}" data-as="json" data-send>${positions.map(
      (each) =>
        html`<option value="${JSON.stringify(each)}"${each === position && html` selected`}>${String(each)}</option>`,
    )}</select>`;
  }
  const isNumber = typeof position === 'number';
  return html`<input name="${name}" aria-label="${name}" value="${position ?? ''}" data-as="${isNumber ? 'number' : 'nullable'}"
type="${isNumber ? 'number' : 'text'}" data-send>`;
}

/** What each kind needs, ready to be set with one press. */
const READY_FAULTS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['slow by 5 s', { kind: 'slow', ms: 5_000 }],
  ['500', { kind: 'status', status: 500, body: { error: 'Internal server error' } }],
  ['429', { kind: 'rate-limited', resetMs: 5_000 }],
  ['lost reply', { kind: 'lost-reply' }],
  ['connection refused', { kind: 'refuse-connection' }],
  ['held', { kind: 'hold' }],
  ['token revoked', { kind: 'revoked-token' }],
  ['HTML 503', { kind: 'html-503' }],
];

function faultPart(system: RunningSystem): Html {
  const active = system.faults.list();
  const held = system.faults.held().length;
  const action = `/faults/${system.id}`;
  return html`<details id="${system.id}-faults"><summary>Faults${active.length > 0 && ` (${active.length} set)`}</summary>
<ul>${active.map((fault) => html`<li><code>${JSON.stringify(fault)}</code></li>`)}</ul>
<form class="row" data-method="POST" data-whole="fault" action="${action}">${READY_FAULTS.map(
    ([label, fault]) =>
      html`<button name="fault" value="${JSON.stringify(fault)}" data-as="json" title="${FAULT_KINDS[fault['kind'] as keyof typeof FAULT_KINDS].replaceAll('`', '')}">${label}</button> `,
  )}</form>
<form class="row" data-method="DELETE" action="${action}"><button>Remove all faults</button></form>
${held > 0 && html`<form class="row" data-method="POST" action="${action}/release"><button>Release ${held} held</button></form>`}
</details>`;
}

function actionPart({ id, actions }: RunningSystem): Html {
  if (!actions) return html``;
  return html`<details id="${id}-actions"><summary>Actions</summary>
${Object.entries(actions).map(
  ([name, { explains }]) => html`<form class="row" data-method="POST" action="/actions/${id}/${name}">
<button>${name}</button> <span>${prose(explains)}</span></form>`,
)}</details>`;
}
