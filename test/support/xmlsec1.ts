import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type XmlsecVerdict = { readonly holds: boolean; readonly says: string };

/**
 * What xmlsec1 says of the first signature below an element of this name. It shares no code with us and knows
 * nothing of SAML: only whether the signature holds under the certificate.
 *
 * @param signed the element that is signed, with its namespace: `urn:oasis:names:tc:SAML:2.0:assertion:Assertion`
 */
export async function xmlsecVerify(
  xml: string,
  certificatePem: string,
  signed: string,
): Promise<XmlsecVerdict> {
  const folder = mkdtempSync(join(tmpdir(), 'vst-xmlsec-'));
  try {
    const document = join(folder, 'document.xml');
    const certificate = join(folder, 'certificate.pem');
    writeFileSync(document, xml);
    writeFileSync(certificate, certificatePem);
    const local = signed.slice(signed.lastIndexOf(':') + 1);
    const signature = `//*[local-name()='${local}']/*[local-name()='Signature']`;
    return await run([
      ...['--verify', '--pubkey-cert-pem', certificate, '--enabled-key-data', 'rsa,x509'],
      ...['--id-attr:ID', signed, '--node-xpath', signature, document],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(args: readonly string[]): Promise<XmlsecVerdict> {
  return new Promise((resolve, reject) => {
    execFile('xmlsec1', args, { timeout: 60_000 }, (error, out, err) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ holds: !error, says: `${out}${err}` });
    });
  });
}
