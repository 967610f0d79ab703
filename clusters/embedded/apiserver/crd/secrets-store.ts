import type { KubeObject } from "../../../../kube/types.ts";
import type { Schema, Version } from "./types.ts";

const GROUP = "secrets-store.csi.x-k8s.io";
const text: Schema = { type: "string" };
const texts: Schema = { type: "object", additionalProperties: text };
const list = (properties: Record<string, Schema>): Schema => ({ type: "array", items: { type: "object", properties } });
const object = (properties: Record<string, Schema>): Schema => ({ type: "object", properties });

const spec = object({
  provider: text,
  parameters: texts,
  secretObjects: list({
    secretName: text,
    type: text,
    labels: texts,
    annotations: texts,
    data: list({ objectName: text, key: text }),
  }),
});
const podStatus = object({
  podName: text,
  secretProviderClassName: text,
  targetPath: text,
  mounted: { type: "boolean" },
  objects: list({ id: text, version: text }),
});

const top = (fields: Record<string, Schema>): Schema =>
  object({ apiVersion: text, kind: text, metadata: { type: "object" }, ...fields });

function definition(kind: string, plural: string, versions: readonly Version[]): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope: "Namespaced",
      versions,
    },
  };
}

const version = (schema: Schema): Version => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
});
const alpha = (schema: Schema, warning?: string): Version => ({
  name: "v1alpha1",
  served: true,
  storage: false,
  deprecated: true,
  ...(warning !== undefined && { deprecationWarning: warning }),
  schema: { openAPIV3Schema: schema },
});

/**
 * The two CustomResourceDefinitions of the Secrets Store CSI driver: no required fields, no defaults, no
 * subresources, v1alpha1 deprecated (spec of the driver's API).
 */
export function secretsStoreDefinitions(): KubeObject[] {
  return [
    definition("SecretProviderClass", "secretproviderclasses", [
      version(top({ spec, status: { type: "object" } })),
      alpha(
        top({ spec, status: object({ byPod: list({ id: text, namespace: text }) }) }),
        `${GROUP}/v1alpha1 is deprecated. Use ${GROUP}/v1 instead.`,
      ),
    ]),
    definition("SecretProviderClassPodStatus", "secretproviderclasspodstatuses", [
      version(top({ status: podStatus })),
      alpha(top({ status: podStatus })),
    ]),
  ];
}
