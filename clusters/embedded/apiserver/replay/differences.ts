/**
 * Exchanges that are answered otherwise than recorded, by script, each by its beginning (step, method, path).
 * `docs/differences.md` says why.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  // The refusal of a changed pod shows the difference of two Go structs, that of a changed job a Go struct.
  pods: [
    "10 PATCH /api/v1/namespaces/rec-p/pods/csi?fieldManager=kubectl-patch:",
    "12 PATCH /api/v1/namespaces/rec-p/pods/csi?fieldManager=kubectl-patch:",
  ],
  workloads: ["7 PATCH /apis/batch/v1/namespaces/rec-wl/jobs/j?fieldManager=kubectl-patch:"],
  // Recorded with a Lease that an earlier recording had left.
  "storage-objects": ["23 POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?"],
};
