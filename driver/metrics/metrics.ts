import type { Rules } from "../behaviour.ts";
import { PublishFailure } from "../publish/failure.ts";
import type { PublishReport } from "../publish/report.ts";
import type { RotationReport } from "../rotation/report.ts";
import { type Counter, type Histogram, Registry } from "./registry.ts";

/** Go's `runtime.GOOS`, which upstream labels everything with. */
const OS_TYPE = process.platform === "win32" ? "windows" : process.platform;

/**
 * Eleven bounds from 0.1 to 2 s, each 20^(1/10) times the one before; as scraped from the real driver, since
 * powers differ in their last digits from one machine to the next.
 */
const DURATION_BOUNDS: readonly number[] = [
  0.1, 0.13492828476735633, 0.18205642030260802, 0.24564560522315804, 0.3314454017339986, 0.4472135954999578,
  0.6034176336545162, 0.8141810630738084, 1.0985605433061172, 1.4822688982138947, 1.9999999999999991,
];

/** OpenTelemetry adds these to every series of the real driver. */
const OTEL_LABELS = {
  otel_scope_name: "sigs.k8s.io/secrets-store-csi-driver",
  otel_scope_schema_url: "",
  otel_scope_version: "",
};

/** What the real driver's OpenTelemetry says about itself. */
const OTEL_TARGET = {
  service_name: "unknown_service:secrets-store-csi",
  telemetry_sdk_language: "go",
  telemetry_sdk_name: "opentelemetry",
  telemetry_sdk_version: "1.43.0",
};

/** The values of `error_type` that `hardened` knows (B18). */
const KNOWN_ERROR_TYPES: ReadonlySet<string> = new Set([
  "FailedToMount",
  "FailedToEnsureMountPoint",
  "SecretProviderClassNotFound",
  "GRPCProviderError",
  "FileWriteError",
  "FailedToLookupProviderGRPCClient",
  "ProviderError",
]);
const OTHER = "other";

export type DriverMetricsSpec = {
  readonly rules: Rules;
  /** Whether a provider of that name was ever found: other names are not worth a series (B18). */
  readonly isKnownProvider: (name: string) => boolean;
};

/** The driver's metrics (its specification, §8): names, labels and moments are upstream's. */
export class DriverMetrics {
  readonly registry: Registry;
  readonly #spec: DriverMetricsSpec;
  readonly #published: Counter;
  readonly #publishFailed: Counter;
  readonly #unpublished: Counter;
  readonly #unpublishFailed: Counter;
  readonly #rotated: Counter;
  readonly #rotationFailed: Counter;
  readonly #rotationTook: Histogram;
  readonly #synced: Counter;
  readonly #syncTook: Histogram;

  constructor(spec: DriverMetricsSpec) {
    this.#spec = spec;
    const registry = new Registry(spec.rules.behaviour === "hardened" ? {} : OTEL_LABELS);
    this.registry = registry;
    if (spec.rules.behaviour !== "hardened") registry.info("target_info", "Target metadata", OTEL_TARGET);
    this.#published = registry.counter("node_publish_total", "Total number of node publish calls");
    this.#publishFailed = registry.counter("node_publish_error_total", "Total number of node publish calls with error");
    this.#unpublished = registry.counter("node_unpublish_total", "Total number of node unpublish calls");
    this.#unpublishFailed = registry.counter(
      "node_unpublish_error_total",
      "Total number of node unpublish calls with error",
    );
    this.#rotated = registry.counter("rotation_reconcile_total", "Total number of rotation reconciles");
    this.#rotationFailed = registry.counter(
      "rotation_reconcile_error_total",
      "Total number of rotation reconciles with error",
    );
    this.#rotationTook = registry.histogram(
      "rotation_reconcile_duration_sec",
      "Distribution of how long it took to rotate secrets-store content for pods",
      DURATION_BOUNDS,
    );
    this.#synced = registry.counter("sync_k8s_secret_total", "Total number of k8s secrets synced");
    this.#syncTook = registry.histogram(
      "k8s_secret_duration_sec",
      "Distribution of how long it took to sync k8s secret",
      DURATION_BOUNDS,
    );
  }

  /** A Secret was written. The real driver registers these two and never counts. */
  synced(provider: string, tookMs: number): void {
    this.#synced.increment({ provider: this.#providerLabel(provider), os_type: OS_TYPE });
    this.#syncTook.observe({ os_type: OS_TYPE }, tookMs / 1000);
  }

  /** @param failure what was thrown; masked failures are in the report */
  published(report: PublishReport, failure: unknown, tookMs: number): void {
    const provider = this.#providerLabel(report.provider);
    const error = failure ?? report.masked;
    if (error !== undefined) {
      const error_type = this.#errorLabel(error instanceof PublishFailure ? error.errorType : "");
      this.#publishFailed.increment({ provider, error_type, os_type: OS_TYPE });
      if (report.isRepublish)
        this.#rotationFailed.increment({ provider, error_type, os_type: OS_TYPE, rotated: "true" });
      return;
    }
    this.#published.increment({ provider, os_type: OS_TYPE });
    if (!report.isRepublish) return;
    this.#rotated.increment({ provider, os_type: OS_TYPE, rotated: "true" });
    this.#rotationTook.observe({ os_type: OS_TYPE }, tookMs / 1000);
  }

  /** A turn of the reconciler of drivers before v1.6; `rotated` is a real answer there. */
  reconciled(report: RotationReport, failure: unknown, tookMs: number): void {
    const provider = this.#providerLabel(report.provider);
    const rotated = String(report.isRotated);
    if (failure !== undefined) {
      const error_type = this.#errorLabel(report.errorType);
      this.#rotationFailed.increment({ provider, error_type, os_type: OS_TYPE, rotated });
      return;
    }
    this.#rotated.increment({ provider, os_type: OS_TYPE, rotated });
    this.#rotationTook.observe({ os_type: OS_TYPE }, tookMs / 1000);
  }

  countUnpublish(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#unpublishFailed.increment({ os_type: OS_TYPE });
      throw error;
    }
    this.#unpublished.increment({ os_type: OS_TYPE });
  }

  #providerLabel(name: string): string {
    const { rules, isKnownProvider } = this.#spec;
    return name === "" || rules.has("B18") || isKnownProvider(name) ? name : OTHER;
  }

  #errorLabel(errorType: string): string {
    return this.#spec.rules.has("B18") || KNOWN_ERROR_TYPES.has(errorType) ? errorType : OTHER;
  }
}
