/** One version of a secret: text, or bytes. */
export type SecretVersion = {
  readonly id: string;
  readonly string?: string;
  readonly binary?: Buffer;
  readonly created: number;
  readonly stages: Set<string>;
};

export type SecretState = {
  readonly name: string;
  /** With its six drawn characters. */
  readonly arn: string;
  readonly created: number;
  changed: number;
  description: string;
  kmsKeyId: string | undefined;
  readonly versions: Map<string, SecretVersion>;
  readonly tags: Map<string, string>;
  /** When it will be gone for good; undefined while it is not deleted. */
  deleted: number | undefined;
};

export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";
const PENDING = "AWSPENDING";

/** Puts a label on a version, and takes it off the one that had it; what was current becomes previous. */
export function moveStage(secret: SecretState, stage: string, to: SecretVersion): void {
  const holder = [...secret.versions.values()].find(({ stages }) => stages.has(stage));
  if (holder === to) return;
  if (stage === CURRENT && holder !== undefined) {
    for (const { stages } of secret.versions.values()) stages.delete(PREVIOUS);
    holder.stages.add(PREVIOUS);
  }
  holder?.stages.delete(stage);
  to.stages.add(stage);
  if (stage === CURRENT) {
    to.stages.delete(PENDING);
    to.stages.delete(PREVIOUS);
  }
}

export function versionWith(secret: SecretState, stage: string): SecretVersion | undefined {
  return [...secret.versions.values()].find(({ stages }) => stages.has(stage));
}

/** By name, by whole ARN, or by an ARN without its six drawn characters. */
export function findSecret(secrets: ReadonlyMap<string, SecretState>, id: string): SecretState | undefined {
  if (!id.startsWith("arn:")) return secrets.get(id);
  const all = [...secrets.values()];
  return all.find(({ arn }) => arn === id) ?? all.find(({ arn }) => arn.slice(0, -"-AbCdEf".length) === id);
}
