import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Clock } from "../../../core/index.ts";
import type { Bundle } from "../../../fakes/azure/index.ts";
import { createCertificateAuthority } from "../../../net/index.ts";

/** A key and its certificates, made once a run; each has a name that cases call it by. */
export type Material = {
  readonly key: KeyObject;
  readonly leaf: Buffer;
  readonly intermediate: Buffer;
  readonly root: Buffer;
};

export type PartName = "key" | "leaf" | "intermediate" | "root";

export async function createMaterial(clock: Clock): Promise<Material> {
  const root = await createCertificateAuthority({ clock, commonName: "root" });
  const middle = await root.subordinate("intermediate");
  const leaf = await middle.issue({ commonName: "app.example" });
  const der = (pem: string): Buffer => new X509Certificate(pem).raw;
  return {
    key: createPrivateKey(leaf.keyPem),
    leaf: der(leaf.certPem),
    intermediate: der(middle.certPem),
    root: der(root.certPem),
  };
}

/** Certificates in the order a vault shall keep them. */
export function bundle(material: Material, order: readonly PartName[]): Bundle {
  return {
    key: material.key,
    certificates: order.filter((name) => name !== "key").map((name) => material[name] as Buffer),
  };
}

/** What a PEM text holds, by those names, in its order; what is none of them is shown as it is. */
export function partsOf(text: string, material: Material): string[] {
  const blocks = text.match(/-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/g) ?? [];
  return blocks.map((block) => {
    if (block.includes("PRIVATE KEY"))
      return createPublicKey(createPrivateKey(block)).equals(createPublicKey(material.key)) ? "key" : "another key";
    const { raw } = new X509Certificate(block);
    const name = (["leaf", "intermediate", "root"] as const).find((one) => material[one].equals(raw));
    return name ?? "another certificate";
  });
}
