import { createHmac, randomBytes } from "node:crypto";
import { isObject, type JsonObject, type JsonValue, VerbatimNumber } from "../../../core/go/json.ts";
import type { Clock } from "../../../core/index.ts";
import type { Trace } from "../core/core.ts";
import type { Result, VaultRequest } from "../framework/request.ts";
import { goTime } from "../values/duration.ts";

export type AuditDevice = {
  /** Ends in a slash. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly local: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly salt: Buffer;
  readonly lines: string[];
};

/** Lines a device keeps for reading; older ones go. */
const KEPT_LINES = 10_000;

/**
 * The audit devices. Each enabled one gets a line for every request and every response, values replaced by
 * HMACs with the device's own salt, and keeps them to be read by the control API.
 */
export class AuditBroker {
  readonly #clock: Clock;
  readonly #devices = new Map<string, AuditDevice>();
  /** Takes each line of a device with a `file_path` of its own. */
  onLine: (device: AuditDevice, line: string) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  devices(): AuditDevice[] {
    return [...this.#devices.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  get(path: string): AuditDevice | undefined {
    return this.#devices.get(path);
  }

  enable(spec: Omit<AuditDevice, "salt" | "lines">): AuditDevice {
    const device: AuditDevice = { ...spec, salt: randomBytes(32), lines: [] };
    this.#devices.set(spec.path, device);
    return device;
  }

  disable(path: string): AuditDevice | undefined {
    const device = this.#devices.get(path);
    this.#devices.delete(path);
    return device;
  }

  /** `hmac-sha256:…` as this device writes a value. */
  hash(device: AuditDevice, value: string): string {
    return `hmac-sha256:${createHmac("sha256", device.salt).update(value).digest("hex")}`;
  }

  request(request: VaultRequest, trace: Trace): void {
    if (this.#devices.size === 0) return;
    for (const device of this.#devices.values())
      this.#write(device, {
        type: "request",
        auth: this.#auth(device, trace),
        request: this.#of(device, request, trace),
      });
  }

  response(request: VaultRequest, trace: Trace, result: Result, error?: string): void {
    if (this.#devices.size === 0) return;
    for (const device of this.#devices.values())
      this.#write(device, {
        type: "response",
        auth: this.#auth(device, trace),
        request: this.#of(device, request, trace),
        response: this.#result(device, result, trace),
        ...(error === undefined ? {} : { error }),
      });
  }

  #write(device: AuditDevice, entry: JsonObject): void {
    const line = JSON.stringify({ time: goTime(this.#clock.now()), ...entry });
    device.lines.push(line);
    if (device.lines.length > KEPT_LINES) device.lines.splice(0, device.lines.length - KEPT_LINES);
    this.onLine(device, line);
  }

  #auth(device: AuditDevice, { token }: Trace): JsonObject {
    if (token === undefined) return { token_type: "default" };
    return {
      client_token: this.hash(device, token.id),
      accessor: this.hash(device, token.accessor),
      display_name: token.displayName,
      policies: [...token.policies],
      token_policies: [...token.policies],
      token_type: token.type,
      token_ttl: token.creationTtl,
      token_issue_time: goTime(token.issuedAt),
      ...(token.entityId === "" ? {} : { entity_id: token.entityId }),
      ...(token.meta === null ? {} : { metadata: { ...token.meta } }),
    };
  }

  #of(device: AuditDevice, request: VaultRequest, { mount, token }: Trace): JsonObject {
    return {
      id: request.id,
      operation: request.operation,
      path: request.path,
      namespace: { id: request.namespace.id, ...(request.namespace.isRoot ? {} : { path: request.namespace.path }) },
      remote_address: request.remoteAddress,
      ...(mount === undefined
        ? {}
        : { mount_point: mount.path, mount_type: mount.listedType, mount_accessor: mount.accessor }),
      ...(request.clientToken === "" ? {} : { client_token: this.hash(device, request.clientToken) }),
      ...(token === undefined ? {} : { client_token_accessor: this.hash(device, token.accessor) }),
      ...(Object.keys(request.data).length === 0 ? {} : { data: this.#hashed(device, request.data) }),
    };
  }

  #result(device: AuditDevice, result: Result, { mount, token }: Trace): JsonObject {
    if (result === undefined) return {};
    const data = result.dataJson === undefined ? result.data : (JSON.parse(result.dataJson) as JsonObject);
    return {
      ...(mount === undefined ? {} : { mount_type: mount.listedType, mount_accessor: mount.accessor }),
      ...(data === undefined || data === null ? {} : { data: this.#hashed(device, data) }),
      ...(result.auth === undefined ? {} : { auth: this.#auth(device, { ...(token === undefined ? {} : { token }) }) }),
      ...(result.warnings === undefined || result.warnings.length === 0 ? {} : { warnings: [...result.warnings] }),
    };
  }

  /** Text is hashed, structure and numbers stay, as in Vault's audit log. */
  #hashed(device: AuditDevice, value: JsonValue): JsonValue {
    if (typeof value === "string") return this.hash(device, value);
    if (value instanceof VerbatimNumber) return Number(value.text);
    if (Array.isArray(value)) return value.map((entry) => this.#hashed(device, entry));
    if (!isObject(value)) return value;
    const copy: JsonObject = {};
    for (const [key, entry] of Object.entries(value)) copy[key] = this.#hashed(device, entry);
    return copy;
  }
}
