import type { DirectoryPerson } from '../cast.ts';
import { FAULT_KINDS } from '../frame/fault.ts';
import { type Html, html, page, prose } from '../html.ts';
import type { ControlNeeds } from './needs.ts';
import { systemPart } from './system-part.ts';

/** The page at `sandbox.localhost`: what is simulated, whom to sign in as, and what can be made to go wrong. */
export function startPage(needs: ControlNeeds): string {
  const { port } = new URL(needs.url('sandbox'));
  return page({
    title: 'Sandbox of the Halden group',
    brand: 'Sandbox',
    script: '/control.js',
    body: html`<h1>Sandbox of the Halden group</h1>
<p id="problem" class="problem" role="alert" hidden></p>
<p>Simulated products for trying the broker without contracts. Nothing here talks to the outside world.
What is not known about a real product is a switch marked <span class="mark">assumption</span>.</p>
<form data-method="POST" action="/reset"><button>Reset everything</button></form>
<h2>People</h2>
${peopleTable(needs.people.all())}
<h2>Systems</h2>
${needs.systems.map((system) => systemPart(system, port))}
<h2>The same by command</h2>
${commands(needs)}`,
  });
}

function peopleTable(people: readonly DirectoryPerson[]): Html {
  return html`<div class="wide"><table class="stack">
<thead><tr><th>Login</th><th>Password</th><th>Name</th><th>Region and groups</th><th>What to see</th><th>Account</th></tr></thead>
<tbody>${people.slice(0, 50).map(personRow)}</tbody>
</table></div>
${people.length > 50 && html`<p>And ${people.length - 50} more.</p>`}`;
}

function personRow(person: DirectoryPerson): Html {
  const action = `/people/${encodeURIComponent(`${person.login}@${person.partition}`)}`;
  return html`<tr><td data-label="Login"><code>${person.login}</code></td><td data-label="Password"><code>${person.password}</code></td>
<td data-label="Name">${person.givenName} ${person.familyName}${
    person.inAccessManager && html` <span class="mark">Access Manager too</span>`
  }</td>
<td data-label="Region and groups"><form class="row" data-method="PATCH" action="${action}">
<input name="region" aria-label="Region of ${person.login}" value="${person.region ?? ''}" data-as="nullable" data-send>
<input name="groups" aria-label="Groups of ${person.login}" value="${person.groups.join(', ')}" data-as="list" data-send>
</form></td>
<td data-label="What to see">${person.shows}</td>
<td data-label="Account"><form data-method="PATCH" action="${action}">${person.disabled && html`<span class="mark">disabled</span>`}
<button name="disabled" value="${String(!person.disabled)}" data-as="json">${person.disabled ? 'Enable' : 'Disable'}</button>
</form></td></tr>`;
}

function commands(needs: ControlNeeds): Html {
  const first = needs.systems[0]?.id ?? 'otds';
  const faults = needs.url('sandbox', `/faults/${first}`);
  const switches = needs.url('sandbox', `/switches/${first}`);
  return html`<dl>${Object.entries(FAULT_KINDS).map(
    ([kind, explains]) => html`<dt><code>${kind}</code></dt><dd>${prose(explains)}</dd>`,
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
