/** A version as Kubernetes' version package reads it: numbers, compared one by one. */
export type Version = { readonly text: string; readonly parts: readonly number[] };

export function parseVersion(text: string): Version | string {
  const match = /^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)$/.exec(text);
  if (match === null) return `could not parse "${text}" as version`;
  const parts = (match[1] ?? "").split(".").map(Number);
  return parts.length < 2 ? `illegal version string "${text}"` : { text: parts.join("."), parts };
}

export function isLess(a: Version, b: Version): boolean {
  for (let at = 0; at < Math.max(a.parts.length, b.parts.length); at++) {
    const difference = (a.parts[at] ?? 0) - (b.parts[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/**
 * The highest version a plugin offers that kubelet speaks; it must be v1.x (spec kubelet-csi §15, 1).
 * @returns a text that says why there is none
 */
export function highestSupported(versions: readonly string[]): Version | string {
  let highest: Version | undefined;
  let reason = "<nil>";
  for (const text of versions.toReversed()) {
    const version = parseVersion(text);
    if (typeof version === "string") reason = version;
    else if ((version.parts[0] ?? 0) <= 1 && (highest === undefined || isLess(highest, version))) highest = version;
  }
  if (highest === undefined)
    return `could not find a highest supported version from versions ([${versions.join(" ")}]) reported: ${reason}`;
  return highest.parts[0] === 1 ? highest : `highest supported version reported is ${highest.text}, must be v1.x`;
}

/** What the registration says of itself: kubelet's answer to it. */
export type Candidate = { readonly name: string; readonly endpoint: string; readonly versions: readonly string[] };

/**
 * Validates a CSI plugin against those registered already.
 * @returns its version, or the text that is sent back to it
 */
export function validatePlugin(candidate: Candidate, registered: Version | undefined): Version | string {
  const { name, endpoint, versions } = candidate;
  const refuse = (why: string): string =>
    `validation failed for CSI Driver ${name} at endpoint ${endpoint}: kubernetes.io/csi: ValidatePlugin for CSI driver "${name}" failed. ${why}`;
  if (versions.length === 0) return refuse("Plugin returned an empty list for supported versions");
  const highest = highestSupported(versions);
  if (typeof highest === "string")
    return refuse(
      `None of the versions specified [${versions.map((v) => `"${v}"`).join(" ")}] are supported. err=${highest}`,
    );
  if (registered !== undefined && !isLess(registered, highest))
    return refuse(
      `Another driver with the same name is already registered with a higher supported version: "${registered.text}"`,
    );
  return highest;
}
