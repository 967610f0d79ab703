/**
 * What a case can need beyond Node, as its `@needs:…` tags name it, and what to say when it is missing. The list
 * is closed: a tag outside it is a mistake in a feature file.
 */
export const NEEDS = {
  parameters: "--parameters FILE: valid parameters of a SecretProviderClass",
  missing: "--missing FILE: parameters that name an object which is not there",
  rotate: "--rotate CMD: a command that changes the value in the store",
  "secret-values": "--secret-values FILE: the values behind the parameters",
  program: "a program started by this run, so that it can be killed and started again (--exec)",
  mounts: "mount(2)",
  namespaces: "user, mount and pid namespaces",
  "virtual-time": "a cluster on virtual time",
  slow: "minutes of real time (--slow)",
  "real-kubelet": "a real kubelet",
  exec: "running commands in pods",
  processes: "parts that run as processes of their own",
  docker: "Docker",
  kind: "kind",
  cloud: "cloud credentials",
} as const;

export type Need = keyof typeof NEEDS;

export function isNeed(name: string): name is Need {
  return Object.hasOwn(NEEDS, name);
}

/** What is there, and why what is missing is missing. A need that is not listed counts as met: the World decides. */
export type Availability = ReadonlyMap<Need, true | string>;

/** The first reason that keeps a case with these needs from running; undefined when it can run. */
export function missingReason(needs: readonly Need[], availability: Availability): string | undefined {
  for (const need of needs) {
    const state = availability.get(need);
    if (state !== undefined && state !== true) return state;
  }
  return undefined;
}

export const TIERS = ["E0", "E1", "E2", "E3"] as const;
export type Tier = (typeof TIERS)[number];

export const BEHAVIOURS = ["hardened", "upstream-1.6", "upstream-1.5"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** What `@behaviour:` accepts: providers know `upstream` only, which holds with both upstream drivers. */
export const BEHAVIOUR_TAGS: Readonly<Record<string, readonly Behaviour[]>> = {
  hardened: ["hardened"],
  "upstream-1.6": ["upstream-1.6"],
  "upstream-1.5": ["upstream-1.5"],
  upstream: ["upstream-1.6", "upstream-1.5"],
};
