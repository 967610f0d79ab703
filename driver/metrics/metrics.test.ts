import { describe, expect, test } from "vitest";
import { rulesOf } from "../behaviour.ts";
import { PublishFailure } from "../publish/failure.ts";
import { newReport } from "../publish/report.ts";
import { DriverMetrics } from "./metrics.ts";
import { Registry } from "./registry.ts";

describe("the text format", () => {
  test("shows a series from its first use on, labels sorted and escaped", () => {
    const registry = new Registry({ scope: "s" });
    const counter = registry.counter("c_total", "Counts");
    expect(registry.text()).toBe("");
    counter.increment({ z: 'q"\\\n', a: "" });
    counter.increment({ a: "", z: 'q"\\\n' });
    expect(registry.text()).toBe(
      '# HELP c_total Counts\n# TYPE c_total counter\nc_total{a="",scope="s",z="q\\"\\\\\\n"} 2\n',
    );
    expect(registry.value("c_total", { a: "", z: 'q"\\\n' })).toBe(2);
    expect(registry.value("nothing", {})).toBe(0);
  });

  test("counts a histogram's buckets from below", () => {
    const registry = new Registry();
    const histogram = registry.histogram("h", "Takes", [1, 2]);
    for (const value of [0.5, 1, 1.5, 9]) histogram.observe({}, value);
    expect(registry.text().split("\n").slice(2, -1)).toEqual([
      'h_bucket{le="1"} 2',
      'h_bucket{le="2"} 3',
      'h_bucket{le="+Inf"} 4',
      "h_sum 12",
      "h_count 4",
    ]);
  });
});

describe("the driver's metrics", () => {
  const failure = (errorType: string): PublishFailure => new PublishFailure("provider", 2, "x", errorType);
  const spec = { isKnownProvider: (name: string) => name === "vault" };

  test("have the real driver's buckets and scope labels in its behaviours", () => {
    const metrics = new DriverMetrics({ ...spec, rules: rulesOf("upstream-1.6") });
    metrics.published({ provider: "vault", isRepublish: true, masked: undefined }, undefined, 150);
    const scope =
      'otel_scope_name="sigs.k8s.io/secrets-store-csi-driver",otel_scope_schema_url="",otel_scope_version=""';
    const text = metrics.registry.text();
    // The bounds as scraped from the real driver.
    for (const bound of [
      "0.1",
      "0.13492828476735633",
      "0.18205642030260802",
      "0.6034176336545162",
      "1.9999999999999991",
    ])
      expect(text).toContain(`rotation_reconcile_duration_sec_bucket{os_type="linux",${scope},le="${bound}"}`);
    expect(text).toContain(`rotation_reconcile_total{os_type="linux",${scope},provider="vault",rotated="true"} 1`);
    expect(text).toContain(`node_publish_total{os_type="linux",${scope},provider="vault"} 1`);
  });

  test("have labels from a closed set in hardened (B18)", () => {
    const metrics = new DriverMetrics({ ...spec, rules: rulesOf("hardened") });
    metrics.published({ ...newReport(), provider: "a/b" }, failure("E1"), 0);
    metrics.published({ ...newReport(), provider: "vault" }, failure("GRPCProviderError"), 0);
    expect(metrics.registry.text()).toContain(
      'node_publish_error_total{error_type="other",os_type="linux",provider="other"} 1',
    );
    expect(metrics.registry.text()).toContain('{error_type="GRPCProviderError",os_type="linux",provider="vault"} 1');
  });

  test("count a masked failure as an error of publish and of rotation", () => {
    const metrics = new DriverMetrics({ ...spec, rules: rulesOf("upstream-1.6") });
    metrics.published({ provider: "vault", isRepublish: true, masked: failure("E9") }, undefined, 0);
    const labels = { provider: "vault", os_type: "linux", error_type: "E9" };
    expect(metrics.registry.value("node_publish_error_total", labels)).toBe(1);
    expect(metrics.registry.value("rotation_reconcile_error_total", { ...labels, rotated: "true" })).toBe(1);
    expect(metrics.registry.value("node_publish_total", { provider: "vault", os_type: "linux" })).toBe(0);
  });
});
