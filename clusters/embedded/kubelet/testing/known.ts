/** Where the simulated kubelet differs, by experiment; docs/kubelet-differences.md says why for each. */
export const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "04-republish": ["events probed"],
  "05b-publish-fails-leftovers": ["call del-ffail-unavailable/v", "call del-ffail-deadline-exceeded/v"],
  "06-publish-hangs": ["events ignores-deadline-150s"],
  "21-mount-lost-while-kubelet-down": ["call lost-final/v"],
};

/** The seed whose jitter comes close to what was recorded, where a behaviour depends on it. */
export const SEEDS: Readonly<Record<string, number>> = { "21-mount-lost-while-kubelet-down": 2 };
