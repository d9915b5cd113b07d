import { certificateBody } from './certificate.ts';
import { BINDING, NS } from './names.ts';
import { type Xml, xml } from './xml.ts';

/** What a service provider tells about itself (SAML Metadata 2.4.4). */
export type ServiceProviderMetadata = {
  readonly entityId: string;
  readonly acsUrl: string;
  readonly slo?: { readonly bindings: readonly ('redirect' | 'post')[]; readonly location: string };
  /** PEM; whether it signs its requests is a promise of its own. */
  readonly certificatePem?: string;
  readonly signsRequests: boolean;
  readonly wantsSignedAssertions: boolean;
  readonly nameIdFormat: string;
};

export function writeServiceProviderMetadata(sp: ServiceProviderMetadata): string {
  const { slo } = sp;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${
    xml`<md:EntityDescriptor xmlns:md="${NS.metadata}" xmlns:ds="${NS.signature}" entityID="${sp.entityId}"><md:SPSSODescriptor AuthnRequestsSigned="${String(sp.signsRequests)}" WantAssertionsSigned="${String(sp.wantsSignedAssertions)}" protocolSupportEnumeration="${NS.protocol}">${
      sp.certificatePem !== undefined && keyDescriptor(sp.certificatePem)
    }${slo?.bindings.map(
      (binding) => xml`<md:SingleLogoutService Binding="${BINDING[binding]}" Location="${slo.location}"/>`,
    )}<md:NameIDFormat>${sp.nameIdFormat}</md:NameIDFormat><md:AssertionConsumerService Binding="${BINDING.post}" Location="${sp.acsUrl}" index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>`
      .text
  }`;
}

function keyDescriptor(pem: string): Xml {
  return xml`<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificateBody(pem)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
}
