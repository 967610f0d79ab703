import { child, children, type Der, octetsOf, oidText, readDer } from "../../../net/index.ts";

/** What links certificates: their own key id, and their issuer's. */
type Link = { readonly der: Buffer; readonly subjectKeyId: string; readonly authorityKeyId: string };

const SUBJECT_KEY_ID = "2.5.29.14";
const AUTHORITY_KEY_ID = "2.5.29.35";

/**
 * Certificates from the leaf to the root. Where one is left over, because a link is missing or ids are, the vault's
 * order stays.
 * @throws Error when no certificate is a leaf, or the links go round
 */
export function orderedChain(certificates: readonly Buffer[]): readonly Buffer[] {
  const links = certificates.map(linkOf);
  const isIssuer = (link: Link): boolean =>
    links.some((other) => other !== link && other.authorityKeyId !== "" && other.authorityKeyId === link.subjectKeyId);
  const leaf = links.find((link) => !isIssuer(link));
  if (leaf === undefined) {
    if (links.length === 0) return [];
    throw new Error("no leaf found");
  }
  const chain: Link[] = [leaf];
  for (let at: Link = leaf; ; ) {
    if (at.authorityKeyId === "" || at.authorityKeyId === at.subjectKeyId) break;
    const { authorityKeyId } = at;
    const issuer = links.find(({ subjectKeyId }) => subjectKeyId === authorityKeyId);
    if (issuer === undefined) break;
    if (chain.includes(issuer)) throw new Error("constructing chain resulted in cycle");
    chain.push(issuer);
    at = issuer;
  }
  return chain.length === links.length ? chain.map(({ der }) => der) : certificates;
}

function linkOf(der: Buffer): Link {
  const signed = child(readDer(der), 0);
  const extensions = children(signed).find(({ tag }) => tag === 0xa3);
  const values = new Map<string, Der>();
  for (const extension of extensions === undefined ? [] : children(child(extensions, 0))) {
    const parts = children(extension);
    const [id, value] = [parts[0], parts.at(-1)];
    if (id !== undefined && value !== undefined) values.set(oidText(id), readDer(octetsOf(value)));
  }
  const subject = values.get(SUBJECT_KEY_ID);
  const authority = values.get(AUTHORITY_KEY_ID);
  const keyId = authority === undefined ? undefined : children(authority).find(({ tag }) => tag === 0x80);
  return {
    der,
    subjectKeyId: subject === undefined ? "" : octetsOf(subject).toString("hex"),
    authorityKeyId: keyId === undefined ? "" : keyId.body.toString("hex"),
  };
}
