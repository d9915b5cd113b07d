/** Why a document was not taken. `refused`: outside the limits or with a forbidden construct; `broken`: not XML. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
  readonly reason: 'too-large' | 'too-deep' | 'too-many-nodes' | 'forbidden' | 'broken';

  /** @param why static text; never a part of the document. */
  constructor(reason: XmlRefused['reason'], why: string) {
    super(why);
    this.reason = reason;
  }
}

/** Why a signature was not accepted. */
export class SignatureRefused extends Error {
  override readonly name = 'SignatureRefused';
  readonly reason: 'shape' | 'algorithm' | 'invalid';

  constructor(reason: SignatureRefused['reason'], why: string) {
    super(why);
    this.reason = reason;
  }
}
