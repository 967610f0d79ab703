/** Resolves when the process is told to stop: SIGTERM, SIGINT, or the end of the terminal. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

/** Like {@link untilStopped}, for what takes a while to end: a second Ctrl-C meanwhile changes nothing. */
export function firstStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}
