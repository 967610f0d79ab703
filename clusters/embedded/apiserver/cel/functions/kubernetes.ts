import { BlockList, isIPv4, isIPv6 } from "node:net";
import { CelFailure, type CelValue, Opaque, Optional } from "../values.ts";
import type { Library } from "./overload.ts";

const optional = (value: CelValue | undefined): Optional => new Optional(value);

const required = (a: Optional): CelValue => {
  if (a.value === undefined) throw new CelFailure("optional.none() dereference");
  return a.value;
};

const isZero = (a: CelValue): boolean =>
  a === null ||
  a === 0n ||
  a === 0 ||
  a === "" ||
  a === false ||
  (Array.isArray(a) && a.length === 0) ||
  (a instanceof Map && a.size === 0);

/** cel-go's optional values. */
export const OPTIONALS: Library = {
  "@@optional.of(A): optional_type(A)": (a: CelValue) => optional(a),
  "@@optional.ofNonZeroValue(A): optional_type(A)": (a: CelValue) => optional(isZero(a) ? undefined : a),
  "@@optional.none(): optional_type(A)": () => optional(undefined),
  "optional_type(A).hasValue(): bool": (a: Optional) => a.value !== undefined,
  "optional_type(A).value(): A": required,
  "optional_type(A).or(optional_type(A)): optional_type(A)": (a: Optional, b: Optional) =>
    a.value === undefined ? b : a,
  "optional_type(A).orValue(A): A": (a: Optional, b: CelValue) => a.value ?? b,
};

const URL_TYPE = "kubernetes.URL";

function readUrl(text: string): Opaque {
  const isAbsolute = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(text);
  if (!(isAbsolute && URL.canParse(text)) && !text.startsWith("/"))
    throw new CelFailure(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  return new Opaque(URL_TYPE, text, isAbsolute ? new URL(text) : new URL(text, "none://"));
}

const urlOf = ({ inner }: Opaque): URL => inner as URL;
const isUrl = (text: string): boolean => {
  try {
    readUrl(text);
    return true;
  } catch {
    return false;
  }
};
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, "");

