import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MESSAGE_LIMITS, METADATA_LIMITS, parseXml, XmlRefused } from '../../src/xml/index.ts';

// The parser below is made for web pages too and forgives much. What it forgives, others read differently, and our own
// limits were counted over another tree than the one that is built.

function refused(xml: string, reason: XmlRefused['reason'], limits = MESSAGE_LIMITS): void {
  assert.throws(
    () => parseXml(xml, limits),
    (error) => error instanceof XmlRefused && error.reason === reason,
    xml.slice(0, 80),
  );
}

suite('end tags', () => {
  test('one that closes nothing does not let elements nest deeper than the limit', () => {
    refused(`<a>${'<a></x>'.repeat(200)}</a>`, 'broken');
    refused(`<a>${'<a></x></a></x>'.repeat(200)}</a>`, 'broken');
  });

  test('one that closes another element is refused, wherever the right one comes later', () => {
    refused('<a><b></c><b></b></a>', 'broken');
    refused('<a><b></B></a>', 'broken');
    refused('<a><b></a></b></a>', 'broken');
    refused('<a:b xmlns:a="u"></b></a:b>', 'broken');
  });

  test('one that is missing is refused, even if one of its name stands somewhere', () => {
    refused('<a><a><a></a>', 'broken');
    refused('<a><b><!-- </b> --></a>', 'broken', METADATA_LIMITS);
  });

  test('one with anything in it but a name is refused', () => {
    for (const end of ['</a b="1">', '</a ">" >', '</a/>', '</>', '</ a>', '</a\u0080>', '</a\u2028>']) {
      refused(`<a>${end}</a>`, 'broken');
      refused(`<a><a>${end}</a>`, 'broken');
    }
    refused('<a\u0080>x</a\u0080>', 'broken');
    parseXml('<a>x</a \n\t>', MESSAGE_LIMITS);
  });

  test('an empty element is closed by what ends with a slash, and by nothing else', () => {
    refused('<a><a/ ></a></a>', 'broken');
    refused('<a><b / ></a>', 'broken');
    parseXml('<a b="/"><c d="x/"/><c /></a>', MESSAGE_LIMITS);
  });
});

suite('names of elements', () => {
  const named = (count: number) =>
    `<a>${Array.from({ length: count }, (_, index) => `<b${index}></b${index}>`).join('')}</a>`;

  test('are not so many that looking for the end of each takes seconds', () => {
    parseXml(named(400), MESSAGE_LIMITS);
    refused(named(4_000), 'too-many-nodes');
    refused(named(20_000), 'too-many-nodes', METADATA_LIMITS);
  });
});

suite('what web pages have of their own', () => {
  const XHTML = 'http://www.w3.org/1999/xhtml';

  test('a script without an end does not repeat the document as its text', () => {
    const scripts = '<script></script >'.repeat(2_000);

    refused(`<html xmlns="${XHTML}">${scripts}</html>`, 'forbidden');
    refused(`<html xmlns="${XHTML}"><textarea></textarea ></html>`, 'forbidden');
    refused(`<html xmlns="${XHTML}"><SCRIPT>&lt;</SCRIPT></html>`, 'forbidden');
    refused(`<html xmlns="${XHTML}"><script/></html>`, 'forbidden');
  });
});

test('text outside of the root is refused, before it as well as behind it', () => {
  refused('x<a/>', 'broken');
  refused('<a/>x', 'broken');
  refused('<a/>x<!-- -->', 'broken', METADATA_LIMITS);
  refused('<?xml version="1.0"?>x<a/>', 'broken');
  parseXml('\ufeff<?xml version="1.0"?>\n<a/>\n', MESSAGE_LIMITS);
});

test('control characters are refused within tags too, where the parser takes them for spaces', () => {
  refused('<a\u0001b="1"/>', 'forbidden');
});

suite('prefixes', () => {
  test('that XML itself uses mean what they mean there', () => {
    refused('<xml:a xmlns:xml="urn:x"/>', 'broken');
    parseXml('<a xml:lang="en"/>', MESSAGE_LIMITS);
  });

  for (const declaration of [
    'xmlns:xml="urn:x"',
    'xmlns:xml=""',
    'xmlns:xmlns="urn:x"',
    'xmlns:p=""',
    'xmlns:p="http://www.w3.org/XML/1998/namespace"',
    'xmlns="http://www.w3.org/XML/1998/namespace"',
    'xmlns:p="http://www.w3.org/2000/xmlns/"',
  ]) {
    test(`are not declared as ${declaration}`, () => refused(`<a ${declaration}/>`, 'broken'));
  }

  test('may be declared for nothing by default, and xml as what it is', () => {
    parseXml(
      '<a xmlns="urn:x"><b xmlns="" xmlns:xml="http://www.w3.org/XML/1998/namespace"/></a>',
      MESSAGE_LIMITS,
    );
  });

  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']) {
    test(`that nobody declared are refused, also when every object has something called ${name}`, () => {
      refused(`<${name}:a/>`, 'broken');
      refused(`<a ${name}:b="1"/>`, 'broken');
    });
  }

  test('whose declaration the parser cannot keep are refused', () => {
    refused('<__proto__:a xmlns:__proto__="urn:x"/>', 'broken');
  });
});
