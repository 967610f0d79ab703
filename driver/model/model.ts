/**
 * What the store holds, and with which parameter the class asks for it: every file of a volume tells the version that it
 * is of, and the parameter that it was asked with.
 */
export type Store = { version: number; names: readonly string[]; parameter: string; isFailing: boolean };

/** What is known of a pod's volume. */
export type VolumeModel = {
  /** What it must show; undefined while nothing was published. */
  shows: Pick<Readonly<Store>, "version" | "names" | "parameter"> | undefined;
  /** When its content was last brought up to date by this driver; undefined after a restart. */
  freshAt: number | undefined;
};

/** The world as it should be. */
export type Model = { readonly store: Store; readonly volumes: Map<string, VolumeModel> };

export function newModel(): Model {
  return { store: { version: 1, names: ["a", "b"], parameter: "v", isFailing: false }, volumes: new Map() };
}

/** Files that a volume must hold that shows `version`. */
export function filesOf({ version, names, parameter }: NonNullable<VolumeModel["shows"]>): Record<string, string> {
  return Object.fromEntries([...names].sort().map((name) => [name, contentOf(name, version, parameter)]));
}

/** What the store answers for one name. */
export function contentOf(name: string, version: number, parameter: string): string {
  return `${name} of ${versionOf(version, parameter)}`;
}

export function versionOf(version: number, parameter: string): string {
  return `${version} by ${parameter}`;
}

/** Whether a publish has to ask the provider: what was never published, and what is due. */
export function mustAsk(volume: VolumeModel | undefined, now: number, intervalMs: number): boolean {
  if (volume?.shows === undefined || volume.freshAt === undefined) return true;
  return now >= volume.freshAt + intervalMs;
}