export const URLS: Library = {
  [`url(string): ${URL_TYPE}`]: readUrl,
  "isURL(string): bool": isUrl,
  [`${URL_TYPE}.getScheme(): string`]: (a: Opaque) => urlOf(a).protocol.slice(0, -1).replace("none", ""),
  [`${URL_TYPE}.getHost(): string`]: (a: Opaque) => urlOf(a).host,
  [`${URL_TYPE}.getHostname(): string`]: (a: Opaque) => bare(urlOf(a).hostname),
  [`${URL_TYPE}.getPort(): string`]: (a: Opaque) =>
    /:(\d+)(?:[/?#]|$)/.exec(a.identity.replace(/^\w+:/, ""))?.[1] ?? "",
  [`${URL_TYPE}.getEscapedPath(): string`]: (a: Opaque) =>
    /^[^/]*:\/\/[^/?#]*$/.test(a.identity.replace(/[?#].*$/, "")) ? "" : urlOf(a).pathname,
  [`${URL_TYPE}.getQuery(): map(string, list(string))`]: (a: Opaque) => {
    const { searchParams } = urlOf(a);
    return new Map<CelValue, CelValue>([...searchParams.keys()].map((key) => [key, searchParams.getAll(key)]));
  },
};

const QUANTITY = "kubernetes.Quantity";
const SUFFIXES: Readonly<Record<string, readonly [base: bigint, power: number]>> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  "": [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};
const NANO = 1_000_000_000n;

/** A quantity in billionths; undefined for what is none. */
function nanosOf(text: string): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/.exec(text);
  const [, sign = "", whole = "", part = "", exponent, suffix = ""] = match ?? [];
  if (match === null || whole + part === "") return undefined;
  const [base, power] = exponent === undefined ? (SUFFIXES[suffix] ?? [10n, 0]) : [10n, Number(exponent.slice(1))];
  if (Math.abs(power) > 60) return undefined;
  const digits = BigInt(whole + part) * NANO * (power >= 0 ? base ** BigInt(power) : 1n);
  const divided = digits / 10n ** BigInt(part.length) / (power < 0 ? base ** BigInt(-power) : 1n);
  return sign === "-" ? -divided : divided;
}

const quantity = (nanos: bigint): Opaque => new Opaque(QUANTITY, String(nanos), nanos);
const nanosIn = ({ inner }: Opaque): bigint => inner as bigint;
const readQuantity = (text: string): Opaque => {
  const nanos = nanosOf(text);
  if (nanos === undefined)
    throw new CelFailure("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return quantity(nanos);
};
const signOf = (nanos: bigint): bigint => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n);

export const QUANTITIES: Library = {
  [`quantity(string): ${QUANTITY}`]: readQuantity,
  "isQuantity(string): bool": (a: string) => nanosOf(a) !== undefined,
  [`${QUANTITY}.sign(): int`]: (a: Opaque) => signOf(nanosIn(a)),
  [`${QUANTITY}.isInteger(): bool`]: (a: Opaque) => nanosIn(a) % NANO === 0n && nanosIn(a) / NANO < 2n ** 63n,
  [`${QUANTITY}.asInteger(): int`]: (a: Opaque) => {
    if (nanosIn(a) % NANO !== 0n) throw new CelFailure("cannot convert value to integer");
    return nanosIn(a) / NANO;
  },
  [`${QUANTITY}.asApproximateFloat(): double`]: (a: Opaque) => Number(nanosIn(a)) / 1e9,
  [`${QUANTITY}.add(${QUANTITY}): ${QUANTITY}`]: (a: Opaque, b: Opaque) => quantity(nanosIn(a) + nanosIn(b)),
  [`${QUANTITY}.add(int): ${QUANTITY}`]: (a: Opaque, b: bigint) => quantity(nanosIn(a) + b * NANO),
  [`${QUANTITY}.sub(${QUANTITY}): ${QUANTITY}`]: (a: Opaque, b: Opaque) => quantity(nanosIn(a) - nanosIn(b)),
  [`${QUANTITY}.sub(int): ${QUANTITY}`]: (a: Opaque, b: bigint) => quantity(nanosIn(a) - b * NANO),
  [`${QUANTITY}.isLessThan(${QUANTITY}): bool`]: (a: Opaque, b: Opaque) => nanosIn(a) < nanosIn(b),
  [`${QUANTITY}.isGreaterThan(${QUANTITY}): bool`]: (a: Opaque, b: Opaque) => nanosIn(a) > nanosIn(b),
  [`${QUANTITY}.compareTo(${QUANTITY}): int`]: (a: Opaque, b: Opaque) => signOf(nanosIn(a) - nanosIn(b)),
};

const IP = "net.IP";
const CIDR = "net.CIDR";
type Family = "ipv4" | "ipv6";
type Network = { readonly address: string; readonly family: Family; readonly bits: number };

/** Leading zeros, zones and IPv4 in IPv6 are refused, as Kubernetes does. */
const isAddress = (text: string): boolean =>
  (isIPv4(text) && !/(^|\.)0\d/.test(text)) || (isIPv6(text) && !text.includes("%") && !text.includes("."));
const canonical = (text: string): string => (isIPv4(text) ? text : bare(new URL(`http://[${text}]/`).hostname));
const readAddress = (text: string): Opaque => {
  if (!isAddress(text))
    throw new CelFailure(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new Opaque(IP, canonical(text), text);
};
const familyOf = (text: string): Family => (isIPv4(text) ? "ipv4" : "ipv6");
const isWithin = (text: string, ranges: readonly (readonly [string, number])[]): boolean => {
  const list = new BlockList();
  for (const [address, bits] of ranges) list.addSubnet(address, bits, familyOf(address));
  return list.check(text, familyOf(text));
};

function networkOf(text: string): Network | undefined {
  const [address = "", bits = ""] = text.split("/");
  const family = familyOf(address);
  if (!isAddress(address) || !/^(0|[1-9]\d*)$/.test(bits) || Number(bits) > (family === "ipv4" ? 32 : 128))
    return undefined;
  return { address: canonical(address), family, bits: Number(bits) };
}

function readNetwork(text: string): Opaque {
  const network = networkOf(text);
  if (network === undefined)
    throw new CelFailure(`CIDR ${JSON.stringify(text)} parse error during conversion from string`);
  return new Opaque(CIDR, `${network.address}/${network.bits}`, network);
}

const networkIn = ({ inner }: Opaque): Network => inner as Network;
const containsAddress = (a: Opaque, address: string): boolean => {
  const { address: base, bits } = networkIn(a);
  return familyOf(base) === familyOf(address) && isWithin(address, [[base, bits]]);
};
const containsNetwork = (a: Opaque, b: Opaque): boolean =>
  networkIn(b).bits >= networkIn(a).bits && containsAddress(a, networkIn(b).address);

function masked({ address, bits, family }: Network): string {
  const parts = family === "ipv4" ? address.split(".").map(Number) : groupsOf(address);
  const width = family === "ipv4" ? 8 : 16;
  const kept = parts.map((part, at) => {
    const left = Math.min(width, Math.max(0, bits - at * width));
    return part & (((1 << width) - 1) ^ ((1 << (width - left)) - 1));
  });
  return family === "ipv4" ? kept.join(".") : canonical(kept.map((part) => part.toString(16)).join(":"));
}

function groupsOf(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const read = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), read(tail ?? "")];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** Kubernetes' functions of addresses and networks. */
export const NETWORKS: Library = {
  [`ip(string): ${IP}`]: readAddress,
  "isIP(string): bool": isAddress,
  "@@ip.isCanonical(string): bool": (a: string) => readAddress(a).identity === a,
  [`string(${IP}): string`]: (a: Opaque) => a.identity,
  [`${IP}.family(): int`]: (a: Opaque) => (isIPv4(a.identity) ? 4n : 6n),
  [`${IP}.isUnspecified(): bool`]: (a: Opaque) => a.identity === "0.0.0.0" || a.identity === "::",
  [`${IP}.isLoopback(): bool`]: (a: Opaque) =>
    isWithin(a.identity, [
      ["127.0.0.0", 8],
      ["::1", 128],
    ]),
  [`${IP}.isLinkLocalMulticast(): bool`]: (a: Opaque) =>
    isWithin(a.identity, [
      ["224.0.0.0", 24],
      ["ff02::", 16],
    ]),
  [`${IP}.isLinkLocalUnicast(): bool`]: (a: Opaque) =>
    isWithin(a.identity, [
      ["169.254.0.0", 16],
      ["fe80::", 10],
    ]),
  [`${IP}.isGlobalUnicast(): bool`]: (a: Opaque) =>
    a.identity !== "255.255.255.255" &&
    a.identity !== "0.0.0.0" &&
    a.identity !== "::" &&
    !isWithin(a.identity, [
      ["127.0.0.0", 8],
      ["224.0.0.0", 4],
      ["169.254.0.0", 16],
      ["::1", 128],
      ["ff00::", 8],
      ["fe80::", 10],
    ]),
  [`cidr(string): ${CIDR}`]: readNetwork,
  "isCIDR(string): bool": (a: string) => networkOf(a) !== undefined,
  [`string(${CIDR}): string`]: (a: Opaque) => a.identity,
  [`${CIDR}.containsIP(${IP}): bool`]: (a: Opaque, b: Opaque) => containsAddress(a, b.identity),
  [`${CIDR}.containsIP(string): bool`]: (a: Opaque, b: string) => containsAddress(a, readAddress(b).identity),
  [`${CIDR}.containsCIDR(${CIDR}): bool`]: containsNetwork,
  [`${CIDR}.containsCIDR(string): bool`]: (a: Opaque, b: string) => containsNetwork(a, readNetwork(b)),
  [`${CIDR}.ip(): ${IP}`]: (a: Opaque) => readAddress(networkIn(a).address),
  [`${CIDR}.masked(): ${CIDR}`]: (a: Opaque) => readNetwork(`${masked(networkIn(a))}/${networkIn(a).bits}`),
  [`${CIDR}.prefixLength(): int`]: (a: Opaque) => BigInt(networkIn(a).bits),
};
