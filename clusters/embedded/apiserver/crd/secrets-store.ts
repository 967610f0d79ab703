import type { KubeObject } from "../../../../kube/types.ts";
import type { Schema, Version } from "./types.ts";

const GROUP = "secrets-store.csi.x-k8s.io";
const text = (description: string): Schema => ({ type: "string", description });
const texts = (description: string): Schema => ({
  type: "object",
  description,
  additionalProperties: { type: "string" },
});
const object = (description: string, properties: Record<string, Schema>): Schema => ({
  type: "object",
  description,
  properties,
});
const list = (description: string, item: string, properties: Record<string, Schema>): Schema => ({
  type: "array",
  description,
  items: object(item, properties),
});

const spec = object("Which provider fetches what, and which Kubernetes Secrets are made of it.", {
  provider: text("Name of the provider that fetches the objects: aws, azure, gcp, vault or another that is installed."),
  parameters: texts(
    "Passed to the provider, which knows their meaning: which objects to fetch, from where, and as whom.",
  ),
  secretObjects: list(
    "Kubernetes Secrets that the driver keeps in step with mounted files while a pod mounts the class.",
    "One Secret and what it is made of.",
    {
      secretName: text("Name of the Secret, in the namespace of the pod."),
      type: text("Type of the Secret, such as Opaque or kubernetes.io/tls."),
      labels: texts("Labels of the Secret."),
      annotations: texts("Annotations of the Secret."),
      data: list("Which file becomes which key.", "One key of the Secret.", {
        objectName: text("The mounted file, by its path in the volume."),
        key: text("The key of the Secret that holds the file's content."),
      }),
    },
  ),
});
const podStatus = object("What is mounted. Written by the driver at each mount and rotation.", {
  podName: text("The pod."),
  secretProviderClassName: text("The SecretProviderClass that the pod mounts."),
  targetPath: text("Where the volume is mounted on the node."),
  mounted: { type: "boolean", description: "Whether the volume is mounted." },
  objects: list("The objects that are mounted.", "One object.", {
    id: text("The object, as its provider names it."),
    version: text("The version that is mounted."),
  }),
});

const top = (description: string, fields: Record<string, Schema>): Schema =>
  object(description, {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    ...fields,
  });
const CLASS = "Says which objects of an external store a pod gets mounted, and how to fetch them.";
const POD_STATUS = "Tells which objects, in which versions, one volume of a pod holds.";

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
      version(top(CLASS, { spec, status: { type: "object", description: "Not used." } })),
      alpha(
        top(CLASS, {
          spec,
          status: object("Not used.", {
            byPod: list("Not used.", "A pod.", {
              id: text("Id of the pod."),
              namespace: text("Namespace of the pod."),
            }),
          }),
        }),
        `${GROUP}/v1alpha1 is deprecated. Use ${GROUP}/v1 instead.`,
      ),
    ]),
    definition("SecretProviderClassPodStatus", "secretproviderclasspodstatuses", [
      version(top(POD_STATUS, { status: podStatus })),
      alpha(top(POD_STATUS, { status: podStatus })),
    ]),
  ];
}
