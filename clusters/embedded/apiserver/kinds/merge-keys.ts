/**
 * Merge keys of the built-in kinds, by the names of the fields on the way to the list (k8s.io/api, patchMergeKey).
 * A list that is not here is replaced; "" marks a set.
 */
const BY_FIELD: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  imagePullSecrets: "name",
  schedulingGates: "name",
  volumes: "name",
  resourceClaims: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  env: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  conditions: "type",
  addresses: "type",
  drivers: "name",
  webhooks: "name",
  matchConditions: "name",
  ownerReferences: "uid",
  finalizers: "",
};

export function SERVED_MERGE_KEYS(path: readonly string[]): string | undefined {
  const field = path.at(-1) ?? "";
  const parent = path.at(-2);
  if (field === "ports")
    return parent === "containers" || parent === "initContainers" || parent === "ephemeralContainers"
      ? "containerPort"
      : "port";
  if (field === "secrets") return path.length === 1 ? "name" : undefined; // of a ServiceAccount
  if (field === "addresses") return parent === "status" ? "type" : undefined; // of a Node; of Endpoints it is replaced
  if (field === "drivers" && parent !== "spec") return undefined;
  return BY_FIELD[field];
}
