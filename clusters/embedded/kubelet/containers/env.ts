import { type PodFacts, podField, resourceField } from "../fields.ts";
import type { Container, EnvVar, Keyed, KeySelector, Pod } from "../types.ts";
import { isMissing } from "../watched-objects.ts";

/** The container cannot be made from its spec as things are: CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = "ContainerConfigError";
}

export type EnvSources = {
  readonly secret: (namespace: string, name: string) => Promise<Keyed>;
  readonly configMap: (namespace: string, name: string) => Promise<Keyed>;
  readonly facts: PodFacts;
};

type KeyedValues = { readonly kind: "Secret" | "ConfigMap"; readonly values: ReadonlyMap<string, string> };

/**
 * The environment of a container, resolved when it is made and never again (spec kubelet-csi §10).
 * @throws ContainerConfigError naming the object or key that is missing
 */
export async function environmentOf(pod: Pod, container: Container, sources: EnvSources): Promise<Map<string, string>> {
  const env = new Map<string, string>();
  const read = reader(pod, sources);
  for (const { prefix = "", secretRef, configMapRef } of container.envFrom ?? []) {
    const ref = secretRef ?? configMapRef;
    const found = await read(secretRef === undefined ? "ConfigMap" : "Secret", ref?.name ?? "", ref?.optional);
    for (const [key, value] of found?.values ?? []) env.set(`${prefix}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await valueOfVariable(pod, container, variable, env, sources, read);
    if (value !== undefined) env.set(variable.name, value);
  }
  return env;
}

type Read = (
  kind: KeyedValues["kind"],
  name: string,
  isOptional: boolean | undefined,
) => Promise<KeyedValues | undefined>;

function reader(pod: Pod, sources: EnvSources): Read {
  const { namespace } = pod.metadata;
  return async (kind, name, isOptional) => {
    try {
      const object = await (kind === "Secret" ? sources.secret : sources.configMap)(namespace, name);
      const decode = (value: string): string => (kind === "Secret" ? Buffer.from(value, "base64").toString() : value);
      return { kind, values: new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, decode(value)])) };
    } catch (error) {
      if (isOptional === true && isMissing(error)) return undefined;
      throw new ContainerConfigError((error as Error).message, { cause: error });
    }
  };
}

async function valueOfVariable(
  pod: Pod,
  container: Container,
  { value, valueFrom }: EnvVar,
  env: ReadonlyMap<string, string>,
  sources: EnvSources,
  read: Read,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value ?? "", env);
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (secretKeyRef !== undefined) return await keyOf(pod, "Secret", secretKeyRef, read);
  if (configMapKeyRef !== undefined) return await keyOf(pod, "ConfigMap", configMapKeyRef, read);
  if (fieldRef !== undefined) {
    const field = podField(pod, fieldRef.fieldPath, sources.facts);
    if (field === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return field;
  }
  return resourceFieldRef === undefined
    ? ""
    : resourceField(container, resourceFieldRef.resource, resourceFieldRef.divisor);
}

async function keyOf(
  pod: Pod,
  kind: KeyedValues["kind"],
  selector: KeySelector,
  read: Read,
): Promise<string | undefined> {
  const found = await read(kind, selector.name ?? "", selector.optional);
  const value = found?.values.get(selector.key);
  if (value !== undefined || selector.optional === true) return value;
  const { namespace } = pod.metadata;
  throw new ContainerConfigError(`couldn't find key ${selector.key} in ${kind} ${namespace}/${selector.name ?? ""}`);
}

/** `$(NAME)` of what was defined before; `$$(NAME)` stands for itself; an unknown name stays as written. */
export function expand(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([A-Za-z_.-][A-Za-z0-9_.-]*)\))/g, (whole, escaped: string, name: string | undefined) =>
    escaped === "$" ? "$" : (env.get(name ?? "") ?? whole),
  );
}
