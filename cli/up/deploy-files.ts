import { stringify } from "yaml";
import { secretsStoreDefinitions } from "../../clusters/embedded/apiserver/crd/secrets-store.ts";
import type { KubeObject } from "../../kube/index.ts";
import { PROVIDER_OBJECTS } from "./releases.ts";

const NOTE = "# Made by scripts/deploy-files.ts: change the code it is made from.\n";

/** The files of `deploy/` that are made from code, by path: what code applies and what people apply are the same. */
export async function deployFiles(): Promise<ReadonlyMap<string, string>> {
  const documents = (objects: readonly KubeObject[]): string =>
    NOTE + objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n");
  const chart = "deploy/charts/secrets-store-csi-driver";
  return new Map([
    ...secretsStoreDefinitions().map(
      (definition) => [`${chart}/crds/${definition.metadata.name}.yaml`, documents([definition])] as const,
    ),
    ["deploy/aws-provider-installer.yaml", documents(await PROVIDER_OBJECTS.aws())],
    ["deploy/provider-gcp-plugin.yaml", documents(await PROVIDER_OBJECTS.gcp())],
  ]);
}
