/** What the store holds: every file of a volume tells the version that it is of. */
export type Store = { version: number; names: readonly string[]; isFailing: boolean };

/** What is known of a pod's volume. */
export type VolumeModel = {
  /** What it must show; undefined while nothing was published. */
  shows: { readonly version: number; readonly names: readonly string[] } | undefined;
  /** When its content was last brought up to date by this driver; undefined after a restart. */
  freshAt: number | undefined;
};

/** The world as it should be. */
export type Model = { readonly store: Store; readonly volumes: Map<string, VolumeModel> };

export function newModel(): Model {
  return { store: { version: 1, names: ["a", "b"], isFailing: false }, volumes: new Map() };
}

/** Files that a volume must hold that shows `version`. */
export function filesOf({ version, names }: NonNullable<VolumeModel["shows"]>): Record<string, string> {
  return Object.fromEntries([...names].sort().map((name) => [name, `${name} of ${version}`]));
}

/** Whether a publish has to ask the provider: what was never published, and what is due. */
export function mustAsk(volume: VolumeModel | undefined, now: number, intervalMs: number): boolean {
  if (volume?.shows === undefined || volume.freshAt === undefined) return true;
  return now >= volume.freshAt + intervalMs;
}
