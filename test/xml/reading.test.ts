import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  escapeAttribute,
  escapeText,
  MESSAGE_LIMITS,
  parseXml,
  preScan,
  XmlRefused,
} from '../../src/xml/index.ts';

const refusesWith = (xml: string, reason: XmlRefused['reason'], limits = MESSAGE_LIMITS): void => {
  assert.throws(
    () => parseXml(xml, limits),
    (error) => error instanceof XmlRefused && error.reason === reason,
    xml.slice(0, 80),
  );
};

test('an ordinary document is read', () => {
  const { document } = parseXml(
    '<?xml version="1.0" encoding="UTF-8"?>\n<a x="1>0">t &amp; &#x20AC;<b/></a>\n',
    MESSAGE_LIMITS,
  );

  assert.equal(document.documentElement.textContent, 't & €');
  assert.equal(document.documentElement.getAttribute('x'), '1>0');
});

test('what could reach outside or grow is refused', () => {
  refusesWith('<!DOCTYPE a><a/>', 'forbidden');
  refusesWith('<a><!ENTITY x "y"></a>', 'forbidden');
  refusesWith('<?xml-stylesheet href="http://evil"?><a/>', 'forbidden');
  refusesWith('<a><?php x ?></a>', 'forbidden');
  refusesWith('<a>&x;</a>', 'forbidden');
  refusesWith('<a b="&x;"/>', 'forbidden');
  for (const reference of ['#99999999', '#x110000', '#0', '#x1F', '#xD800', '#xFFFF', '#x', '']) {
    refusesWith(`<a>&${reference};</a>`, 'forbidden');
  }
  refusesWith('<a><![CDATA[x]]></a>', 'forbidden');
  refusesWith('<a><!-- x --></a>', 'forbidden');
  refusesWith('<a>\u0000</a>', 'forbidden');
});

test('limits are limits: the last allowed passes, one more does not', () => {
  const limits = { maxLength: 100, maxDepth: 3, maxNodes: 5, allowComments: true };

  preScan('<a><b><c></c></b></a>', { ...limits, maxNodes: 6 });
  refusesWith('<a><b><c><d></d></c></b></a>', 'too-deep', { ...limits, maxNodes: 100 });
  refusesWith(`<a>${' '.repeat(94)}</a>`, 'too-large', limits);
  refusesWith('<a><b/><b/><b/><b/></a>', 'too-many-nodes', limits);
  refusesWith('<a a="" b="" c="" d="" e=""/>', 'too-many-nodes', limits);
});

test('what is not entirely well-formed is refused, however little is wrong', () => {
  for (const xml of [
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a b=c/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    '<a><b</a>',
    '<x:a/>',
    '<a b="1',
  ]) {
    assert.throws(() => parseXml(xml, MESSAGE_LIMITS), XmlRefused, xml);
  }
});

test('an id names one element, however the attribute is spelt', () => {
  refusesWith('<a ID="x"><b ID="x"/></a>', 'forbidden');
  refusesWith('<a ID="x"><b Id="x"/></a>', 'forbidden');
  refusesWith('<a ID="x"><b xml:id="x"/></a>', 'forbidden');
  refusesWith('<a ID="x" id="x"/>', 'forbidden');
  parseXml('<a ID="x"><b ID="y"/></a>', MESSAGE_LIMITS);
});

test('escaped text comes back as it was, and cannot leave its place', () => {
  const hostile = 'a<b>&"\'\r\n\t]]>€😀';
  const { document } = parseXml(
    `<a b="${escapeAttribute(hostile)}">${escapeText(hostile)}</a>`,
    MESSAGE_LIMITS,
  );

  assert.equal(document.documentElement.getAttribute('b'), hostile);
  assert.equal(document.documentElement.textContent, hostile);
  assert.equal(escapeText('a\u0000\u0008\ud800b'), 'a\ufffdb');
});
