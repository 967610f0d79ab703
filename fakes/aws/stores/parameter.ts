export type ParameterType = "String" | "StringList" | "SecureString";

export type ParameterVersion = {
  readonly version: number;
  readonly value: string;
  readonly type: ParameterType;
  readonly keyId: string | undefined;
  readonly modified: number;
  /** Who wrote it. */
  readonly by: string;
  readonly description: string | undefined;
  readonly allowedPattern: string | undefined;
  readonly labels: Set<string>;
};

export type ParameterState = {
  readonly name: string;
  readonly arn: string;
  readonly versions: ParameterVersion[];
  readonly tags: Map<string, string>;
};

/** `arn:aws:ssm:REGION:ACCOUNT:parameter/a/b`: a name with a leading slash brings its own. */
export function parameterArn(region: string, account: string, name: string): string {
  return `arn:aws:ssm:${region}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

/** A name or ARN with what selects a version of it. */
export type Selected = { readonly name: string; readonly selector: string };

/** `name`, `name:3`, `name:label`, or the same behind an ARN. */
export function readSelector(text: string): Selected {
  if (text.startsWith("arn:")) {
    const [head = "", ...rest] = text.split(":parameter");
    const [path = "", selector = ""] = rest.join(":parameter").split(":");
    return { name: `${head}:parameter${path}`, selector };
  }
  const [name = "", selector = ""] = text.split(":");
  return { name, selector };
}

export function findParameter(
  parameters: ReadonlyMap<string, ParameterState>,
  name: string,
): ParameterState | undefined {
  return name.startsWith("arn:") ? [...parameters.values()].find(({ arn }) => arn === name) : parameters.get(name);
}

/** The newest without a selector; by number, or by label. */
export function versionOf({ versions }: ParameterState, selector: string): ParameterVersion | undefined {
  if (selector === "") return versions.at(-1);
  if (/^\d+$/.test(selector)) return versions.find(({ version }) => version === Number(selector));
  return versions.find(({ labels }) => labels.has(selector));
}
