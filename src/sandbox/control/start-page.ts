import type { DirectoryPerson } from '../cast.ts';
import { FAULT_KINDS } from '../frame/fault.ts';
import type { RunningSystem } from '../frame/running-system.ts';
import type { SwitchDescription } from '../frame/switches.ts';
import { type Html, html, page } from '../html.ts';
import type { ControlNeeds } from './needs.ts';

/** The page at `sandbox.localhost`: what is simulated, whom to sign in as, and what can be made to go wrong. */
export function startPage(needs: ControlNeeds): string {
  return page({
    title: 'Sandbox of the Halden group',
    brand: 'Sandbox',
    body: html`<h1>Sandbox of the Halden group</h1>
<p>Simulated products for trying the broker without contracts. Nothing here talks to the outside world.</p>
<h2>Systems</h2>
${needs.systems.map((system) => systemPart(system, needs))}
<h2>People</h2>
${peopleTable(needs.people.all())}
<h2>Faults</h2>
${faultPart(needs)}`,
  });
}

function systemPart(system: RunningSystem, needs: ControlNeeds): Html {
  const port = new URL(needs.url('sandbox')).port;
  return html`<section id="${system.id}">
<h3>${system.title}</h3>
<p>${system.about}</p>
<p>${system.hosts.map((host) => html`<a href="http://${host}:${port}/">${host}</a> `)}
as <code>${system.id}</code></p>
<details><summary>Switches</summary>
<div class="wide"><table>
<thead><tr><th>Switch</th><th>Position</th><th>What it does</th></tr></thead>
<tbody>${system.switches.describe().map(switchRow)}</tbody>
</table></div></details>
${
  system.actions &&
  html`<details><summary>Actions</summary><dl>
${Object.entries(system.actions).map(
  ([name, { explains }]) =>
    html`<dt><code>POST /actions/${system.id}/${name}</code></dt><dd>${explains}</dd>`,
)}</dl></details>`
}
</section>`;
}

function switchRow(each: SwitchDescription): Html {
  const others = each.positions?.filter((position) => position !== each.position) ?? [];
  return html`<tr><td><code>${each.name}</code></td>
<td><code>${JSON.stringify(each.position)}</code>${
    others.length > 0 &&
    html`<br><span class="note">or ${others.map((p) => JSON.stringify(p)).join(', ')}</span>`
  }</td>
<td>${each.explains} ${each.assumption && html`<span class="mark">assumption</span>`}</td></tr>`;
}

function peopleTable(people: readonly DirectoryPerson[]): Html {
  return html`<div class="wide"><table>
<thead><tr><th>Login</th><th>Password</th><th>Name</th><th>Groups</th><th>Region</th><th>What to see</th></tr></thead>
<tbody>${people.map(
    (person) => html`<tr><td><code>${person.login}</code></td><td><code>${person.password}</code></td>
<td>${person.givenName} ${person.familyName}${person.disabled && html` <span class="mark">disabled</span>`}${
      person.inAccessManager && html` <span class="mark">Access Manager too</span>`
    }</td>
<td>${person.groups.join(', ')}</td><td>${person.region}</td><td>${person.shows}</td></tr>`,
  )}</tbody>
</table></div>`;
}

function faultPart(needs: ControlNeeds): Html {
  const first = needs.systems[0]?.id ?? 'otds';
  const faults = needs.url('sandbox', `/faults/${first}`);
  const switches = needs.url('sandbox', `/switches/${first}`);
  return html`<dl>${Object.entries(FAULT_KINDS).map(
    ([kind, explains]) => html`<dt><code>${kind}</code></dt><dd>${explains}</dd>`,
  )}</dl>
<p>Every fault may carry <code>match</code> (<code>method</code>, <code>host</code>, <code>path</code>) and
<code>times</code>. <code>PUT</code> replaces, <code>POST</code> adds, <code>DELETE</code> removes, and
<code>POST …/release</code> lets held requests go on.</p>
<pre>curl -X PUT ${faults} -H 'content-type: application/json' \\
  -d '{"kind":"status","status":500,"match":{"method":"POST"},"times":1}'
curl -X PUT ${switches} -H 'content-type: application/json' -d '{}'
curl -X PATCH ${needs.url('sandbox', '/people/mira')} -H 'content-type: application/json' -d '{"region":"NA"}'
curl -X POST ${needs.url('sandbox', '/reset')}</pre>`;
}
